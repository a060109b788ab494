import numpy as np
import pandas as pd
import pytest

from copycost import estimate
from copycost.analyse.common_clock import (
    at_shared_clocks,
    cells_at_clock,
    corrected_seconds,
    first_clock,
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
    assert first_clock(cells) is None


def runs_of(*runs):
    """Return cells of runs, each with a name, a machine and a clock."""
    cells = estimate(made_up_rounds(Law(processes=3, visits=2), CELLS))
    parts = [cells_at_clock(cells, clock).assign(run=name, machine=machine) for name, machine, clock in runs]
    return pd.concat(parts, ignore_index=True)


def test_runs_of_one_machine_and_python_are_given_at_the_clock_of_the_first():
    cells = runs_of(("a", "M", 2e-6), ("b", "M", 3e-6), ("c", "N", 4e-6), ("d", "M", 5e-6))
    moved = at_shared_clocks(cells, {"a": "3.11", "b": "3.11", "c": "3.11", "d": "3.12"})
    assert moved.groupby("run")["clock"].first().to_dict() == {"a": 2e-6, "b": 2e-6, "c": 4e-6, "d": 5e-6}
    of_run = [moved[moved["run"] == name]["seconds"].to_numpy() for name in "ab"]
    np.testing.assert_allclose(of_run[0], of_run[1])
    pd.testing.assert_frame_equal(moved[moved["run"] != "b"], cells[cells["run"] != "b"])


def test_a_machine_that_is_not_known_is_no_other_ones():
    cells = runs_of(("a", None, 2e-6), ("b", None, 3e-6))
    pd.testing.assert_frame_equal(at_shared_clocks(cells, {}), cells)


def test_a_reference_can_be_given_by_arm():
    rounds = mark_quiet(pd.concat([made_up_rounds(Law(arm=arm)) for arm in ("a", "b")], ignore_index=True))
    reference = reference_clock(rounds, {"a": 1e-6})
    assert set(reference[rounds["arm"] == "a"]) == {1e-6}
    assert reference[rounds["arm"] == "b"] == pytest.approx(CLOCK, rel=0.01)


def test_processes_at_another_clock_are_what_their_rounds_give_at_it():
    rounds = mark_quiet(made_up_rounds(Law(processes=4, visits=2, runs=("a", "b"), drift=0.1, contended=0.2), CELLS))
    found = processes_at_clock(per_process(rounds), 2e-6)
    pd.testing.assert_frame_equal(found, per_process(rounds, clock_reference=2e-6), check_exact=False, rtol=1e-12)
