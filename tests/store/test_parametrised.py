import json

import numpy as np
import pandas as pd
import pytest

from copycost.errors import UsageError
from copycost.store.parametrised import FIXED, MOST_VALUES, params_of, read_parametrised

STATS = {"median": 2e-6, "q1": 1e-6, "q3": 4e-6, "rounds": 30, "iterations": 5}


def read(tmp_path, *benchmarks):
    path = tmp_path / "some.json"
    path.write_text(json.dumps({"benchmarks": [{"stats": STATS} | one for one in benchmarks]}))
    return read_parametrised(path)


def with_params(**params):
    inside = "-".join(map(str, params.values()))
    return {"name": f"test_x[{inside}]", "fullname": f"t.py::test_x[{inside}]", "param": inside, "params": params}


def test_each_benchmark_is_a_row_with_its_figures(tmp_path):
    frame = read(
        tmp_path,
        {"name": "test_a", "fullname": "t.py::test_a", "group": "fast"},
        {"name": "test_b", "stats": {"data": [1.0, 2.0, 3.0, 4.0, 5.0], "median": 99.0}},
        {"name": "test_c", "stats": {"median": 7.0}},
    )
    assert tuple(frame.columns) == FIXED and params_of(frame) == []
    assert frame["fullname"].tolist() == ["t.py::test_a", "test_b", "test_c"]
    assert frame["group"].tolist()[0] == "fast" and frame["group"].isna().tolist() == [False, True, True]
    assert frame["seconds"].tolist() == [2e-6, 3.0, 7.0]
    np.testing.assert_array_equal(frame[["low", "high"]].to_numpy(), [[1e-6, 4e-6], [2.0, 4.0], [np.nan, np.nan]])
    assert frame["rounds"].tolist() == [30, 5, pd.NA]


def test_parameters_are_columns_in_the_files_order_and_numeric_where_all_are_numbers(tmp_path):
    frame = read(tmp_path, with_params(size=1, share=0.5, kind="a"), with_params(size=64, share=2, kind="b"))
    assert params_of(frame) == ["size", "share", "kind"]
    assert [str(frame[name].dtype) for name in params_of(frame)] == ["Int64", "float64", "object"]
    assert frame["size"].tolist() == [1, 64] and frame["share"].tolist() == [0.5, 2.0]
    assert frame["test"].tolist() == ["test_x", "test_x"]


def test_a_parameter_that_a_benchmark_has_not_is_unknown(tmp_path):
    frame = read(
        tmp_path, with_params(size=1), {"name": "test_plain"}, with_params(share=0.5), with_params(size=2, kind="a")
    )
    assert frame["size"].tolist() == [1, pd.NA, pd.NA, 2]
    np.testing.assert_array_equal(frame["share"], [np.nan, np.nan, 0.5, np.nan])
    assert frame["kind"].tolist() == [None, None, None, "a"]


def test_many_parameters_are_columns_without_a_warning(tmp_path):
    frame = read(tmp_path, *(with_params(**{f"p{number}": number}) for number in range(150)))
    assert len(params_of(frame)) == 150 and frame["p7"].dropna().tolist() == [7]


def test_a_parameter_of_its_own_for_each_of_very_many_benchmarks_is_refused_in_one_line(tmp_path):
    count = int(MOST_VALUES**0.5) + 1
    with pytest.raises(UsageError, match=f"more than 2047 parameters of {count} benchmarks") as error:
        read(tmp_path, *(with_params(**{f"p{number}": number}) for number in range(count)))
    assert "\n" not in str(error.value)


def test_without_params_the_bracket_is_the_parameter(tmp_path):
    frame = read(tmp_path, {"name": "test_x[16]"}, {"name": "test_x[2.5]"}, {"name": "test_y", "param": "7"})
    assert params_of(frame) == ["param"] and frame["param"].tolist() == [16.0, 2.5, 7.0]
    assert read(tmp_path, {"name": "test_x[16]"}, {"name": "test_x[a-b]"})["param"].tolist() == ["16", "a-b"]


@pytest.mark.parametrize("name", FIXED)
def test_a_parameter_named_like_a_column_is_told_apart(tmp_path, name):
    frame = read(tmp_path, with_params(**{name: 3}))
    assert params_of(frame) == [f"{name} (param)"] and frame[f"{name} (param)"].tolist() == [3]


@pytest.mark.parametrize(
    ("value", "shown"),
    [([1, "ä"], '[1,"ä"]'), ({"low": {"a": 1}}, '{"low":{"a":1}}'), (True, "True"), (10**30, float(10**30))],
)
def test_values_that_are_no_scalars_of_their_own_are_told_as_text(tmp_path, value, shown):
    benchmark = {"name": "test_x", "params": {"v": value}}
    assert read(tmp_path, benchmark)["v"].tolist() == [shown]
    named = read(tmp_path, {"name": "test_x[i]", "param": "i", "params": {"v": value}})["v"].tolist()
    assert named == (["i"] if isinstance(value, list | dict) else [shown])


@pytest.mark.parametrize("value", ["1e400", "-1e400", "1" + "0" * 400])
def test_a_number_beyond_the_floats_is_no_place_on_an_axis(tmp_path, value):
    path = tmp_path / "some.json"
    one = {"name": "test_x[i]", "param": "i", "params": {"v": 0.25}, "stats": STATS}
    path.write_text(json.dumps({"benchmarks": [one]}).replace("0.25", value))
    assert read_parametrised(path)["v"].map(type).tolist() == [str]


def test_a_value_that_could_not_be_written_is_known_by_its_id(tmp_path):
    lost = "UNSERIALIZABLE[<class 'list'>]"
    apart = {"name": "t[0.5-list]", "param": "0.5-list", "params": {"share": 0.5, "kind": lost}}
    doubtful = {"name": "t[a-b-list]", "param": "a-b-list", "params": {"share": "a-b", "kind": lost}}
    swapped = {"name": "t[list-4]", "param": "list-4", "params": {"size": 4, "kind": lost}}
    frame = read(tmp_path, apart, doubtful, swapped)
    assert frame["kind"].tolist() == ["list", "<class 'list'>", "<class 'list'>"]


def test_an_id_that_says_numbers_in_other_words_is_taken_apart_all_the_same(tmp_path):
    lost = "UNSERIALIZABLE[<function <lambda> at 0x78eade810a20>]"
    frame = read(
        tmp_path,
        *(
            {"name": "t", "param": f"{kind}-{tasks // 1000}K-8w", "params": {"f": lost, "tasks": tasks, "workers": 8}}
            for kind in ("Greedy", "Fair")
            for tasks in (1000, 4000)
        ),
    )
    assert frame["f"].tolist() == ["Greedy", "Greedy", "Fair", "Fair"]
    assert frame["tasks"].tolist() == [1000, 4000, 1000, 4000] and frame["workers"].tolist() == [8] * 4


@pytest.mark.parametrize("params", [[], "x", 3, {}, None])
def test_params_of_another_kind_are_not_there(tmp_path, params):
    assert params_of(read(tmp_path, {"name": "test_x", "params": params})) == []


def test_an_empty_report_is_an_empty_frame_with_all_columns(tmp_path):
    frame = read(tmp_path)
    assert frame.empty and tuple(frame.columns) == FIXED


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"name": 3}, "benchmark 1 without name or stats"),
        ({"name": "x", "stats": {}}, "stats.median holds a value that is not a time"),
        ({"name": "x", "stats": {"data": [1, None]}}, "stats.data holds a value that is not a time"),
        ({"name": "x", "stats": {"data": [True]}}, "stats.data is not a list of numbers"),
    ],
)
def test_what_has_no_times_is_refused(tmp_path, item, reason):
    with pytest.raises(UsageError, match=reason):
        read(tmp_path, item)


def test_several_reports_are_refused(tmp_path):
    path = tmp_path / "two.jsonl"
    path.write_text('{"benchmarks": []}\n{"benchmarks": []}\n')
    with pytest.raises(UsageError, match="holds 2 reports; one is needed here"):
        read_parametrised(path)
