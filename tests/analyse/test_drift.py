import numpy as np
import pytest

from copycost.analyse.drift import drift


def of(logs, order=None):
    logs = np.array(logs, dtype=float)
    order = np.arange(len(logs), dtype=float) if order is None else np.array(order, dtype=float)
    return drift(logs, order, np.zeros(len(logs), dtype=int), 1)[0]


NOISE = np.array([0.001, -0.001, 0.002, -0.002, 0.001, -0.001])


def test_a_trend_is_given_as_the_change_from_first_to_last():
    assert of(np.linspace(0, np.log(1.1), 6) + NOISE) == pytest.approx(0.1, abs=0.01)
    assert of(np.linspace(0, np.log(0.9), 6) + NOISE) == pytest.approx(-0.1, abs=0.01)


def test_a_small_trend_is_none():
    assert np.isnan(of(np.linspace(0, 0.02, 6) + NOISE))


def test_scatter_without_order_is_none():
    assert np.isnan(of([0, 0.1, -0.05, 0.12, 0.02, 0.06]))


def test_few_processes_show_no_trend():
    assert np.isnan(of([0, 0.1, 0.2, 0.3]))


def test_processes_in_one_place_show_no_trend():
    assert np.isnan(of([0, 0.1, 0.2, 0.3, 0.4], [1, 1, 1, 1, 1]))


def test_unknown_processes_are_left_out():
    assert of([0, 0.02, np.nan, 0.06, 0.08, 0.1]) == pytest.approx(0.105, abs=0.001)
