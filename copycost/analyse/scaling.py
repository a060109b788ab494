"""The scaling model: time as a function of bytes for each curve of a run, its regimes named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.bootstrap import bootstrap_rounds, interval
from copycost.analyse.breakdown import MOST_OF_THE_TIME
from copycost.analyse.curves import CURVE, Curve, curves
from copycost.analyse.grouping import Floats
from copycost.analyse.law import KINK, PINNED, RESTART, STEP, Law, gap
from copycost.analyse.law_fit import FAULTS_SET_IN, UNEXPLAINED, Refits, choose_law, misfit, refit

CONSTANT = "constant"
PIECEWISE = "piecewise"
NEAR = 2.0
"""A border and a cache size within this factor of each other are taken for the same."""
PAGE_FAULTS = "page-fault bound"
MEMORY = "memory"
Caches = Sequence[Mapping[str, Any]]
_KIND_NAMES = {KINK: "kink", RESTART: "restart", STEP: "step", PINNED: "pinned"}
COLUMNS = (
    *CURVE,
    "model",
    "regimes",
    "regime",
    "fixed_seconds",
    "fixed_seconds_low",
    "fixed_seconds_high",
    "gb_per_s",
    "gb_per_s_low",
    "gb_per_s_high",
    "from_bytes",
    "from_bytes_low",
    "from_bytes_high",
    "named",
    "largest_misfit",
    "border",
    "step_seconds",
)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A curve with its law, which is fitted on first use: a page tells of a few of a run's curves only."""

    curve: Curve

    @cached_property
    def law(self) -> Law:
        """The law that the curve follows."""
        curve = self.curve
        return choose_law(curve.sizes, np.log(curve.seconds), curve.errors, curve.fault_shares)

    @cached_property
    def refits(self) -> Refits | None:
        """The law's parameters in each replicate; None without replicates."""
        curve = self.curve
        if curve.replicates is None:
            return None
        return refit(self.law, curve.sizes, curve.replicates, curve.errors**2 + UNEXPLAINED**2)


def fit(cells: pd.DataFrame, rounds: pd.DataFrame | None = None, *, caches: Caches = ()) -> pd.DataFrame:
    """Return the scaling model of each curve, one row per regime.

    Time is a fixed cost and a cost per byte in each regime. How many regimes there are is chosen
    by evidence, and where they begin is found from the data.

    Args:
        cells: estimates of ``copycost.estimate``, with or without the references.
        rounds: the rounds they were made from: then every parameter has a 95% interval, by
            bootstrap over processes; without them the intervals are NaN.
        caches: the machine's caches, each with ``level``, ``type`` and ``bytes``, to name regimes
            by; breakpoints do not depend on them.

    Returns:
        The curve's key, then ``model`` ("constant" or "piecewise"), ``regimes`` (0 for a constant),
        ``regime`` (from 0), ``fixed_seconds``, ``gb_per_s`` (of source bytes), ``from_bytes`` (where
        the regime begins) and their intervals, ``named`` (None where nothing is near),
        ``largest_misfit`` (the largest distance between figure and law, as a share), ``border``
        ("kink": the time goes on from where it was; "restart": all bytes cost the new price;
        "step": the time jumps by ``step_seconds``; "pinned": a kink before a single size). All but
        a kink lie somewhere between two sizes: their interval is that gap.
    """
    return fit_frame(fit_curves(curves(cells, bootstrap_rounds(cells, rounds))), caches)


def fit_curves(measured: list[Curve]) -> list[Fitted]:
    """Return each curve with its law, which is refitted to the replicates where there are any."""
    return [Fitted(curve) for curve in measured]


def fit_frame(fitted: list[Fitted], caches: Caches = ()) -> pd.DataFrame:
    """Return the rows of ``fit`` for curves that are fitted already."""
    return pd.DataFrame([row for curve in fitted for row in _rows(curve, caches)], columns=list(COLUMNS))


def _rows(fitted: Fitted, caches: Caches) -> list[dict[str, object]]:
    curve, law, again = fitted.curve, fitted.law, fitted.refits
    nothing = np.full((1, 1), np.nan)
    fixed = _ends(nothing if again is None else again.fixed[:, None], curve)
    worst = float(np.expm1(np.abs(misfit(law, curve.sizes, np.log(curve.seconds))).max()))
    common = curve.key | {
        "model": PIECEWISE if law.regimes else CONSTANT,
        "regimes": law.regimes,
        "regime": 0,
        "fixed_seconds": law.fixed,
        "fixed_seconds_low": fixed[0][0],
        "fixed_seconds_high": fixed[1][0],
        "from_bytes": 0.0,
        "named": None,
        "largest_misfit": worst,
        "border": None,
    }
    if not law.regimes:
        return [common]
    slopes = _ends(nothing if again is None else again.slopes, curve)
    borders = _ends(nothing if again is None else again.borders, curve)
    rows = []
    for number, named in enumerate(names(law, curve, caches)):
        at = 0 if again is None else number
        row = common | {
            "regime": number,
            "gb_per_s": 1e-9 / law.slopes[number],
            "gb_per_s_low": 1e-9 / slopes[1][at],
            "gb_per_s_high": 1e-9 / slopes[0][at],
            "named": named,
        }
        if number:
            border, kind = float(law.borders[number - 1]), int(law.kinds[number - 1])
            ends = (borders[0][0 if again is None else number - 1], borders[1][0 if again is None else number - 1])
            if kind != KINK:
                ends = gap(curve.sizes, border)
            row |= {"from_bytes": border, "from_bytes_low": ends[0], "from_bytes_high": ends[1]}
            row |= {"border": _KIND_NAMES[kind], "step_seconds": law.step if kind == STEP else None}
        rows.append(row)
    return rows


def _ends(values: Floats, curve: Curve) -> tuple[Floats, Floats]:
    if not values.size or np.isnan(values).any():
        unknown = np.full(values.shape[1] or 1, np.nan)
        return unknown, unknown
    return interval(values, curve.processes)


def names(law: Law, curve: Curve, caches: Caches) -> list[str | None]:
    """Return a name for each regime of a law; None where nothing measured or known suggests one.

    A regime whose figures took a page fault for every other page of the result, none of them next to none, is bound
    by page faults, unless these are known to take less than half of the time. Else it has the name of the cache whose
    size its upper border is near, or the level after the one that its lower border is near. A border is compared by
    what a call touches there, source and result together.

    Args:
        law: the law of the curve.
        curve: its figures.
        caches: the machine's, each with ``level``, ``type`` and ``bytes``.
    """
    levels = cache_sizes(caches)
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
    known = curve.fault_shares[inside]
    known = known[np.isfinite(known)]
    of_time = curve.fault_times[inside]
    of_time = of_time[np.isfinite(of_time)]
    if not len(known) or np.median(known) < FAULTS_SET_IN or known.min() < FAULTS_SET_IN / 2:
        return False
    return not len(of_time) or bool(np.median(of_time) >= MOST_OF_THE_TIME)


def _footprint(curve: Curve) -> float:
    """Return bytes touched for each byte of the source."""
    ratio = curve.result_bytes / curve.sizes
    known = ratio[np.isfinite(ratio)]
    return 1 + (float(np.median(known)) if len(known) else 1.0)


def cache_sizes(caches: Caches) -> list[tuple[int, float]]:
    """Return level and bytes of each data cache, the nearest to the core first."""
    sizes: dict[int, float] = {}
    for cache in caches:
        level, size = cache.get("level"), cache.get("bytes")
        if isinstance(level, int) and isinstance(size, int | float) and cache.get("type") != "instruction":
            sizes[level] = float(size)
    return sorted(sizes.items())


def _near(size: float, levels: list[tuple[int, float]]) -> int | None:
    """Return the position of the cache nearest to a size, if it is near."""
    ratios = [abs(np.log(size / of_cache)) for _, of_cache in levels]
    if not ratios or min(ratios) > np.log(NEAR):
        return None
    return int(np.argmin(ratios))
