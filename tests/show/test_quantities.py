import numpy as np
import pandas as pd
import pytest

from copycost.analyse.ceilings import ceilings
from copycost.analyse.estimates import estimate
from copycost.analyse.grouping import CELL
from copycost.show.quantities import QUANTITIES, SPEED_UP, quantities_in, ratio, with_quantities
from tests.made_up import Law, MadeUpCell, core_cells, made_up_rounds

LAW = Law(processes=5, visits=2, noise=0.001)


def cells_of(*made, **law):
    cells = [cell for group in made for cell in group]
    return with_quantities(ceilings(estimate(made_up_rounds(Law(processes=5, visits=2, noise=0.001, **law), cells))))


def row(cells, conversion, size=1, dtype="float64", **more):
    own = cells[(cells["conversion"] == conversion) & (cells["size"] == size) & (cells["dtype"] == dtype)]
    for name, value in more.items():
        own = own[own[name] == value]
    (found,) = own.index
    return cells.loc[found]


def test_a_copy_is_told_as_a_multiple_of_the_cheapest_zero_copy_of_its_direction():
    cells = cells_of(core_cells(sizes=(1,)))
    assert row(cells, "torch.tensor")["multiple"] == pytest.approx(2.1e-6 / 4.3e-7, rel=0.01)
    assert row(cells, "t.clone.numpy")["multiple"] == pytest.approx(1.4e-6 / 3.1e-7, rel=0.01)
    # float32 of torch.Tensor shares, so that it is no multiple of anything.
    assert np.isnan(row(cells, "torch.Tensor", dtype="float32")["multiple"])


def test_the_interval_of_a_multiple_holds_it():
    own = row(cells_of(core_cells(sizes=(1,))), "torch.tensor")
    assert own["multiple_low"] < own["multiple"] < own["multiple_high"]


def test_more_threads_are_told_against_one():
    made = [
        MadeUpCell("torch.tensor", "to_tensor", "x", "copies", "float64", 64, seconds, False, threads=threads)
        for threads, seconds in ((1, 8e-6), (2, 4e-6))
    ]
    cells = cells_of(made)
    assert row(cells, "torch.tensor", 64, threads=2)["speed_up"] == pytest.approx(2.0, rel=0.01)
    assert np.isnan(row(cells, "torch.tensor", 64, threads=1)["speed_up"])


@pytest.mark.parametrize("alone", [1, 2])
def test_a_single_process_on_either_side_is_no_speed_up(alone):
    cells = pd.DataFrame({name: ["x", "x"] for name in CELL}).assign(threads=[1, 2], seconds=[8e-6, 4e-6])
    cells = cells.assign(ci_low=cells["seconds"] * 0.9, ci_high=cells["seconds"] * 1.1, processes=[3, 3])
    assert SPEED_UP.values(cells)[0][1] == pytest.approx(2.0)
    cells.loc[cells["threads"] == alone, "processes"] = 1
    assert np.isnan(SPEED_UP.values(cells)[0]).all()


def test_later_runs_are_told_against_the_first():
    cells = cells_of(core_cells(sizes=(1,)), runs=("first", "second"))
    again = row(cells, "torch.tensor", run="second")
    assert again["against_first"] == pytest.approx(1.0, rel=0.01)
    assert np.isnan(row(cells, "torch.tensor", run="first")["against_first"])


def test_only_what_is_known_of_some_cell_can_be_chosen():
    known = {one.column for one in quantities_in(cells_of(core_cells(sizes=(1,))))}
    assert {"seconds", "multiple", "moved_gb_per_s"} <= known
    assert not {"speed_up", "against_first", "share_of_mapped"} & known


def test_an_interval_that_is_known_of_no_cell_is_none():
    cells = cells_of(core_cells(sizes=(1,)))
    (seconds, *_) = quantities_in(cells.assign(ci_low=np.nan))
    assert (seconds.column, seconds.low, seconds.high) == ("seconds", None, None)


def test_every_quantity_has_its_columns():
    cells = cells_of(core_cells(sizes=(1,)))
    for one in QUANTITIES:
        assert {one.column, one.low, one.high} - {None} <= set(cells.columns)


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
