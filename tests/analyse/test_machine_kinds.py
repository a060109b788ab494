import numpy as np
import pytest

from copycost.analyse.machine_figures import common, figures
from copycost.analyse.machine_kinds import criterion, kinds
from tests.analyse.fleets import KINDS, fleet_cells, slower_conversion, slower_machine, usual


def found(machines, **law):
    own = figures(*fleet_cells(machines, **law))
    return kinds(own.only(*common(own)))


def same_grouping(labels, truth):
    return len(set(zip(labels, truth, strict=True))) == len(set(labels)) == len(set(truth))


@pytest.mark.parametrize("machines", [7, 20, 200])
@pytest.mark.parametrize("alike", [0.0, 0.01, 0.03])
def test_machines_of_one_kind_are_one_kind(machines, alike):
    own = found([usual] * machines, alike=alike)
    assert own.count == 1 and not own.alone.any()


@pytest.mark.parametrize("kind", KINDS[1:])
def test_two_kinds_are_told_apart(kind):
    truth = [0] * 12 + [1] * 8
    own = found([usual if number == 0 else kind for number in truth])
    assert own.count == 2 and same_grouping(own.of, truth)


def test_five_kinds_among_two_hundred_machines_are_found_whatever_their_shares():
    truth = np.repeat(np.arange(5), [100, 50, 30, 15, 5])
    own = found([KINDS[number] for number in truth], runs=2)
    assert own.count == 5 and same_grouping(own.of, truth)
    assert np.bincount(own.of).tolist() == [100, 50, 30, 15, 5]
    assert 0.005 < own.spread < 0.02


def test_a_machine_like_no_other_is_no_kind():
    own = found([usual] * 20 + [slower_machine] * 10 + [slower_conversion])
    assert own.count == 2
    assert np.flatnonzero(own.alone).tolist() == [30] and own.of[30] == 0


def test_few_machines_are_all_compared():
    assert found([usual, slower_machine]).of.tolist() in ([0, 0], [0, 1])
    assert found([usual]).count == 1


def test_the_criterion_prefers_the_true_groups():
    draw = np.random.default_rng(0)
    truth = np.repeat([0, 1], 30)
    scores = draw.normal(0, 3, (60, 2)) + 40 * truth[:, None]
    split = np.where(truth == 1, 1 + (draw.random(60) < 0.5), 0)
    assert criterion(scores, truth) < criterion(scores, np.zeros(60, dtype=int))
    assert criterion(scores, truth) < criterion(scores, split)
