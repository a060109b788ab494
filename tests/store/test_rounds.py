import json

import numpy as np
import pandas as pd
import pytest

from copycost.analyse.comparison import compare
from copycost.analyse.estimates import estimate
from copycost.errors import UsageError
from copycost.store.loading import load
from copycost.store.rounds import COLUMNS, SUITE_NUMBERS, SUITE_TEXTS
from tests.made_up import Law, core_cells, made_up_rounds, write_run

ROUNDS = made_up_rounds(Law(processes=2, visits=2, rounds=3, contended=0.2), core_cells((1, 1024**2), ("float64",)))


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "a", ROUNDS)


def foreign(path, *benchmarks):
    entries = [{"name": name, "stats": {"median": 0.5, "iterations": 2, "data": data}} for name, data in benchmarks]
    path.write_text(json.dumps({"benchmarks": entries}))
    return path


def test_what_another_suite_tells_stands_in_columns(tmp_path):
    told = {"median": 0.5, "min": 0.25, "mean": 0.625, "stddev": 0.125, "q1": 0.375, "q3": 0.75, "rounds": 40}
    item = {"name": "t[2-x]", "fullname": "a.py::t[2-x]", "group": "g", "param": "2-x", "extra_info": {"rows": 7}}
    item |= {"params": {"n": 2, "f": "UNSERIALIZABLE[<f at 0x1>]"}, "stats": told}
    path = tmp_path / "some.json"
    path.write_text(json.dumps({"benchmarks": [item]}))
    (row,) = load(path).to_dict("records")
    assert row["params"] == '{"n":2,"f":"x"}' and row["extra_info"] == '{"rows":7}'
    assert [row[name] for name in ("name", "fullname", "group")] == ["t[2-x]", "a.py::t[2-x]", "g"]
    assert [row[name] for name in SUITE_NUMBERS] == [0.25, 0.625, 0.125, 0.375, 0.75, 40]
    (cell,) = estimate(load(path)).to_dict("records")
    assert (cell["rounds"], cell["min"], cell["q3"], cell["group"]) == (40, 0.25, 0.75, "g")


def test_rounds_that_were_loaded_one_by_one_are_matched_by_full_names(tmp_path):
    def suite(name, *tests):
        items = [{"name": "t", "fullname": full, "stats": {"median": seconds}} for full, seconds in tests]
        (tmp_path / name).write_text(json.dumps({"benchmarks": items}))
        return load(tmp_path / name)

    a = suite("a.json", ("x/a.py::t", 1.0), ("x/b.py::t", 2.0))
    b = suite("b.json", ("/ci/x/b.py::t", 3.0))
    compared = compare(a, b).set_index("conversion")
    assert compared.loc["b.py::t", "ratio"] == pytest.approx(1.5)
    assert compared.loc["a.py::t", "verdict"] == "only in A" and len(compared) == 2


def test_what_was_written_is_read(run):
    read = load(run)
    key = ["process", "conversion", "size", "visit", "seconds"]
    pd.testing.assert_frame_equal(
        read.astype(object).sort_values(key, ignore_index=True).drop(columns="run"),
        ROUNDS.astype(object).sort_values(key, ignore_index=True).drop(columns="run"),
        rtol=1e-5,
    )
    assert read["run"].unique().tolist() == ["a"]


def test_columns_and_types_are_those_promised(run, tmp_path):
    for frame in (load(run), load(foreign(tmp_path / "x.json", ("test_a", [0.1])))):
        of_suite = (*SUITE_TEXTS, *SUITE_NUMBERS) if frame["conversion"].iloc[0] == "test_a" else ()
        assert tuple(frame.columns) == (*COLUMNS, *of_suite)
        assert not frame.attrs
        types = {name: str(frame[name].dtype) for name in COLUMNS}
        for name in ("run", "machine", "arm", "conversion", "dtype", "cache", "layout"):
            assert types[name] == "category"
        for name in ("size", "bytes", "result_bytes", "threads", "visit", "calls", "block"):
            assert types[name] == "Int64"
        for name in ("seconds", "canary", "clock", "page_faults", "copy_seconds", "at"):
            assert types[name] == "float64"
        assert types["process"] == "int64"
        assert types["shares_memory"] == types["partial_gating"] == "boolean"


def test_another_suites_rounds_have_only_what_is_known(tmp_path):
    frame = load(foreign(tmp_path / "0001_old.json", ("test_a", [0.1, 0.2]), ("test_b", None)))
    assert frame["run"].tolist() == ["0001_old"] * 3
    assert frame["conversion"].tolist() == ["test_a", "test_a", "test_b"]
    assert frame["seconds"].tolist() == [0.1, 0.2, 0.5]
    assert frame["calls"].tolist() == [2, 2, pd.NA]
    for name in ("machine", "arm", "dtype", "size", "threads", "canary", "shares_memory"):
        assert frame[name].isna().all()


def test_a_folder_of_another_suites_files_is_one_run_each(tmp_path):
    foreign(tmp_path / "0001.json", ("test_a", [0.1]))
    foreign(tmp_path / "0002.json", ("test_a", [0.2]))
    assert load(tmp_path)["run"].tolist() == ["0001", "0002"]


def test_several_runs_are_read_into_one_frame(run, tmp_path):
    other = write_run(tmp_path / "b", ROUNDS)
    both = load([run, other])
    assert both["run"].unique().tolist() == ["a", "b"]
    assert len(both) == 2 * len(ROUNDS)


def test_runs_of_one_name_in_two_places_stay_apart(run, tmp_path):
    other = write_run(tmp_path / "elsewhere" / "a", ROUNDS)
    assert load([run, other])["run"].unique().tolist() == ["a", "elsewhere/a"]


def test_one_run_named_twice_is_read_once(run):
    assert len(load([run, str(run)])) == len(ROUNDS)


def test_page_faults_are_per_call_and_unknown_stays_unknown(run):
    path = run / "process-0001.json"
    content = json.loads(path.read_text())
    info = content["benchmarks"][0]["extra_info"]
    calls = content["benchmarks"][0]["stats"]["iterations"]
    info["page_faults"] = [calls * 3, None, 0, 0, 0, 0]
    path.write_text(json.dumps(content))
    faults = load(run)["page_faults"].to_numpy()[:3]
    np.testing.assert_array_equal(faults, [3, np.nan, 0])


def test_files_that_have_been_begun_are_not_read(run):
    (run / ".process-0003.json.123.tmp").write_text("{")
    assert len(load(run)) == len(ROUNDS)


def test_two_files_of_one_process_are_refused(run):
    text = (run / "process-0001.json").read_text()
    (run / "process-0009.json").write_text(text)
    with pytest.raises(UsageError, match=r"says it is process 1, and so does process-0001\.json"):
        load(run)


def test_an_empty_list_of_benchmarks_gives_an_empty_frame(tmp_path):
    (tmp_path / "x.json").write_text('{"benchmarks": []}')
    frame = load(tmp_path / "x.json")
    assert len(frame) == 0 and tuple(frame.columns) == COLUMNS


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda folder: folder / "none", "no such run folder or results file"),
        (lambda folder: folder, "holds no results"),
    ],
)
def test_a_path_without_results_is_refused(tmp_path, prepare, reason):
    with pytest.raises(UsageError, match=reason):
        load(prepare(tmp_path))


def test_a_run_without_a_finished_process_is_refused(run):
    for path in run.glob("process-*.json"):
        path.unlink()
    with pytest.raises(UsageError, match="no process of this run has been finished yet"):
        load(run)


def test_a_run_of_a_newer_schema_is_refused(run):
    (run / "run.json").write_text('{"schema": 2}')
    with pytest.raises(UsageError, match="schema 2 is newer"):
        load(run)


def test_visits_that_are_no_numbers_of_visits_are_unknown(run):
    path = run / "process-0001.json"
    content = json.loads(path.read_text())
    content["benchmarks"][0]["extra_info"]["visit"] = [0, 1.5, 1e300, None, -1, 2]
    path.write_text(json.dumps(content))
    assert load(run)["visit"].tolist()[:6] == [0, pd.NA, pd.NA, pd.NA, pd.NA, 2]
