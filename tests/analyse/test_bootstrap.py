from dataclasses import replace

import numpy as np
import pytest

from copycost import estimate
from copycost.analyse.bootstrap import bootstrap_rounds, interval
from tests.made_up import Law, made_up_rounds

NOISY = Law(processes=15, visits=1, rounds=3, offset=0.03, noise=0.002)


def test_replicates_spread_as_the_processes_do():
    rounds = made_up_rounds(NOISY)
    cells = estimate(rounds)
    spread = bootstrap_rounds(cells, rounds).std(axis=1)
    assert np.median(spread) == pytest.approx(0.03 / np.sqrt(15), rel=0.2)
    assert np.median(cells["error"]) == pytest.approx(np.median(spread), rel=0.2)


def test_replicates_lie_around_the_estimates():
    rounds = made_up_rounds(NOISY)
    cells = estimate(rounds)
    middle = np.exp(bootstrap_rounds(cells, rounds).mean(axis=1))
    assert middle == pytest.approx(cells["seconds"].to_numpy(), rel=0.01)


def test_what_processes_have_in_common_does_not_change_the_ratio_of_two_cells():
    rounds = made_up_rounds(Law(processes=9, visits=1, rounds=3, noise=1e-5, outliers=(2, 5)))
    again = bootstrap_rounds(estimate(rounds), rounds)
    assert again.std(axis=1).min() > 0.01
    assert (again[1:] - again[:1]).std(axis=1).max() < 0.001


def test_a_cell_of_two_processes_deviates_as_the_others_do():
    rounds = made_up_rounds(NOISY)
    rare = (rounds["conversion"] == "torch.tensor") & (rounds["size"] == 1) & (rounds["process"] > 2)
    rounds = rounds[~rare]
    cells = estimate(rounds)
    spread = bootstrap_rounds(cells, rounds).std(axis=1)
    few = cells["processes"].to_numpy() == 2
    assert few.sum() == 2
    assert spread[few] == pytest.approx(0.03 / np.sqrt(2), rel=0.3)


def test_one_process_has_no_replicates():
    rounds = made_up_rounds(replace(NOISY, processes=1))
    assert np.isnan(bootstrap_rounds(estimate(rounds), rounds)).all()


def test_the_interval_of_many_processes_is_the_percentile_interval():
    values = np.exp(np.random.default_rng(1).normal(0, 0.1, (4000, 1)))
    low, high = interval(values, 10_000)
    assert np.log([low[0], high[0]]) == pytest.approx([-0.196, 0.196], abs=0.015)


def test_few_processes_stretch_the_interval():
    values = np.exp(np.random.default_rng(1).normal(0, 0.1, (4000, 1)))
    narrow, wide = interval(values, 10_000), interval(values, 4)
    assert np.log(wide[1] / wide[0]) == pytest.approx(3.182 / 1.96 * np.log(narrow[1] / narrow[0]), rel=0.01)


def test_an_end_that_is_not_reached_is_infinite():
    values = np.array([[1.0]] * 80 + [[np.inf]] * 20)
    low, high = interval(values, 15)
    assert low[0] == 1.0 and np.isinf(high[0])
