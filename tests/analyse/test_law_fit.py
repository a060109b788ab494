import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copycost.analyse.law import KINK, RESTART, STEP, Law
from copycost.analyse.law_fit import choose_law, criterion, misfit, refit
from tests.analyse.laws import SIZES, constant, draw_law

SURE = np.full(len(SIZES), 0.001)


def kinked(*slopes, borders, fixed=1e-6):
    return Law(fixed, np.array(slopes), np.array(borders, dtype=float), np.full(len(borders), KINK))


def noisy(law, noise, seed):
    return np.log(law.seconds(SIZES)) + np.random.default_rng(seed).normal(0, noise, len(SIZES))


@pytest.mark.parametrize("seed", range(5))
def test_a_constant_is_recognised(seed):
    assert choose_law(SIZES, noisy(constant(), 0.01, seed), np.full(13, 0.01)).regimes == 0


@pytest.mark.parametrize("seed", range(5))
def test_a_linear_law_has_no_breakpoint(seed):
    found = choose_law(SIZES, noisy(kinked(1e-10, borders=[]), 0.01, seed), np.full(13, 0.01))
    assert found.regimes == 1
    assert found.slopes[0] == pytest.approx(1e-10, rel=0.03)


@pytest.mark.parametrize("regimes", [1, 2, 3, 4])
@pytest.mark.parametrize("jump", [False, True])
def test_a_law_without_noise_is_found_again(regimes, jump):
    draw = np.random.default_rng([regimes, jump, 7])
    for _ in range(3):
        law = draw_law(draw, regimes, jump and regimes > 1)
        found = choose_law(SIZES, np.log(law.seconds(SIZES)), SURE)
        assert found.regimes == regimes
        assert found.fixed == pytest.approx(law.fixed, rel=0.01)
        assert found.slopes == pytest.approx(law.slopes, rel=0.02)
        kinks = law.kinds == KINK
        assert found.borders[kinks] == pytest.approx(law.borders[kinks], rel=0.05)


@settings(max_examples=8, deadline=None)
@given(st.floats(1e-3, 1e3), st.integers(0, 10**6))
def test_scaling_time_scales_the_costs_and_moves_no_border(factor, seed):
    law = kinked(1e-10, 4e-10, borders=[40_000.0])
    logs = noisy(law, 0.01, seed)
    found = choose_law(SIZES, logs, np.full(13, 0.01))
    scaled = choose_law(SIZES, logs + np.log(factor), np.full(13, 0.01))
    assert scaled.fixed == pytest.approx(factor * found.fixed, rel=1e-3)
    assert scaled.slopes == pytest.approx(factor * found.slopes, rel=1e-3)
    assert scaled.borders == pytest.approx(found.borders, rel=1e-3)


def test_scaling_bytes_scales_the_borders():
    law = kinked(1e-10, 4e-10, borders=[40_000.0])
    logs = noisy(law, 0.005, 1)
    found, scaled = choose_law(SIZES, logs, SURE), choose_law(2 * SIZES, logs, SURE)
    assert scaled.borders == pytest.approx(2 * found.borders, rel=1e-3)
    assert scaled.slopes == pytest.approx(found.slopes / 2, rel=1e-3)


def test_page_faults_make_a_jump_easier_to_believe():
    law = Law(1e-6, np.array([1e-10, 3e-10]), np.array([1e7]), np.array([RESTART]))
    logs = noisy(law, 0.01, 1)
    gap = [(SIZES[10], SIZES[11])]
    unexpected = criterion(law, SIZES, logs, SURE)
    assert criterion(law, SIZES, logs, SURE, gap) < unexpected
    assert criterion(law, SIZES, logs, SURE, [(8.0, 32.0)]) > unexpected + 1000  # no border where the faults set in


def test_the_misfit_is_a_log_ratio():
    law = kinked(1e-10, borders=[])
    assert misfit(law, SIZES, np.log(1.1 * law.seconds(SIZES))) == pytest.approx(np.log(1.1))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_sizes_are_no_obstacle(count):
    sizes = SIZES[-count:]
    law = kinked(1e-10, borders=[])
    found = choose_law(sizes, np.log(law.seconds(sizes)), np.full(count, 0.01))
    assert found.seconds(sizes) == pytest.approx(law.seconds(sizes), rel=0.01)


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


def test_a_kink_that_lies_at_a_size_holds_no_other_parameter():
    border = SIZES[7] * (1 + 1e-9)
    law = Law(1e-6, np.array([1e-10, 4e-10]), np.array([border]), np.array([KINK]))
    logs = np.log(law.seconds(SIZES))
    logs[7] -= 0.1
    logs[8:] += 0.02  # what follows the kink would have it lower, what lies at it higher: it stays
    basis = np.stack([np.ones(len(SIZES)), np.minimum(SIZES, border), np.maximum(SIZES - border, 0)], axis=1)
    best = np.linalg.lstsq(basis / np.exp(logs)[:, None], np.ones(len(SIZES)), rcond=None)[0][0]
    assert best > 1.005e-6
    assert refit(law, SIZES, logs[None], VARIANCE).fixed == pytest.approx([best], rel=0.002)


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
