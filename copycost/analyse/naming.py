"""Names for regimes: the cache that their end is near, page faults, or memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from copycost.analyse.curves import Curve
from copycost.analyse.law import Law
from copycost.analyse.regimes import FAULTS_SET_IN

NEAR = 2.0
"""A border and a cache size within this factor of each other are taken for the same."""
PAGE_FAULTS = "page-fault bound"
MEMORY = "memory"
Caches = Sequence[Mapping[str, Any]]


def names(law: Law, curve: Curve, caches: Caches) -> list[str | None]:
    """Return a name for each regime of a law; None where nothing measured or known suggests one.

    A regime whose figures took a page fault for every other page of the result is bound by page
    faults. Else it has the name of the cache whose size its upper border is near, or the level
    after the one that its lower border is near. A border is compared by what a call touches there,
    source and result together.

    Args:
        law: the law of the curve.
        curve: its figures.
        caches: the machine's, each with ``level``, ``type`` and ``bytes``.
    """
    levels = _levels(caches)
    footprint = _footprint(curve)
    borders = [_near(border * footprint, levels) for border in law.borders]
    edges = [0.0, *law.borders, np.inf]
    result: list[str | None] = []
    for number in range(law.regimes):
        inside = (curve.sizes >= edges[number]) & (curve.sizes < edges[number + 1])
        below = borders[number - 1] if number else None
        above = borders[number] if number < len(borders) else None
        if _faults(curve, inside):
            result.append(PAGE_FAULTS)
        elif above is not None and above != below:
            result.append(f"L{levels[above][0]}")
        elif below is not None:
            result.append(f"L{levels[below + 1][0]}" if below + 1 < len(levels) else MEMORY)
        elif number and levels and edges[number] * footprint > levels[-1][1]:
            result.append(MEMORY)
        else:
            result.append(None)
    return result


def _faults(curve: Curve, inside: np.ndarray) -> bool:
    shares = curve.fault_shares[inside]
    known = shares[np.isfinite(shares)]
    return bool(len(known)) and bool(np.median(known) >= FAULTS_SET_IN)


def _footprint(curve: Curve) -> float:
    """Return bytes touched for each byte of the source."""
    ratio = curve.result_bytes / curve.sizes
    known = ratio[np.isfinite(ratio)]
    return 1 + (float(np.median(known)) if len(known) else 1.0)


def _levels(caches: Caches) -> list[tuple[int, float]]:
    """Return level and bytes of each data cache, the nearest to the core first."""
    sizes: dict[int, float] = {}
    for cache in caches:
        level, size = cache.get("level"), cache.get("bytes")
        if isinstance(level, int) and isinstance(size, int | float) and cache.get("type") != "instruction":
            sizes[level] = float(size)
    return sorted(sizes.items())


def _near(size: float, levels: list[tuple[int, float]]) -> int | None:
    """Return the position of the cache nearest to a size, if it is near."""
    ratios = [abs(np.log(size / own)) for _, own in levels]
    if not ratios or min(ratios) > np.log(NEAR):
        return None
    return int(np.argmin(ratios))
