import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from copycost.analyse.grouping import (
    floats,
    group_codes,
    group_mean,
    group_median,
    group_quantile,
    group_sum,
)

CODES = np.array([1, 0, 1, 1, 3])
VALUES = np.array([1.0, 5.0, 2.0, np.nan, np.nan])


def test_groups_are_numbered_in_order_of_appearance():
    frame = pd.DataFrame({"a": ["x", "y", "x", "y"], "b": [1, 1, 1, 2]})
    codes, first = group_codes(frame, ["a", "b"])
    assert codes.tolist() == [0, 1, 0, 2]
    assert first.tolist() == [0, 1, 3]


def test_unknown_values_are_one_group_in_every_type():
    frame = pd.DataFrame(
        {
            "a": pd.Categorical([None, "x", None]),
            "b": pd.array([pd.NA, 1, pd.NA], dtype="Int64"),
            "c": [np.nan, 1.0, np.nan],
        }
    )
    assert group_codes(frame, ["a", "b", "c"])[0].tolist() == [0, 1, 0]


def test_an_empty_frame_has_no_groups():
    codes, first = group_codes(pd.DataFrame({"a": []}), ["a"])
    assert len(codes) == len(first) == 0


def test_statistics_leave_unknown_values_out():
    np.testing.assert_array_equal(group_median(VALUES, CODES, 4), [5, 1.5, np.nan, np.nan])
    np.testing.assert_array_equal(group_mean(VALUES, CODES, 4), [5, 1.5, np.nan, np.nan])
    np.testing.assert_array_equal(group_quantile(VALUES, CODES, 4, 0.0), [5, 1, np.nan, np.nan])
    np.testing.assert_array_equal(group_sum(CODES > 0, CODES, 4), [0, 3, 0, 1])


def test_unknown_is_nan_as_a_float():
    column = pd.Series(pd.array([1, pd.NA], dtype="Int64"))
    np.testing.assert_array_equal(floats(column), [1, np.nan])


ROWS = st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 3) | st.none(), st.booleans()), max_size=30)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_groups_are_those_of_a_dictionary_in_order_of_appearance(rows):
    frame = pd.DataFrame(
        {
            "text": pd.Categorical([row[0] for row in rows], categories=["b", "a"]),
            "whole": pd.array([row[1] for row in rows], dtype="Int64"),
            "flag": [row[2] for row in rows],
            "same": ["x"] * len(rows),
        }
    )
    known: dict[tuple, int] = {}
    codes = [known.setdefault(row, len(known)) for row in rows]
    found, first = group_codes(frame, ["same", "text", "whole", "flag"])
    np.testing.assert_array_equal(found, np.array(codes, dtype=np.int64))
    np.testing.assert_array_equal(first, np.array([codes.index(code) for code in known.values()], dtype=np.int64))
