import numpy as np
import pandas as pd
import pytest

from copycost.show import compare_text
from copycost.show.compare_text import (
    condition_text,
    interval_text,
    own_flags,
    ratio_text,
    records,
    shared_flags,
    size_text,
    verdict_text,
)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(1.0521, "1.052"), (0.5, "0.500"), (2.345, "2.35"), (13.24, "13.2"), (float("nan"), "–")],
)
def test_a_ratio_has_the_digits_that_a_comparison_can_know(ratio, text):
    assert ratio_text(ratio) == text


def test_an_unknown_interval_is_empty():
    assert interval_text(0.98, 1.02) == "0.980 to 1.020"
    assert interval_text(float("nan"), 1.0) == ""


def test_verdicts_are_told_apart_without_colour():
    verdicts = ["slower", "faster", "same", "undecided", "only in A"]
    assert len({verdict_text(verdict)[0] for verdict in verdicts}) == len(verdicts)


def test_conditions_are_named_where_they_are_not_the_usual_ones():
    row = pd.Series({"conversion": "c", "dtype": "int8", "threads": 2, "cache": "cold", "layout": "contiguous"})
    assert condition_text(row) == "c, int8, 2 threads, cold cache"


def test_size_is_in_bytes_else_in_elements():
    assert size_text(pd.Series({"bytes": 2048, "size": 256})) == "2 KiB"
    assert size_text(pd.Series({"bytes": pd.NA, "size": 256})) == "256 elements"
    assert size_text(pd.Series({"bytes": pd.NA, "size": pd.NA})) == compare_text.NOTHING


def test_a_flag_that_every_row_has_is_not_repeated():
    cells = pd.DataFrame({"flags": ["busy;drift", "busy"]})
    assert shared_flags(cells) == ["busy"]
    assert own_flags(cells.iloc[0], ["busy"]) == "drift"
    assert shared_flags(cells[:0]) == []


def test_unknown_values_become_none():
    frame = pd.DataFrame({"a": [1.0, np.nan], "b": pd.array([1, None], dtype="Int64")})
    assert records(frame) == [{"a": 1.0, "b": 1}, {"a": None, "b": None}]
