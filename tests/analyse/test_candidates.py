import numpy as np

from copycost.analyse.candidates import MOST_SETS, candidates, gap
from copycost.analyse.law import KINK, RESTART, STEP
from tests.analyse.laws import SIZES


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
