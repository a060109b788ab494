from pathlib import Path

import numpy as np
import pytest

from copycost.store.benchmarks import PER_ROUND, _rounds_one_by_one, rounds_together


def benchmark(data, **info):
    return {"name": "x", "stats": {"data": data}, "extra_info": info}


def together(*items):
    return rounds_together(items, [item["extra_info"] for item in items])


def test_all_benchmarks_get_what_one_by_one_reading_gives():
    items = [
        benchmark([1e-6, 2e-6, 0], canary_ns=[2500, None, 2600.5], page_faults=[0, 1, 2], visit=[0, 0, 1]),
        benchmark([3e-3], canary_ns=[1e-9], at=[0.5], copy_ns=[-1]),
        benchmark([4e-3, 5], clock_ns=[2e15, 7], copy_ns=[1, 2]),
    ]
    found = together(*items)
    assert found.counts.tolist() == [3, 1, 2]
    assert list(found.columns) == ["seconds", *PER_ROUND]
    one_by_one = _rounds_one_by_one(Path("x"), items, [item["extra_info"] for item in items])
    assert one_by_one.counts.tolist() == [3, 1, 2]
    for name, column in found.columns.items():
        np.testing.assert_array_equal(column, one_by_one.columns[name])
    assert found.columns["seconds"].tolist() == [1e-6, 2e-6, 0, 3e-3, 4e-3, 5]
    np.testing.assert_allclose(found.columns["canary_ns"][:3], [2.5e-6, np.nan, 2.6005e-6])
    np.testing.assert_array_equal(np.isnan(found.columns["canary_ns"]), [False, True, False, True, True, True])
    np.testing.assert_array_equal(np.isnan(found.columns["copy_ns"]), [True, True, True, True, False, False])


@pytest.mark.parametrize(
    "bad",
    [
        benchmark([]),
        benchmark(None),
        benchmark("fast"),
        benchmark([1e-6, True]),
        benchmark([1e-6, "2"]),
        benchmark([1e-6, -1]),
        benchmark([1e-6, None]),
        benchmark([10**400]),
        benchmark([1e-6], canary_ns=[1, 2]),
        benchmark([1e-6], canary_ns="x"),
        benchmark([1e-6], canary_ns={"a": 1}),
        benchmark([1e-6], canary_ns=0),
        {"name": "x", "stats": {"median": 1}, "extra_info": {}},
        {"name": "x", "stats": [1], "extra_info": {}},
    ],
)
def test_one_that_has_to_be_looked_at_alone_makes_it_none(bad):
    assert together(benchmark([1e-6]), bad) is None


def test_lengths_that_only_sum_up_alike_do_not_pass():
    items = [benchmark([1e-6, 1e-6], visit=[0]), benchmark([1e-6], visit=[0, 0])]
    assert together(*items) is None
