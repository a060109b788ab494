import json
from pathlib import Path

import numpy as np
import pytest

from copycost.errors import UsageError
from copycost.store.benchmarks import PER_ROUND, read_rounds
from copycost.store.loading import load
from copycost.store.parametrised import read_parametrised


def benchmark(data, **info):
    return {"name": "x", "stats": {"data": data, "median": 7e-6}, "extra_info": info}


def together(*items):
    return read_rounds(Path("file"), [item["name"] for item in items], items, [item["extra_info"] for item in items])


def test_rounds_of_all_benchmarks_stand_one_after_the_other():
    rounds = together(
        benchmark([1e-6, 2e-6, 0], canary_ns=[2500, None, 2600.5], page_faults=[0, 1, 2], visit=[0, 0, 1]),
        benchmark([3e-3], canary_ns=[1e-9], at=[0.5], copy_ns=[-1]),
        benchmark([4e-3, 5], clock_ns=[2e15, 7], copy_ns=[1, 2]),
    )
    nan = np.nan
    expected = {
        "seconds": [1e-6, 2e-6, 0, 3e-3, 4e-3, 5],
        "visit": [0, 0, 1, nan, nan, nan],
        "at": [nan, nan, nan, 0.5, nan, nan],
        "canary_ns": [2.5e-6, nan, 2.6005e-6, nan, nan, nan],
        "clock_ns": [nan, nan, nan, nan, nan, 7e-9],
        "page_faults": [0, 1, 2, nan, nan, nan],
        "copy_ns": [nan, nan, nan, nan, 1e-9, 2e-9],
    }
    assert rounds.counts.tolist() == [3, 1, 2]
    assert list(rounds.columns) == list(expected) == ["seconds", *PER_ROUND]
    for name, column in rounds.columns.items():
        np.testing.assert_allclose(column, expected[name])


@pytest.mark.parametrize("data", [[], None, "", "[5 values]"])
def test_a_benchmark_without_rounds_has_its_median_among_the_others_rounds(data):
    rounds = together(benchmark([1e-6, 2e-6], visit=[0, 1]), benchmark(data), benchmark([3e-6], visit=[5]))
    assert rounds.counts.tolist() == [2, 1, 1]
    assert rounds.columns["seconds"].tolist() == [1e-6, 2e-6, 7e-6, 3e-6]
    np.testing.assert_array_equal(rounds.columns["visit"], [0, 1, np.nan, 5])


def test_a_report_without_benchmarks_has_no_rounds():
    rounds = together()
    assert len(rounds.counts) == 0 and [len(column) for column in rounds.columns.values()] == [0] * 7


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"name": "x", "stats": {"data": "fast"}, "extra_info": {}}, "stats.data is not a list of numbers"),
        (benchmark({}), "stats.data is not a list of numbers"),
        (benchmark(False), "stats.data is not a list of numbers"),
        (benchmark([1e-6, True]), "stats.data is not a list of numbers"),
        (benchmark([1e-6, "2"]), "stats.data is not a list of numbers"),
        (benchmark([1e-6, -1]), "stats.data holds a value that is not a time in seconds"),
        (benchmark([1e-6, None]), "stats.data holds a value that is not a time in seconds"),
        (benchmark([10**400]), "stats.data holds a number too large for any clock"),
        (benchmark([1e-6], canary_ns=[1, 2]), "canary_ns has 2 values for 1 rounds"),
        (benchmark([1e-6], canary_ns=[]), "canary_ns has 0 values for 1 rounds"),
        (benchmark([1e-6], canary_ns="x"), "canary_ns is not a list of numbers"),
        (benchmark([1e-6], canary_ns={"a": 1}), "canary_ns is not a list of numbers"),
        (benchmark([1e-6], canary_ns=0), "canary_ns is not a list of numbers"),
        (benchmark([1e-6], canary_ns=[10**400]), "canary_ns holds a number too large for any clock"),
        ({"name": "x", "stats": {}, "extra_info": {}}, "stats.median holds a value that is not a time in seconds"),
    ],
)
def test_a_bad_benchmark_among_good_ones_is_named_with_the_reason(bad, reason):
    with pytest.raises(UsageError, match=f"file: 'bad': {reason}"):
        together(benchmark([1e-6], canary_ns=[5]), bad | {"name": "bad"}, benchmark([2e-6]))


def test_lengths_that_only_sum_up_alike_do_not_pass():
    with pytest.raises(UsageError, match="visit has 1 values for 2 rounds"):
        together(benchmark([1e-6, 1e-6], visit=[0]), benchmark([1e-6], visit=[0, 0]))


@pytest.mark.parametrize("where", ["name", "fullname", "group", "param", "params", "the names of params", "machine"])
def test_names_of_megabytes_are_short_in_every_frame_and_stay_apart(tmp_path, where):
    long = ["x" * 3_000_000 + end for end in "ab"]
    items = [
        {
            "name": text if where == "name" else f"test[{text if where == 'param' else end}]",
            "fullname": text if where == "fullname" else f"file.py::test[{end}]",
            "group": text if where == "group" else None,
            "param": text if where == "param" else end,
            "params": {text if where == "the names of params" else "p": text if where == "params" else end},
            "stats": {"data": [1e-3, 2e-3], "iterations": 1},
        }
        for text, end in zip(long, "ab", strict=True)
    ]
    machine = {"node": "n", "cpu": {"brand_raw": long[0] if where == "machine" else "CPU"}}
    path = tmp_path / "file.json"
    path.write_text(json.dumps({"machine_info": machine, "benchmarks": items}))
    for frame in (load(path), read_parametrised(path)):
        texts = frame.select_dtypes(exclude="number").astype(str)
        assert max(len(str(text)) for name in texts for text in [name, *texts[name]]) < 10_000
    assert load(path)["seconds"].tolist() == [1e-3, 2e-3] * 2
    assert len(load(path)[["conversion", "group", "params"]].drop_duplicates()) == 2
    read = read_parametrised(path)
    assert len(read.drop(columns=["seconds", "low", "high", "rounds"]).drop_duplicates()) == 2
