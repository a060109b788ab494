import numpy as np
import pandas as pd
import pytest

from copycost.analyse.counts import COLUMNS, LEAST_CHANGE_ELSEWHERE, instructions, with_counts
from copycost.analyse.gate import failures, parse_gate
from copycost.errors import UsageError

CELL = {"direction": "to_tensor", "dtype": "float64", "threads": 1, "cache": "warm", "layout": "contiguous"}


def cells(*counts, **changes):
    rows = [
        {"arm": "base", "conversion": "f", "size": 2**number, "instructions": count, **CELL, **changes}
        for number, count in enumerate(counts)
    ]
    return pd.DataFrame(rows).astype({"size": "Int64", "threads": "Int64"})


def compared(a, b, least=0.005):
    verdicts = {"verdict": "same", "ci_low": 0.99, "ci_high": 1.01}
    return with_counts(a.drop(columns=["arm", "instructions"]).assign(**verdicts), a, b, least)


def test_counts_go_to_the_cells_of_their_arm():
    record = {"counts": {"base": {"instructions": {"f-float64-1-1-warm-contiguous": 4711.5}}}}
    assert instructions(cells(0, 0), record).tolist()[0] == 4711.5
    assert np.isnan(instructions(cells(0, 0), record)[1])
    assert np.isnan(instructions(cells(0, arm="other"), record)).all()


@pytest.mark.parametrize(
    "counts",
    [None, 3, [], {"base": 3}, {"base": {}}, {"base": {"instructions": 3}},
     {"base": {"instructions": {"f-float64-1-1-warm-contiguous": "many"}}},
     {"base": {"instructions": {"f-float64-1-1-warm-contiguous": float("inf")}}},
     {"base": {"instructions": {"f-float64-1-1-warm-contiguous": -1}}}],
)  # fmt: skip
def test_what_is_no_count_is_unknown(counts):
    assert np.isnan(instructions(cells(0), {"counts": counts})).all()


def test_half_a_percent_is_a_change_and_less_is_none():
    found = compared(cells(1000, 1000, 1000, 1000, np.nan), cells(1004, 1006, 994, 996, 1000))
    assert found["instructions_verdict"].dropna().tolist() == ["same", "more", "fewer", "same"]
    assert found["instructions_ratio"].tolist()[:2] == [1.004, 1.006]


def test_programs_that_lie_elsewhere_change_only_beyond_what_that_alone_does():
    found = compared(cells(1000, 1000), cells(1014, 1016), LEAST_CHANGE_ELSEWHERE)
    assert found["instructions_verdict"].tolist() == ["same", "more"]


def test_cells_are_matched_by_what_they_are_and_arms_may_differ_in_threads():
    a, b = cells(100, 200), cells(100, 200, threads=2).iloc[::-1]
    assert compared(a, b)["instructions_ratio"].tolist() == [1.0, 1.0]


def test_a_comparison_without_counts_is_as_it_was():
    assert not set(COLUMNS) & set(compared(cells(100), cells(np.nan)).columns)


def test_a_gate_fails_on_more_instructions_alone():
    found = compared(cells(1000, 1000, 1000), cells(1012, 1006, 900))
    assert failures(parse_gate("instructions>1%"), found)["size"].tolist() == [1]
    assert failures(parse_gate("instructions"), found)["size"].tolist() == [1, 2]
    assert parse_gate("instructions>1%,slower>5%").smallest == 0.05


def test_a_gate_on_counts_that_were_not_made_is_refused():
    with pytest.raises(UsageError, match="run --counts"):
        failures(parse_gate("instructions"), compared(cells(100), cells(np.nan)))
