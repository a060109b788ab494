"""Thin lines to read a chart by: guides across a plot (1×, a plain copy), and marks at cache sizes or dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from copycost.analyse.ceilings import FRESH, MAPPED
from copycost.show.charts.axes import ValueAxis
from copycost.show.charts.labels import text_width
from copycost.show.charts.panels import Panel
from copycost.show.charts.sheet import Sheet
from copycost.units import format_bytes

GuideValue = Callable[[Panel, np.ndarray], np.ndarray]

_SAME = ["run", "machine", "arm", "threads"]
_SIZE, _GAP = 9.5, 6.0
# Machines have three, some four; more would be a strange file.
_MOST_CACHES = 4
_MORE = 0.1
"""Fresh pages count where they take this share more than the copy."""


@dataclass(frozen=True)
class Guide:
    """A thin line for comparison: its meaning, and its value at places in a panel.

    The value is one array as long as the places, or has a column for each of several lines. What is in ``always`` is
    on the axis even where no point comes near it. ``sign`` is "guide" or "guide-2": how it is dashed.
    """

    text: str
    value: GuideValue
    always: tuple[float, ...] = ()
    sign: str = "guide"


def guide_at_one(axis: ValueAxis, meaning: str) -> Guide:
    """Return the guide at 1, such as ``1×: as long``."""
    return Guide(f"{axis.format(1.0)}: {meaning}", lambda panel, x: np.ones_like(x), (1.0,))


def has_reference(references: pd.DataFrame | None, name: str) -> bool:
    """Return whether a reference was measured."""
    return references is not None and bool((references["conversion"] == name).any())


def of_reference(references: pd.DataFrame | None, name: str, value: Callable[[pd.DataFrame], pd.Series]) -> GuideValue:
    """Return a guide's value: that of a reference of the panel's run and threads, between its sizes.

    Nothing is known beyond the sizes that were measured: it is NaN there.
    """

    def at(panel: Panel, x: np.ndarray) -> np.ndarray:
        copies = _of_panel(references, name, panel)
        if not len(copies):
            return np.full(len(x), np.nan)
        y = np.log(value(copies).to_numpy(float))
        between = np.interp(np.log(x), np.log(copies["bytes"].to_numpy(float)), y, left=np.nan, right=np.nan)
        values: np.ndarray = np.exp(between)
        return values

    return at


def fresh_share(references: pd.DataFrame | None) -> GuideValue:
    """Return a guide's value: the most that a copy into fresh memory reaches, over a plain copy into mapped memory.

    As ``copy_ceiling`` does it: a line for each ratio of result to source, which ends where fresh pages cost nothing.
    """
    ceiling, mapped = copy_ceiling(references, fresh=True), of_reference(references, MAPPED, _least_seconds)

    def at(panel: Panel, x: np.ndarray) -> np.ndarray:
        plain_copy = 2 * x / mapped(panel, x) / 1e9
        share: np.ndarray = np.minimum(ceiling(panel, x) / plain_copy[:, None], 1.0)
        return share

    return at


def copy_ceiling(references: pd.DataFrame | None, *, fresh: bool = False) -> GuideValue:
    """Return a guide's value: the most bytes that a plain copy reads and writes in a second, in GB/s.

    A copy of n bytes whose result has r is bounded by the fastest plain copy of (n + r) / 2 bytes, and with ``fresh``
    by the time that fresh pages take more for r bytes: a line for each ratio of result to source in the panel. It ends
    where they take no more, because the allocator hands out memory that was used before. A plain copy's time is the
    lower end of its interval: what is measured beside it ought not to be faster. The value is straight between the
    sizes of the panel's points, as their lines are.
    """
    mapped, new = (of_reference(references, name, _least_seconds) for name in (MAPPED, FRESH))

    def at(panel: Panel, x: np.ndarray) -> np.ndarray:
        def fastest(size: np.ndarray) -> np.ndarray:
            times: np.ndarray = np.fmin(mapped(panel, size), new(panel, size))
            return times

        sizes = np.unique(panel.points["bytes"].to_numpy(float))
        lines = []
        for share in _result_shares(panel.points):
            seconds = fastest(sizes * (1 + share) / 2)
            if fresh:
                more = new(panel, sizes * share) - fastest(sizes * share)
                slower = np.pad(more > _MORE * seconds, 1)
                seconds = np.where(slower[1:-1], seconds + more, seconds)
                seconds[~(slower[:-2] | slower[1:-1] | slower[2:])] = np.nan
            lines.append(sizes * (1 + share) / seconds / 1e9)
        values = np.column_stack(lines)
        if not fresh:
            values = np.fmax.reduce(values, axis=1)[:, None]
        columns = [np.interp(np.log(x), np.log(sizes), np.log(line), left=np.nan, right=np.nan) for line in values.T]
        straight: np.ndarray = np.exp(np.column_stack(columns))
        return straight

    return at


def _least_seconds(copies: pd.DataFrame) -> pd.Series:
    low = copies["ci_low"] if "ci_low" in copies else copies["seconds"]
    return low.where(low > 0, copies["seconds"])


def _result_shares(points: pd.DataFrame) -> list[float]:
    """Return the ratios of result to source among points, which is 1 where it is not known."""
    if "result_bytes" not in points:
        return [1.0]
    shares = points["result_bytes"].astype("Float64").astype(float) / points["bytes"]
    return sorted(shares.fillna(1.0).round(3).unique())


def _of_panel(references: pd.DataFrame | None, name: str, panel: Panel) -> pd.DataFrame:
    if references is None:
        return pd.DataFrame(columns=["bytes"])
    chosen = references["conversion"] == name
    for column in _SAME:
        chosen &= references[column] == panel.points[column].iloc[0]
    # References are measured once for each number of bytes, whatever the dtype.
    return references[chosen & (references["seconds"] > 0)].drop_duplicates("bytes").sort_values("bytes")


@dataclass(frozen=True)
class Mark:
    """A place on the horizontal axis and what it is called, the fullest text first; "" is none."""

    place: float
    texts: tuple[str, ...]


def cache_marks(machine: Mapping[str, Any] | None) -> list[Mark]:
    """Return a mark for each cache that holds data, smallest first; none where they are unknown."""
    return [Mark(size, (f"L{level} {format_bytes(size)}", f"L{level}", "")) for level, size in data_caches(machine)]


def data_caches(machine: Mapping[str, Any] | None) -> list[tuple[int, int]]:
    """Return (level, bytes) of the caches that hold data, smallest first; none where unknown."""
    sizes: dict[int, int] = {}
    for cache in (machine or {}).get("caches") or []:
        if isinstance(cache, Mapping) and str(cache.get("type")).lower() != "instruction":
            level, size = cache.get("level"), cache.get("bytes")
            if isinstance(level, int) and isinstance(size, int) and size > 0:
                sizes[level] = max(size, sizes.get(level, 0))
    return sorted(sizes.items(), key=lambda cache: (cache[1], cache[0]))[:_MOST_CACHES]


def fully_named(
    marks: Sequence[Mark], limits: tuple[float, float], plot: tuple[float, float], left: float, right: float
) -> bool:
    """Return whether all marks on a logarithmic axis can have their full texts between ``left`` and ``right``.

    ``limits`` are the ends of the axis, ``plot`` where the plot begins and how wide it is, in CSS pixels.
    """
    low, high = np.log(limits)
    shown = [mark for mark in marks if low < np.log(mark.place) < high]
    centres = [plot[0] + plot[1] * float((np.log(mark.place) - low) / (high - low)) for mark in shown]
    return _side_by_side(centres, [text_width(mark.texts[0], _SIZE) for mark in shown], left, right) is not None


def draw_marks(sheet: Sheet, axes: Axes, marks: Sequence[Mark], baseline: float, left: float, right: float) -> None:
    """Draw a thin line at each mark, its label above the plot between ``left`` and ``right``.

    A label is shortened, or goes, where it would touch its neighbour.
    """
    low, high = axes.get_xlim()
    shown = [mark for mark in marks if low < mark.place < high]
    centres = [sheet.position(axes, mark.place, axes.get_ylim()[0])[0] for mark in shown]
    for mark in shown:
        axes.axvline(mark.place, color=sheet.theme.guide, linewidth=0.7, linestyle=(0, (1, 2)), zorder=0.5)
    # As many labels as fit, and of those the fullest.
    for labels in sorted(product(*(mark.texts for mark in shown)), key=_fullness, reverse=True):
        starts = _side_by_side(centres, [text_width(text, _SIZE) if text else 0.0 for text in labels], left, right)
        if starts is not None:
            for start, label in zip(starts, labels, strict=True):
                if label:
                    sheet.text(start, baseline, label, _SIZE, sheet.theme.muted)
            return


def _fullness(labels: tuple[str, ...]) -> tuple[int, int]:
    return len(labels) - labels.count(""), len("".join(labels))


def _side_by_side(centres: list[float], widths: list[float], left: float, right: float) -> list[float] | None:
    """Return where labels start that stand above their centres, or None where they would touch."""
    starts, free = [], left
    for centre, width in zip(centres, widths, strict=True):
        if width == 0:
            starts.append(centre)
            continue
        wished = min(centre - width / 2, right - width)
        start = max(wished, free)
        # A little to the side of its line a label is still understood; more is not.
        if start - wished > width / 4:
            return None
        starts.append(start)
        free = start + width + _GAP
    return starts
