import numpy as np
import pytest
from scipy.special import polygamma

from copycost.analyse.moderation import MOST_PRIOR_DEGREES, _inverse_trigamma, moderated


def drawn(prior, degrees, count=4000, scale=0.01, seed=1):
    """Return sample variances of cells whose true ones are scaled inverse chi-squared."""
    draw = np.random.default_rng(seed)
    true = scale * prior / draw.chisquare(prior, count) if np.isfinite(prior) else np.full(count, scale)
    return true * draw.chisquare(degrees, count) / degrees, true


@pytest.mark.parametrize("prior", [3.0, 6.0])
def test_the_fitted_degrees_are_those_of_the_law(prior):
    variance, _ = drawn(prior, 4)
    _, degrees = moderated(variance, np.full(len(variance), 4.0), np.zeros(len(variance), dtype=int))
    assert degrees[0] - 4 == pytest.approx(prior, rel=0.15)


def test_moderated_variances_are_nearer_to_the_true_ones():
    variance, true = drawn(6.0, 2)
    better, _ = moderated(variance, np.full(len(variance), 2.0), np.zeros(len(variance), dtype=int))
    assert np.std(np.log(better / true)) < 0.6 * np.std(np.log(variance / true))


def test_cells_that_vary_alike_count_for_so_many_degrees_at_the_most():
    variance, _ = drawn(np.inf, 4)
    better, degrees = moderated(variance, np.full(len(variance), 4.0), np.zeros(len(variance), dtype=int))
    assert (degrees == 4 + MOST_PRIOR_DEGREES).all()
    assert np.median(better) == pytest.approx(0.01, rel=0.1)


def test_classes_are_apart_and_one_of_few_cells_is_left_as_it_is():
    variance = np.concatenate([drawn(6.0, 4, 200, 0.01)[0], drawn(6.0, 4, 200, 1.0)[0], [5.0, 7.0]])
    classes = np.repeat([0, 1, 2], [200, 200, 2])
    better, degrees = moderated(variance, np.full(402, 4.0), classes)
    assert better[:200].max() < 0.2 < better[200:400].min() * 4
    assert better[400:].tolist() == [5.0, 7.0] and degrees[400:].tolist() == [4.0, 4.0]


def test_what_is_not_known_stays_unknown_and_no_spread_is_drawn_up():
    variance = drawn(6.0, 4, 50)[0]
    variance[:2] = np.nan, 0.0
    degrees = np.full(50, 4.0)
    degrees[0] = np.nan
    better, freedom = moderated(variance, degrees, np.zeros(50, dtype=int))
    assert np.isnan([better[0], freedom[0]]).all() and better[1] > 0


@pytest.mark.parametrize("value", [1e-4, 0.3, 1.0, 50.0])
def test_the_inverse_of_trigamma_is_one(value):
    assert polygamma(1, _inverse_trigamma(value)) == pytest.approx(value)
