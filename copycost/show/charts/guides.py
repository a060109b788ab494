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


@dataclass(frozen=True)
class Guide:
    """A thin line for comparison: its meaning, and its value at places in a panel.

    A value in ``always`` is on the axis even where no point comes near it. ``sign`` is "guide" or
    "guide-2": how it is dashed.
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
    """Return a guide's value: the bandwidth of a copy into fresh memory over that into mapped memory.

    It is NaN where that is no less: what bounds a copy there is another thing.
    """
    fresh = of_reference(references, FRESH, lambda copy: copy["seconds"])
    mapped = of_reference(references, MAPPED, lambda copy: copy["seconds"])

    def at(panel: Panel, x: np.ndarray) -> np.ndarray:
        share = mapped(panel, x) / fresh(panel, x)
        return np.where(share < 1, share, np.nan)

    return at


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
