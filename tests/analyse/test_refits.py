import numpy as np
import pytest

from copycost.analyse.law import KINK, RESTART, STEP, Law
from copycost.analyse.refits import refit
from tests.analyse.laws import SIZES, constant

VARIANCE = np.full(len(SIZES), 1e-4)
LAW = Law(1e-6, np.array([1e-10, 4e-10, 9e-10]), np.array([40_000.0, 3e6]), np.array([KINK, KINK]))


def test_each_replicate_gets_its_own_parameters_back():
    others = [
        Law(f * 1e-6, LAW.slopes * s, LAW.borders * b, LAW.kinds)
        for f, s, b in ((1, 1, 1), (1.05, 0.95, 1.1), (0.9, 1.1, 0.9), (1.0, 1.0, 1.5))
    ]
    logs = np.log([other.seconds(SIZES) for other in others])
    found = refit(LAW, SIZES, logs, VARIANCE)
    assert found.fixed == pytest.approx([other.fixed for other in others], rel=0.002)
    np.testing.assert_allclose(found.slopes, [other.slopes for other in others], rtol=0.01)
    np.testing.assert_allclose(found.borders, [other.borders for other in others], rtol=0.02)


@pytest.mark.parametrize("kind", [RESTART, STEP])
def test_a_jump_stays_where_it_is(kind):
    law = Law(1e-6, np.array([1e-10, 9e-10]), np.array([4e6]), np.array([kind]), 1e-3 if kind == STEP else 0.0)
    logs = np.log(law.seconds(SIZES)) + np.random.default_rng(1).normal(0, 0.02, (20, len(SIZES)))
    found = refit(law, SIZES, logs, VARIANCE)
    assert (found.borders == 4e6).all()
    assert np.median(found.slopes, axis=0) == pytest.approx(law.slopes, rel=0.03)


def test_the_constant_of_a_replicate_is_its_weighted_mean():
    logs = np.array([np.full(13, 0.0), np.full(13, 1.0)])
    assert refit(constant(), SIZES, logs, VARIANCE).fixed == pytest.approx([1.0, np.e])


def test_borders_keep_their_order():
    logs = np.log(LAW.seconds(SIZES)) + np.random.default_rng(2).normal(0, 0.3, (50, len(SIZES)))
    assert (np.diff(refit(LAW, SIZES, logs, VARIANCE).borders, axis=1) > 0).all()
