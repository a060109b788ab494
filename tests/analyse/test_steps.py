import numpy as np
import pytest

from copycost.analyse.steps import steps


def found(values, deviation=0.01):
    return steps(np.asarray(values, dtype=float), np.full(len(values), deviation))


def test_a_step_is_found_where_it_is():
    assert found([0.0] * 5 + [0.1] * 5) == [5]
    assert found([0.0] * 4 + [0.1] * 3 + [-0.1] * 4) == [4, 7]


def test_one_odd_value_is_no_step():
    assert found([0.0] * 5 + [0.08] + [0.0] * 5) == []


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_few_values_have_no_steps(count):
    assert found(list(range(count))) == []


def test_noise_alone_has_hardly_any_steps_and_a_real_one_is_found_in_it():
    draw = np.random.default_rng(1)
    noise = draw.normal(0, 0.01, (300, 20))
    assert np.mean([bool(found(one)) for one in noise]) <= 0.05
    noise[:, 12:] += 0.05
    assert np.mean([found(one) == [12] for one in noise]) >= 0.9


def test_uncertain_values_weigh_less():
    values = np.array([0.0] * 4 + [0.05] * 4)
    sure = np.full(8, 0.01)
    assert steps(values, sure) == [4]
    assert steps(values, sure * 10) == []
