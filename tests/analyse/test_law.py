import numpy as np
import pytest

from copycost.analyse.law import KINK, MOST_SETS, RESTART, STEP, Law, basis, border_effect, candidates, gap
from tests.analyse.laws import SIZES

DECADES = np.array([10.0, 100.0, 1000.0, 10000.0])


def law(*kinds, borders, slopes, step=0.0):
    return Law(5.0, np.array(slopes), np.array(borders), np.array(kinds), step)


def test_a_kink_goes_on_from_where_the_time_was():
    seconds = law(KINK, borders=[100.0], slopes=[1.0, 2.0]).seconds(DECADES)
    assert seconds == pytest.approx([15, 105, 105 + 1800, 105 + 19800])


def test_after_a_restart_all_bytes_cost_the_new_price():
    seconds = law(RESTART, borders=[100.0], slopes=[1.0, 2.0]).seconds(DECADES)
    assert seconds == pytest.approx([15, 205, 2005, 20005])


def test_a_step_is_added_once():
    seconds = law(STEP, borders=[100.0], slopes=[1.0, 2.0], step=50.0).seconds(DECADES)
    assert seconds == pytest.approx([15, 155, 155 + 1800, 155 + 19800])


def test_a_kink_after_a_restart_goes_on_from_the_restart():
    seconds = law(RESTART, KINK, borders=[50.0, 500.0], slopes=[1.0, 2.0, 3.0]).seconds(DECADES)
    assert seconds == pytest.approx([15, 205, 1005 + 1500, 1005 + 28500])


def test_a_constant_is_the_same_everywhere():
    assert Law(5.0, np.zeros(0), np.zeros(0), np.zeros(0, int)).seconds(DECADES).tolist() == [5.0] * 4


def test_many_sets_of_borders_are_evaluated_as_if_alone():
    borders = np.array([[50.0, 500.0], [200.0, 5000.0]])
    kinds = np.array([KINK, STEP])
    both = basis(DECADES, borders, kinds)
    for number in range(2):
        np.testing.assert_array_equal(both[number], basis(DECADES, borders[number : number + 1], kinds)[0])


@pytest.mark.parametrize("kinds", [(KINK, KINK), (KINK, RESTART), (RESTART, KINK), (KINK, STEP)])
def test_the_effect_of_a_border_is_its_derivative(kinds):
    borders, slopes = np.array([50.0, 500.0]), np.array([1.0, 2.0, 5.0])
    effects = border_effect(DECADES, borders[None], slopes[None], np.array(kinds))[0]
    for place, number in enumerate(np.flatnonzero(np.array(kinds) == KINK)):
        moved = borders.copy()
        moved[number] += 1e-4
        change = law(*kinds, borders=moved, slopes=slopes).seconds(DECADES)
        change = change - law(*kinds, borders=borders, slopes=slopes).seconds(DECADES)
        assert effects[:, place] == pytest.approx(change / 1e-4, rel=1e-4, abs=1e-6)


def test_a_jump_counts_as_more_parameters_than_a_kink():
    numbers = [law(kind, borders=[1.0], slopes=[1.0, 2.0]).parameters for kind in (KINK, RESTART, STEP)]
    assert numbers == [4, 5, 6]


def test_borders_ascend_and_regimes_hold_two_sizes_unless_nothing_can_place_them():
    for kinds, borders, _ in candidates(tuple(SIZES), 3):
        assert (np.diff(borders, axis=1) > 0).all()
        edges = np.column_stack([np.zeros(len(borders)), borders, np.full(len(borders), np.inf)])
        held = [np.histogram(SIZES, edge)[0] for edge in edges]
        assert np.min(held) >= (2 if (kinds == KINK).all() or STEP in kinds else 1)


def test_no_law_jumps_twice():
    for kinds, _, _ in candidates(tuple(SIZES), 4):
        assert np.isin(kinds, (RESTART, STEP)).sum() <= 1


def test_a_jump_stands_in_the_middle_of_its_gap():
    for kinds, borders, _ in candidates(tuple(SIZES), 2):
        if kinds[0] != KINK:
            middles = np.sqrt(SIZES[1:] * SIZES[:-1])
            assert set(borders[:, 0]) <= set(middles)


def test_a_long_curve_gets_a_coarser_grid():
    sizes = tuple(np.geomspace(8, 2**27, 60))
    for _, borders, _ in candidates(sizes, 3):
        assert 0 < len(borders) <= MOST_SETS


def test_two_sizes_allow_one_regime_only():
    assert len(candidates((8.0, 64.0), 1)) == 1
    assert all(len(borders) == 0 for kinds, borders, _ in candidates((8.0, 64.0), 2) if (kinds == KINK).all())


def test_a_border_lies_between_its_neighbours():
    assert gap(SIZES, 100.0) == (32.0, 128.0)
    assert gap(SIZES, 1e12) == (SIZES[-2], SIZES[-1])
