"""Marks at places of the horizontal axis: the machine's cache sizes, or dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from matplotlib.axes import Axes

from copycost.show.charts.labels import text_width
from copycost.show.charts.sheet import Sheet
from copycost.units import format_bytes

_SIZE, _GAP = 9.5, 6.0
# Machines have three, some four; more would be a strange file.
_MOST = 4


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
    found: dict[int, int] = {}
    for cache in (machine or {}).get("caches") or []:
        if isinstance(cache, Mapping) and str(cache.get("type")).lower() != "instruction":
            level, size = cache.get("level"), cache.get("bytes")
            if isinstance(level, int) and isinstance(size, int) and size > 0:
                found[level] = max(size, found.get(level, 0))
    return sorted(found.items(), key=lambda item: (item[1], item[0]))[:_MOST]


def draw_marks(
    sheet: Sheet,
    axes: Axes,
    marks: Sequence[Mark],
    baseline: float,
    left: float,
    right: float,
) -> None:
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
