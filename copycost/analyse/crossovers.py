"""Crossovers: the sizes from which one thing costs more than another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

from copycost.analyse.bootstrap import bootstrap_rounds, interval
from copycost.analyse.breakdown import SMALL
from copycost.analyse.curves import CURVE, Curve, curves
from copycost.analyse.device import PAGEABLE, PINNED_ALREADY, PINNED_FIRST, UNTIL_RETURN
from copycost.analyse.grouping import Floats
from copycost.analyse.law import basis
from copycost.analyse.scaling import Fitted, fit_curves
from copycost.units import format_ratio

CONDITIONS = [name for name in CURVE if name not in ("conversion", "direction")]
COLUMNS = (
    *CONDITIONS,
    "direction",
    "conversion",
    "event",
    "other",
    "factor",
    "bytes",
    "bytes_low",
    "bytes_high",
    "answer",
)
FACTORS = (2.0, 10.0, 100.0)
COPY = "torch.tensor(a)"
RIVALS = ("torch.Tensor(a)", "t.clone().numpy()")
APART = 0.02
"""Two conversions whose times are nearer than this share are the same, however sure their figures."""
NORMAL = 1.96
POINTS = 80
NOT_REACHED = "not reached on this grid"
NOT_SMALL = "not known, as no small size was measured; --size 1 would tell"
AT_ONCE = "from the smallest size on"


def crossovers(cells: pd.DataFrame, rounds: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return where curves cross, one row per question.

    Between two sizes, curves are straight lines on logarithmic axes.

    Args:
        cells: estimates of ``copycost.estimate``.
        rounds: the rounds they were made from: then every size has a 95% interval, by bootstrap
            over processes; without them the intervals are NaN.

    Returns:
        The conditions (run … layout), then ``conversion`` and its ``direction``, ``event``
        ("costs more than": ``factor`` times the zero-copy conversion ``other``, from here on;
        "falls behind" and "overtakes" ``other``; "bound by bandwidth": the bytes cost as much as
        the call), ``bytes``, ``bytes_low`` and ``bytes_high`` (source bytes; NaN where it is not
        reached or the end lies beyond the grid), and ``answer``: "" or why there are no bytes.
    """
    of_all = curves(cells, bootstrap_rounds(cells, rounds))
    return crossings(fit_curves([curve for curve in of_all if curve.key["direction"] != "reference"]))


def crossings(fitted: list[Fitted]) -> pd.DataFrame:
    """Return the rows of ``crossovers`` for curves that are fitted already."""
    rows: list[dict[str, object]] = []
    for curve in fitted:
        if curve.curve.key["direction"] != "reference":
            rows += _of_curve(curve, fitted)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def multiples(measured: list[Curve]) -> pd.DataFrame:
    """Return the rows of ``crossovers`` that say from which size a copy costs more than sharing; they need no law."""
    copying = [curve for curve in measured if curve.copies and curve.key["direction"] != "reference"]
    rows = [row for curve in copying for row in _multiples(curve, measured)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _of_curve(fitted: Fitted, all_fitted: list[Fitted]) -> Iterator[dict[str, object]]:
    curve = fitted.curve
    if not curve.copies:
        return
    others = [other.curve for other in all_fitted if _same_conditions(other.curve, curve)]
    yield from _multiples(curve, others)
    if curve.expression == COPY:
        for other in others:
            if other.expression in RIVALS:
                yield from _rivalry(curve, other)
    if curve.key["conversion"] in (PINNED_FIRST, PINNED_ALREADY):
        for other in others:
            if other.key["conversion"] == PAGEABLE:
                yield from _rivalry(curve, other)
    if curve.key["direction"] in UNTIL_RETURN:
        return
    yield _row(curve, "bound by bandwidth", None, np.nan, *_bandwidth(fitted))


def _multiples(curve: Curve, measured: list[Curve]) -> Iterator[dict[str, object]]:
    zero_copy = _zero_copy(curve, [other for other in measured if _same_conditions(other, curve)])
    if zero_copy is not None:
        for factor in FACTORS:
            yield _row(curve, "costs more than", zero_copy, factor, *_multiple(curve, zero_copy, factor))


def _same_conditions(curve: Curve, other: Curve) -> bool:
    return all(str(curve.key[name]) == str(other.key[name]) for name in CONDITIONS)


def _zero_copy(curve: Curve, others: list[Curve]) -> Curve | None:
    """Return the cheapest conversion of the same direction that shares memory at every size."""
    sharing = [other for other in others if other.shares_memory and other.key["direction"] == curve.key["direction"]]
    return min(sharing, key=lambda other: float(np.median(other.seconds)), default=None)


def _multiple(curve: Curve, zero_copy: Curve, factor: float) -> tuple[float, float, float, str]:
    sizes, ratio, again = _ratio(curve, zero_copy)
    again = None if again is None else again - np.log(factor)
    return _answer(sizes, ratio - np.log(factor), again, min(curve.processes, zero_copy.processes))


def _rivalry(curve: Curve, other: Curve) -> Iterator[dict[str, object]]:
    """Yield a row for each change of who is faster, or one that says why there is none."""
    sizes, ratio, again = _ratio(curve, other)
    sides = _sides(curve, other, sizes, ratio)
    decided = np.flatnonzero(sides)
    changes = [(before, after) for before, after in pairwise(decided) if sides[before] != sides[after]]
    for before, after in changes:
        side = sides[after]
        window = slice(before, after + 1)
        own = None if again is None else side * again[:, window]
        found = _answer(sizes[window], side * ratio[window], own, min(curve.processes, other.processes))
        yield _row(curve, "falls behind" if side > 0 else "overtakes", other, np.nan, *found)
    if not changes:
        slower = len(decided) > 0 and sides[decided[0]] > 0
        answer = "slower" if slower else "faster"
        if not len(decided):
            answer = "the same"
        elif len(decided) < len(sizes):
            answer += " or the same"
        event = "falls behind" if slower else "overtakes"
        yield _row(curve, event, other, np.nan, np.nan, np.nan, np.nan, f"{answer} at every size measured")


def _sides(curve: Curve, other: Curve, sizes: Floats, ratio: Floats) -> Floats:
    """Return for each size 1 where the curve is slower than the other, -1 where faster, 0 where the same."""
    own = curve.errors[np.isin(curve.sizes, sizes)]
    others = other.errors[np.isin(other.sizes, sizes)]
    sure = np.abs(ratio) > NORMAL * np.hypot(own, others)
    return np.where(sure & (np.abs(ratio) > np.log1p(APART)), np.sign(ratio), 0.0)


def _bandwidth(fitted: Fitted) -> tuple[float, float, float, str]:
    """Return the size at which the law's bytes cost as much as its fixed cost."""
    law, curve, refits = fitted.law, fitted.curve, fitted.refits
    small = curve.sizes[0] <= SMALL
    if not law.regimes:
        return np.nan, np.nan, np.nan, NOT_REACHED if small else NOT_SMALL
    sizes = np.geomspace(curve.sizes[0], curve.sizes[-1], POINTS)
    above = np.log(law.seconds(sizes) / (2 * law.fixed))
    of_replicates = None
    if refits is not None:
        rows = basis(sizes, refits.borders, law.kinds)
        values = np.column_stack([refits.fixed, refits.slopes, refits.step])
        seconds = (rows @ values[..., None])[..., 0]
        of_replicates = np.log(seconds / (2 * refits.fixed[:, None]))
    found = _answer(sizes, above, of_replicates, curve.processes)
    return found if small or found[-1] != AT_ONCE else (np.nan, np.nan, np.nan, NOT_SMALL)


def _ratio(curve: Curve, other: Curve) -> tuple[Floats, Floats, Floats | None]:
    """Return the sizes of both, the log ratio of their seconds, and that of each replicate."""
    sizes, at, at_other = np.intersect1d(curve.sizes, other.sizes, return_indices=True)
    ratio = np.log(curve.seconds[at] / other.seconds[at_other])
    if curve.replicates is None or other.replicates is None:
        return sizes, ratio, None
    return sizes, ratio, curve.replicates[:, at] - other.replicates[:, at_other]


def _answer(sizes: Floats, above: Floats, again: Floats | None, processes: float) -> tuple[float, float, float, str]:
    """Return bytes, the ends of their interval, and what to say where there are none."""
    if not len(sizes):
        return np.nan, np.nan, np.nan, NOT_REACHED
    found = float(_last_rise(sizes, above[None])[0])
    low, high = np.nan, np.nan
    if again is not None and np.isfinite(found):
        ends = interval(_last_rise(sizes, again)[:, None], processes)
        low, high = (float(np.clip(end[0], sizes[0], np.inf)) for end in ends)
        high = high if high <= sizes[-1] else np.nan
        low = low if low <= sizes[-1] else np.nan
    if not np.isfinite(found):
        return np.nan, np.nan, np.nan, NOT_REACHED
    return found, low, high, AT_ONCE if found == sizes[0] else ""


def _last_rise(sizes: Floats, above: Floats) -> Floats:
    """Return the size from which each row stays above zero: infinite for one that ends below it.

    Args:
        sizes: ascending, shape (sizes,).
        above: shape (rows, sizes).
    """
    places = np.log(sizes)
    below = above < 0
    last = np.where(below.any(axis=1), len(sizes) - 1 - np.argmax(below[:, ::-1], axis=1), -1)
    rows = np.arange(len(above))
    start = np.clip(last, 0, max(len(sizes) - 2, 0))
    end = np.minimum(start + 1, len(sizes) - 1)
    height, rise = above[rows, start], above[rows, end] - above[rows, start]
    share = np.divide(-height, rise, out=np.zeros_like(rise), where=rise > 0)
    found = np.exp(places[start] + np.clip(share, 0, 1) * (places[end] - places[start]))
    found = np.where(last < 0, sizes[0], found)
    return np.where(last == len(sizes) - 1, np.inf, found)


def _row(
    curve: Curve, event: str, other: Curve | None, factor: float, found: float, low: float, high: float, answer: str
) -> dict[str, object]:
    return {name: curve.key[name] for name in CURVE} | {
        "event": event,
        "other": None if other is None else other.key["conversion"],
        "factor": factor,
        "bytes": found,
        "bytes_low": low,
        "bytes_high": high,
        "answer": answer,
    }


def question(row: pd.Series) -> str:
    """Return what a row of ``crossovers`` asks, such as ``costs 10× torch.from_numpy``."""
    if row["event"] == "costs more than":
        return f"costs {format_ratio(row['factor']).replace('.00', '').replace('.0', '')} {row['other']}"
    if row["event"] == "bound by bandwidth":
        return "bound by bandwidth, not by the call"
    return f"against {row['other']}" if row["answer"] else f"{row['event']} {row['other']}"
