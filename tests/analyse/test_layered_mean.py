import numpy as np
import pytest

from copycost.analyse.layered_mean import layered_mean
from copycost.analyse.robust_mean import half_width, robust_mean

REPEATS = 2000


def drawn(layouts=5, processes=2, between=0.05, within=0.01, seed=1, count=REPEATS):
    """Return values of cells, shape (cells, layouts, processes): each layout has its worth for each cell."""
    draw = np.random.default_rng(seed)
    worth = draw.normal(0, between, (count, layouts, 1))
    return worth + draw.normal(0, within, (count, layouts, processes)), worth[:, :, 0]


def estimated(values, chosen=True, told=True):
    count, layouts, processes = values.shape
    codes = np.repeat(np.arange(count), layouts * processes)
    session = np.tile(np.repeat(np.arange(1.0, layouts + 1), processes), count)
    unknown = np.full(len(codes), np.nan)
    return layered_mean(
        values.ravel(),
        codes,
        count,
        session if told else unknown,
        session if chosen and told else unknown,
        np.zeros(count, dtype=int),
    )


def covered(mean, error, degrees, truth):
    half = half_width(error, degrees)
    return float(np.mean((mean - half <= truth) & (truth <= mean + half)))


def trimmed(worth):
    return np.sort(worth, axis=1)[:, 1:-1].mean(axis=1)


@pytest.mark.parametrize("between", [0.0, 0.002, 0.05])
def test_the_interval_for_these_layouts_covers_what_a_second_run_with_them_finds(between):
    values, worth = drawn(between=between)
    again = worth[:, :, None] + np.random.default_rng(2).normal(0, 0.01, values.shape)
    first, second = estimated(values), estimated(again)
    error = np.hypot(first.error, second.error)
    assert 0.92 < covered(first.mean, error, first.degrees + second.degrees, second.mean) < 0.99


@pytest.mark.parametrize("between", [0.0, 0.01, 0.05])
def test_the_interval_for_any_layout_covers_what_five_others_find(between):
    first, second = (estimated(drawn(between=between, seed=seed)[0]) for seed in (1, 2))
    error = np.hypot(first.layout_error, second.layout_error)
    assert 0.92 < covered(first.mean, error, first.layout_degrees + second.layout_degrees, second.mean) < 0.99


def test_what_layouts_are_worth_is_in_one_error_and_not_in_the_other():
    found = estimated(drawn(between=0.05, within=0.001)[0])
    assert np.median(found.layout_error) > 15 * np.median(found.error)
    assert (found.sessions == 5).all()


def test_one_process_a_layout_says_nothing_of_the_same_layouts_again():
    found = estimated(drawn(processes=1)[0])
    np.testing.assert_array_equal(found.error, found.layout_error)


def test_random_layouts_have_one_error():
    found = estimated(drawn()[0], chosen=False)
    np.testing.assert_array_equal(found.error, found.layout_error)
    assert (found.sessions == 5).all()


@pytest.mark.parametrize("layouts", [1, 2])
def test_fewer_than_three_sessions_have_no_interval(layouts):
    found = estimated(drawn(layouts=layouts, processes=6)[0])
    assert np.isfinite(found.mean).all() and np.isnan([found.error, found.layout_error]).all()


def test_processes_whose_sessions_are_not_told_stand_each_for_itself():
    values = drawn(layouts=7, processes=1, count=20)[0]
    found, usual = estimated(values, told=False), robust_mean(values.ravel(), np.repeat(np.arange(20), 7), 20)
    np.testing.assert_allclose([found.mean, found.error, found.degrees], [usual.mean, usual.error, usual.degrees])
    assert np.isnan(found.sessions).all()


def test_one_process_that_is_slow_for_all_its_life_does_not_move_the_figure():
    values, worth = drawn(between=0.005, within=0.001)
    values[:, 3, 1] += 0.05
    found = estimated(values)
    assert np.quantile(np.abs(found.mean - trimmed(worth)), 0.95) < 0.006


def test_layouts_count_alike_however_many_processes_each_has():
    values, worth = drawn(between=0.05, within=1e-6, processes=3)
    values[:, 1:, 1:] = np.nan
    np.testing.assert_allclose(estimated(values).mean, trimmed(worth), atol=1e-5)
