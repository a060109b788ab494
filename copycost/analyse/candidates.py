"""Every way to lay borders between the sizes of a curve, as a coarse grid."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations, product

import numpy as np

from copycost.analyse.grouping import Floats
from copycost.analyse.law import KINK, PINNED, RESTART, STEP, Kinds, basis

MOST_REGIMES = 4
FEWEST_SIZES = 2
"""Sizes that a regime must hold: with one, its slope and its border cannot be told apart."""
PLACES = ((0.1, 0.3, 0.5, 0.7, 0.9), (0.2, 0.5, 0.8), (0.5,))
"""Where in the gap between two sizes a kink is tried, as shares of its logarithm: finest first."""
MOST_CUTS = 40
MOST_SETS = 4_000
"""Sets of borders that are tried for one combination of kinds; a long curve gets a coarser grid."""


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
    for own in cuts[:: 1 + len(cuts) // MOST_SETS]:
        places = [
            [low ** (1 - share) * high**share for share in shares] if kind == KINK else [np.sqrt(low * high)]
            for (low, high), kind in zip([(sizes[cut - 1], sizes[cut]) for cut in own], kinds, strict=True)
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
    held = ((own, np.diff([0, *own, count])) for own in cuts)
    return [own for own, sizes in held if (sizes >= fewest).all() and (sizes <= most).all()]
