import numpy as np
import pytest

from copycost.analyse.robust_mean import robust_mean, trimmed_mean


def of_one(values):
    values = np.array(values, dtype=float)
    found = robust_mean(values, np.zeros(len(values), dtype=int), 1)
    return tuple(x[0] for x in (found.mean, *found.interval()))


def test_three_values_give_the_ordinary_mean_and_student_interval():
    mean, low, high = of_one([1, 2, 3])
    # Student's t with two degrees of freedom is 4.303 at 97.5%; the standard error is 1 / sqrt(3).
    assert mean == 2
    assert (low, high) == pytest.approx((2 - 4.302653 / 3**0.5, 2 + 4.302653 / 3**0.5))


def test_ten_values_are_trimmed_by_two_on_each_side():
    mean, low, high = of_one([-1000, -900, 1, 2, 3, 4, 5, 6, 900, 1000])
    assert mean == 3.5
    winsorised = np.array([1, 1, 1, 2, 3, 4, 5, 6, 6, 6])
    error = np.sqrt(((winsorised - winsorised.mean()) ** 2).sum() / (6 * 5))
    assert high - mean == pytest.approx(2.570582 * error)
    assert mean - low == pytest.approx(2.570582 * error)


@pytest.mark.parametrize("values", [[1], [1, 2], [1, 2, np.nan], [1, 2, np.inf]])
def test_below_three_values_there_is_no_interval(values):
    mean, low, high = of_one(values)
    assert np.isfinite(mean) and np.isnan(low) and np.isnan(high)


def test_a_group_without_values_is_unknown():
    found = robust_mean(np.empty(0), np.empty(0, dtype=int), 2)
    assert np.isnan([found.mean, found.error, found.degrees]).all()


def test_error_and_degrees_are_those_of_the_interval():
    found = robust_mean(np.array([1.0, 2, 3]), np.zeros(3, dtype=int), 1)
    assert found.degrees.tolist() == [2] and found.error == pytest.approx(1 / 3**0.5)


def test_the_mean_over_an_axis_is_trimmed_alike():
    values = np.random.default_rng(1).normal(size=(4, 11))
    expected = robust_mean(values.ravel(), np.repeat(np.arange(4), 11), 4).mean
    np.testing.assert_allclose(trimmed_mean(values), expected)


@pytest.mark.parametrize("number", range(3, 16))
def test_the_interval_covers_the_mean_of_normal_values(number):
    draw = np.random.default_rng(number)
    repeats = 10_000
    values = draw.normal(7, 2, repeats * number)
    low, high = robust_mean(values, np.repeat(np.arange(repeats), number), repeats).interval()
    assert 0.93 < ((low <= 7) & (high >= 7)).mean() < 0.96


def test_one_wild_process_of_five_does_not_move_the_mean():
    assert of_one([1, 1.01, 0.99, 1, 50])[0] == pytest.approx(1.0033, abs=1e-3)
