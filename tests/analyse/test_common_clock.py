import numpy as np
import pandas as pd
import pytest

from copycost import estimate
from copycost.analyse.common_clock import (
    cells_at_clock,
    common_clock,
    corrected_seconds,
    middle_clock,
    processes_at_clock,
    reference_clock,
)
from copycost.analyse.processes import per_process
from copycost.analyse.quiet import mark_quiet
from tests.made_up import CLOCK, Law, core_cells, made_up_rounds

CELLS = core_cells((1, 4096))


def test_the_reference_is_the_median_clock_of_each_runs_quiet_rounds():
    rounds = made_up_rounds(Law(runs=("a", "b"), contended=0.4, noise=0.0))
    rounds.loc[rounds["run"] == "b", "clock"] *= 2
    reference = reference_clock(mark_quiet(rounds))
    assert reference[rounds["run"] == "a"] == pytest.approx(CLOCK)
    assert reference[rounds["run"] == "b"] == pytest.approx(2 * CLOCK)


def test_the_reference_can_be_given():
    assert set(reference_clock(mark_quiet(made_up_rounds()), 1e-6)) == {1e-6}


def test_correction_removes_the_drift_that_the_clock_shows():
    rounds = mark_quiet(made_up_rounds(Law(drift=0.5, noise=0.0)))
    corrected = corrected_seconds(rounds, reference_clock(rounds, CLOCK))
    first = rounds["conversion"].eq("torch.tensor") & rounds["size"].eq(1)
    assert rounds["seconds"][first].max() > 1.2 * rounds["seconds"][first].min()
    assert corrected[first] == pytest.approx(2.1e-6, rel=1e-3)


def test_without_clock_seconds_stay_as_measured():
    rounds = mark_quiet(made_up_rounds(Law(canary=False)))
    np.testing.assert_array_equal(corrected_seconds(rounds, reference_clock(rounds)), rounds["seconds"])


def test_cells_at_another_clock_are_what_their_rounds_give_at_it():
    rounds = made_up_rounds(Law(processes=4, visits=2, runs=("a", "b"), drift=0.1, contended=0.2), CELLS)
    expected = estimate(rounds, clock_reference=2e-6, references=True)
    found = cells_at_clock(estimate(rounds, references=True), 2e-6)
    pd.testing.assert_frame_equal(found, expected, check_exact=False, rtol=1e-12)


def test_a_run_without_a_clock_stays_as_it_is():
    cells = estimate(made_up_rounds(Law(processes=3, visits=2, canary=False), CELLS))
    pd.testing.assert_frame_equal(cells_at_clock(cells, 2e-6), cells)
    assert middle_clock(cells) is None


def test_the_middle_clock_is_that_of_the_runs_and_not_of_their_cells():
    cells = estimate(made_up_rounds(Law(processes=3, visits=2, runs=("a", "b", "c")), CELLS))
    clocks = {"a": CLOCK, "b": 2 * CLOCK, "c": 3 * CLOCK}
    cells = cells.assign(clock=cells["run"].map(clocks).astype(float))
    more = pd.concat([cells, *[cells[cells["run"] == "a"].assign(layout=str(n)) for n in range(5)]])
    assert middle_clock(more.reset_index(drop=True)) == 2 * CLOCK


def test_processes_at_another_clock_are_what_their_rounds_give_at_it():
    rounds = mark_quiet(made_up_rounds(Law(processes=4, visits=2, runs=("a", "b"), drift=0.1, contended=0.2), CELLS))
    found = processes_at_clock(per_process(rounds), 2e-6)
    pd.testing.assert_frame_equal(found, per_process(rounds, clock_reference=2e-6), check_exact=False, rtol=1e-12)


def test_the_common_clock_is_between_the_measurements_and_unknown_without_clocks():
    slow = made_up_rounds(Law(noise=0.0))
    slow = slow.assign(clock=slow["clock"] * 1.1)
    a, b = mark_quiet(made_up_rounds(Law(noise=0.0))), mark_quiet(slow)
    assert CLOCK < common_clock([a, b]) < 1.1 * CLOCK
    assert common_clock([a, b]) == common_clock([b, a])
    assert common_clock([a, mark_quiet(made_up_rounds(Law(canary=False)))]) is None
