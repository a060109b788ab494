import numpy as np
import pytest

from copycost.analyse.clock import correct, reference_clock
from copycost.analyse.quiet import mark_quiet
from tests.made_up import CLOCK, Law, made_up_rounds


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
    corrected = correct(rounds, reference_clock(rounds, CLOCK))
    first = rounds["conversion"].eq("torch.tensor") & rounds["size"].eq(1)
    assert rounds["seconds"][first].max() > 1.2 * rounds["seconds"][first].min()
    assert corrected[first] == pytest.approx(2.1e-6, rel=1e-3)


def test_without_clock_seconds_stay_as_measured():
    rounds = mark_quiet(made_up_rounds(Law(canary=False)))
    np.testing.assert_array_equal(correct(rounds, reference_clock(rounds)), rounds["seconds"])
