import numpy as np
import pytest

from copycost.analyse.process_patterns import drift, modes


def gap(*seconds):
    return modes(np.log(np.array(seconds)), np.zeros(len(seconds), dtype=int), 1)[0][0]


def test_two_groups_of_processes_are_two_modes():
    assert gap(1.0, 2.0, 1.01, 2.02, 0.99) == pytest.approx(2.01, rel=1e-2)


def test_one_slow_process_is_not_a_mode():
    assert np.isnan(gap(1.0, 1.01, 0.99, 1.0, 2.0))


def test_a_small_gap_is_not_two_modes():
    assert np.isnan(gap(1.0, 1.05, 1.0, 1.05, 1.0, 1.05))


def test_a_wide_spread_is_not_two_modes():
    assert np.isnan(gap(1.0, 1.2, 1.45, 1.75, 2.1, 2.5))


def test_normal_spread_is_hardly_ever_taken_for_two_modes():
    draw = np.random.default_rng(0)
    logs = draw.normal(0, 0.08, 8 * 5000)
    assert np.isfinite(modes(logs, np.repeat(np.arange(5000), 8), 5000)[0]).mean() < 0.01


def test_cells_are_judged_one_by_one_and_unknown_processes_left_out():
    logs = np.log([1, 1, 5, 5, 1, 1, 1, 1, np.nan])
    codes = np.array([2, 2, 2, 2, 0, 0, 0, 0, 2])
    np.testing.assert_allclose(modes(logs, codes, 4)[0], [np.nan, np.nan, 5.0, np.nan])


@pytest.mark.parametrize(
    ("seconds", "averaged"),
    [
        ([9.8e-6, 8e-3], [True, False]),
        ([8e-3, 9.8e-6, 8e-3], [True, False, True]),
        ([1.0, 3.0, 1.0, 3.0, 3.0, np.nan], [False, True, False, True, True, False]),
        ([1.0, 1.3, 1.0, 1.3], [True] * 4),  # two modes, but a mean of both is near either
        ([1.0, 1.1], [True, True]),
    ],
)
def test_a_mean_is_taken_of_one_mode_where_two_are_far_apart(seconds, averaged):
    assert modes(np.log(seconds), np.zeros(len(seconds), dtype=int), 1)[1].tolist() == averaged


def change(logs, order=None):
    logs = np.array(logs, dtype=float)
    order = np.arange(len(logs), dtype=float) if order is None else np.array(order, dtype=float)
    return drift(logs, order, np.zeros(len(logs), dtype=int), 1)[0]


NOISE = np.array([0.001, -0.001, 0.002, -0.002, 0.001, -0.001])


def test_a_trend_is_given_as_the_change_from_first_to_last():
    assert change(np.linspace(0, np.log(1.1), 6) + NOISE) == pytest.approx(0.1, abs=0.01)
    assert change(np.linspace(0, np.log(0.9), 6) + NOISE) == pytest.approx(-0.1, abs=0.01)


def test_a_small_trend_is_none():
    assert np.isnan(change(np.linspace(0, 0.02, 6) + NOISE))


def test_scatter_without_order_is_none():
    assert np.isnan(change([0, 0.1, -0.05, 0.12, 0.02, 0.06]))


def test_few_processes_show_no_trend():
    assert np.isnan(change([0, 0.1, 0.2, 0.3]))


def test_processes_in_one_place_show_no_trend():
    assert np.isnan(change([0, 0.1, 0.2, 0.3, 0.4], [1, 1, 1, 1, 1]))


def test_unknown_processes_are_left_out():
    assert change([0, 0.02, np.nan, 0.06, 0.08, 0.1]) == pytest.approx(0.105, abs=0.001)
