import numpy as np
import pandas as pd
import pytest

from copycost.show.charts.points import points, prepare, ratio
from tests.show.charts.made_up import cells


def test_the_order_of_the_cells_does_not_matter():
    frame = cells(sizes=(1, 4096))
    shuffled = frame.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(prepare(frame), prepare(shuffled))


def test_references_and_empty_arrays_are_left_out():
    frame = cells(sizes=(1, 64)).astype({"direction": object})
    frame.loc[0, "direction"] = "reference"
    frame.loc[1, "bytes"] = 0
    assert len(prepare(frame)) == len(frame) - 2


@pytest.mark.parametrize("kind", ["boolean", object])
def test_sharing_comes_from_the_evidence_and_may_be_unknown(kind):
    frame = cells(("t.numpy",), ("float32",), (1, 2, 3))
    frame["shares_memory"] = pd.array([True, False, None], dtype=kind)
    assert prepare(frame)["kind"].to_list() == ["shares", "copies", "unknown"]


def test_what_a_foreign_file_does_not_know_is_no_error():
    frame = cells(("t.numpy",), ("float32",), (1, 4))
    frame["threads"] = pd.array([None, None], dtype="Int64")
    frame["dtype"] = pd.Series([None, None], dtype=object)
    frame["flags"] = pd.Series([None, "few-quiet"], dtype=object)
    found = prepare(frame.drop(columns="layout"))
    assert found["threads"].to_list() == [0, 0]
    assert found["dtype"].to_list() == ["", ""]
    assert found["flagged"].to_list() == [False, True]


def test_points_without_a_value_are_left_out():
    frame = prepare(cells(("t.numpy",), ("float32",), (1, 4, 16)))
    found = points(frame, pd.Series([1.0, np.nan, np.inf]), None, None)
    assert found["value"].to_list() == [1.0]
    assert found["low"].isna().all()


def test_a_ratio_to_an_exact_time_keeps_the_relative_interval():
    top = pd.DataFrame({"seconds": [2.0], "ci_low": [1.8], "ci_high": [2.2]})
    exact = pd.DataFrame({"seconds": [1.0], "ci_low": [1.0], "ci_high": [1.0]})
    value, low, high = ratio(top, exact)
    assert (value[0], low[0], high[0]) == pytest.approx((2.0, 1.8, 2.2))


def test_intervals_of_a_ratio_add_in_quadrature_and_are_unknown_when_one_is():
    wide = pd.DataFrame({"seconds": [1.0] * 2, "ci_low": [np.exp(-0.3), np.nan], "ci_high": np.e**0.3})
    wider = pd.DataFrame({"seconds": [1.0] * 2, "ci_low": np.e**-0.4, "ci_high": np.e**0.4})
    _, low, high = ratio(wide, wider)
    assert np.log([low[0], high[0]]) == pytest.approx([-0.5, 0.5])
    assert np.isnan(low[1])
