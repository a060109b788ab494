"""The law of one curve, a fixed cost and then a cost per byte in each regime, and the laws that are tried for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from copycost.analyse.grouping import Floats

KINK = 0
"""The cost per byte changes and the time goes on from where it was."""
RESTART = 1
"""From here on every byte costs the new price, those below the border as well."""
STEP = 2
"""The time jumps, and the cost per byte changes."""
PINNED = 3
"""A kink that no figure can place within its gap, because the regime it begins holds one size only."""

MOST_REGIMES = 4
FEWEST_SIZES = 2
"""Sizes that a regime must hold: with one, its slope and its border cannot be told apart."""
PLACES = ((0.1, 0.3, 0.5, 0.7, 0.9), (0.2, 0.5, 0.8), (0.5,))
"""Where in the gap between two sizes a kink is tried, as shares of its logarithm: finest first."""
MOST_CUTS = 40
MOST_SETS = 4_000
"""Sets of borders that are tried for one combination of kinds; a long curve gets a coarser grid."""

Kinds = NDArray[np.int64]


@dataclass(frozen=True)
class Law:
    """Seconds as a function of bytes.

    Attributes:
        fixed: seconds that a call costs however few its bytes.
        slopes: seconds per byte in each regime; none for a constant.
        borders: bytes at which the second and later regimes begin.
        kinds: how the time goes over each border: KINK, RESTART, STEP or PINNED.
        step: seconds that are added at the border of kind STEP.
    """

    fixed: float
    slopes: Floats
    borders: Floats
    kinds: Kinds
    step: float = 0.0

    @property
    def regimes(self) -> int:
        """The number of costs per byte; 0 for a constant."""
        return len(self.slopes)

    @property
    def parameters(self) -> int:
        """How many numbers were chosen to fit: a border's place is one, that it is a jump another."""
        restarts, steps = (self.kinds == RESTART).sum(), (self.kinds == STEP).sum()
        return 1 + self.regimes + len(self.borders) + int(restarts + 2 * steps)

    def seconds(self, sizes: Floats) -> Floats:
        """Return the seconds for sizes in bytes."""
        if not self.regimes:
            return np.full(len(sizes), self.fixed)
        rows = basis(sizes, self.borders[None], self.kinds)[0]
        result: Floats = rows @ np.array([self.fixed, *self.slopes, self.step])
        return result


def basis(sizes: Floats, borders: Floats, kinds: Kinds) -> Floats:
    """Return what each parameter adds to the seconds at each size, for many sets of borders.

    Args:
        sizes: bytes, shape (sizes,).
        borders: bytes, ascending, shape (sets, borders).
        kinds: shape (borders,): common to all sets.

    Returns:
        Shape (sets, sizes, parameters). The parameters are the fixed cost, a cost per byte for
        each regime, and the height of the step.
    """
    sets, count = borders.shape
    at = np.zeros((sets, count + 3))
    at[:, 0] = 1
    start = np.zeros(sets)
    rows = np.repeat(at[:, None, :], len(sizes), axis=1)
    rows[:, :, 1] = sizes
    for number, kind in enumerate(kinds):
        border = borders[:, number]
        at = at.copy()
        if kind == RESTART:
            at[:, 1:] = 0
            at[:, 2 + number] = border
        else:
            at[:, 1 + number] += border - start
            at[:, -1] += kind == STEP
        beyond = sizes >= border[:, None]
        rows = np.where(beyond[:, :, None], at[:, None, :], rows)
        rows[:, :, 2 + number] += np.where(beyond, sizes - border[:, None], 0.0)
        start = border
    return rows


def border_effect(sizes: Floats, borders: Floats, slopes: Floats, kinds: Kinds) -> Floats:
    """Return by how many seconds the time at each size grows as each kink moves up by a byte.

    Args:
        sizes: bytes, shape (sizes,).
        borders: bytes, shape (sets, borders).
        slopes: seconds per byte, shape (sets, borders + 1).
        kinds: shape (borders,).

    Returns:
        Shape (sets, sizes, kinks); steps and restarts stay where they are.
    """
    effects = []
    for number in np.flatnonzero(kinds == KINK):
        reach = sizes >= borders[:, number, None]
        for later in np.flatnonzero(kinds == RESTART):
            if later > number:
                reach &= sizes < borders[:, later, None]
        change = slopes[:, number] - slopes[:, number + 1]
        effects.append(np.where(reach, change[:, None], 0.0))
    if not effects:
        return np.zeros((len(borders), len(sizes), 0))
    return np.stack(effects, axis=2)


@lru_cache(maxsize=64)
def candidates(sizes: tuple[float, ...], regimes: int) -> list[tuple[Kinds, Floats, Floats]]:
    """Return kinds, borders and basis of the laws with some number of regimes to be tried.

    A law has one jump at most (RESTART or STEP). A jump cannot be placed within its gap, so it
    stands in the geometric middle. Two regimes may hold a single size: a last one that starts
    afresh, and the one before a fresh start, which then begins in the middle of its gap (PINNED).

    Args:
        sizes: bytes, ascending.
        regimes: 1 or more.

    Returns:
        For each combination of kinds, shape (borders,): borders, shape (sets, borders), and basis,
        shape (sets, sizes, parameters).
    """
    at = np.array(sizes)
    made = []
    for kinds in _kinds(regimes - 1):
        sets = list(_borders(at, kinds))
        if sets:
            borders = np.array(sets).reshape(len(sets), regimes - 1)
            made.append((kinds, borders, basis(at, borders, kinds)))
    return made


def gap(sizes: Floats, border: float) -> tuple[float, float]:
    """Return the two neighbouring sizes that a border lies between."""
    above = int(np.clip(np.searchsorted(sizes, border), 1, len(sizes) - 1))
    return float(sizes[above - 1]), float(sizes[above])


def _kinds(count: int) -> Iterator[Kinds]:
    for kinds in product((KINK, RESTART, STEP), repeat=count):
        if sum(kind != KINK for kind in kinds) <= 1:
            yield np.array(kinds, dtype=np.int64)
            for restart in range(1, count):
                if kinds[restart] == RESTART:
                    pinned = np.array(kinds, dtype=np.int64)
                    pinned[restart - 1] = PINNED
                    yield pinned


def _borders(sizes: Floats, kinds: Kinds) -> Iterator[tuple[float, ...]]:
    cuts = _cuts(len(sizes), kinds)
    kinks = int((kinds == KINK).sum())
    shares = next(shares for shares in PLACES if len(cuts) * len(shares) ** kinks <= MOST_SETS or shares == PLACES[-1])
    for cut_set in cuts[:: 1 + len(cuts) // MOST_SETS]:
        places = [
            [low ** (1 - share) * high**share for share in shares] if kind == KINK else [np.sqrt(low * high)]
            for (low, high), kind in zip([(sizes[cut - 1], sizes[cut]) for cut in cut_set], kinds, strict=True)
        ]
        yield from product(*places)


def _cuts(count: int, kinds: Kinds) -> list[tuple[int, ...]]:
    """Return every way to deal the sizes out to the regimes."""
    fewest = np.full(len(kinds) + 1, FEWEST_SIZES)
    most = np.full(len(kinds) + 1, count)
    if len(kinds) and kinds[-1] == RESTART:
        fewest[-1] = 1
    for alone in np.flatnonzero(kinds == PINNED) + 1:
        fewest[alone] = most[alone] = 1
    stride = 1 + count // MOST_CUTS
    cuts = combinations(range(1, count, stride), len(kinds))
    held = ((cut_set, np.diff([0, *cut_set, count])) for cut_set in cuts)
    return [cut_set for cut_set, sizes in held if (sizes >= fewest).all() and (sizes <= most).all()]
