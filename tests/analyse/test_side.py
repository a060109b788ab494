import numpy as np
import pandas as pd
import pytest

from copycost import estimate
from copycost.analyse.quiet import mark_quiet
from copycost.analyse.side import as_one, common_clock, one_side, undisturbed_level
from copycost.errors import UsageError
from tests.made_up import CLOCK, Law, made_up_rounds


def test_a_sides_cells_are_the_estimates_of_its_rounds_without_references():
    rounds = made_up_rounds(Law(contended=0.3))
    side = one_side(as_one(rounds, "A"), None)
    expected = estimate(rounds)
    assert "empty call" not in set(side.cells["conversion"])
    np.testing.assert_allclose(side.cells["seconds"].astype(float), expected["seconds"].astype(float))
    assert side.cells["flags"].tolist() == expected["flags"].tolist()


def test_logs_have_one_entry_per_cell_and_process():
    law = Law(processes=5)
    side = one_side(as_one(made_up_rounds(law), "A"), None)
    assert np.bincount(side.cell).tolist() == [5] * len(side.cells)
    assert set(side.process) == {1, 2, 3, 4, 5}


def test_several_files_without_process_numbers_are_as_many_processes():
    files = [made_up_rounds(Law(processes=1, canary=False), seed=n).assign(run=f"file-{n}") for n in range(4)]
    side = one_side(as_one(pd.concat(files, ignore_index=True), "A"), None)
    assert (side.cells["processes"] == 4).all()


@pytest.mark.parametrize("column", ["arm", "machine"])
def test_several_arms_or_machines_are_not_one_side(column):
    rounds = pd.concat([made_up_rounds(), made_up_rounds().assign(**{column: "other"})], ignore_index=True)
    with pytest.raises(UsageError, match=f"A holds several {column}s"):
        as_one(rounds, "A")


def test_the_common_clock_is_between_the_sides_and_unknown_without_clocks():
    slow = made_up_rounds(Law(noise=0.0))
    slow = slow.assign(clock=slow["clock"] * 1.1)
    a, b = mark_quiet(made_up_rounds(Law(noise=0.0))), mark_quiet(slow)
    assert CLOCK < common_clock(a, b) < 1.1 * CLOCK
    assert common_clock(a, b) == common_clock(b, a)
    assert common_clock(a, mark_quiet(made_up_rounds(Law(canary=False)))) is None


def test_a_side_contended_throughout_has_a_higher_undisturbed_level():
    quiet, busy = made_up_rounds(), made_up_rounds(Law(contended=1.0))
    assert undisturbed_level(busy) > 1.4 * undisturbed_level(quiet)
    assert np.isnan(undisturbed_level(made_up_rounds(Law(canary=False))))
