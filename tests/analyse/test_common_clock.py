import pandas as pd

from copycost import estimate
from copycost.analyse.common_clock import at_clock, middle_clock
from tests.made_up import CLOCK, Law, core_cells, made_up_rounds

CELLS = core_cells((1, 4096))


def test_cells_at_another_clock_are_what_their_rounds_give_at_it():
    rounds = made_up_rounds(Law(processes=4, visits=2, runs=("a", "b"), drift=0.1, contended=0.2), CELLS)
    expected = estimate(rounds, clock_reference=2e-6, references=True)
    found = at_clock(estimate(rounds, references=True), 2e-6)
    pd.testing.assert_frame_equal(found, expected, check_exact=False, rtol=1e-12)


def test_a_run_without_a_clock_stays_as_it_is():
    cells = estimate(made_up_rounds(Law(processes=3, visits=2, canary=False), CELLS))
    pd.testing.assert_frame_equal(at_clock(cells, 2e-6), cells)
    assert middle_clock(cells) is None


def test_the_middle_clock_is_that_of_the_runs_and_not_of_their_cells():
    cells = estimate(made_up_rounds(Law(processes=3, visits=2, runs=("a", "b", "c")), CELLS))
    clocks = {"a": CLOCK, "b": 2 * CLOCK, "c": 3 * CLOCK}
    cells = cells.assign(clock=cells["run"].map(clocks).astype(float))
    more = pd.concat([cells, *[cells[cells["run"] == "a"].assign(layout=str(n)) for n in range(5)]])
    assert middle_clock(more.reset_index(drop=True)) == 2 * CLOCK
