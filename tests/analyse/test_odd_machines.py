import numpy as np
import pytest

from copycost.analyse.machine_figures import common, figures
from copycost.analyse.machine_kinds import kinds
from copycost.analyse.odd_machines import odd_machines
from tests.analyse.fleets import fleet_cells, slower_conversion, slower_machine, usual


def odd(machines, **law):
    own = figures(*fleet_cells(machines, **law))
    grid = np.flatnonzero((own.cells["direction"] != "reference").to_numpy(dtype=bool))
    own = own.only(np.arange(len(own.names)), grid)
    own = own.only(*common(own))
    return odd_machines(own, kinds(own))


def a_little_slower(cells):
    return np.where(slower_conversion(cells) > 1, 1.09, 1.0)


@pytest.mark.parametrize("alike", [0.0, 0.01, 0.03])
def test_a_fleet_without_an_odd_machine_has_none(alike):
    assert odd([usual] * 60 + [slower_machine] * 40, alike=alike).empty


def test_an_odd_machine_is_named_with_what_it_is_odd_in():
    rows = odd([usual] * 30 + [slower_machine] * 30, odd={7: a_little_slower}, alike=0.005)
    assert rows["machine"].tolist() == ["node-007"]
    row = rows.iloc[0]
    assert row["conversion"] == "torch.tensor" and row["sizes"] in ("16 KiB to 4 MiB", "above 4 MiB")
    assert row["ratio"] == pytest.approx(1.09, abs=0.02)


def test_a_machine_like_no_other_is_listed_beside_the_kind_that_it_is_nearest_to():
    rows = odd([usual] * 30 + [slower_conversion])
    assert rows["machine"].tolist() == ["node-030"] and rows["alone"].all()
    assert rows["ratio"].iloc[0] == pytest.approx(1.5, rel=0.05)


def test_two_machines_tell_nothing_about_each_other():
    assert odd([usual, slower_conversion]).empty
