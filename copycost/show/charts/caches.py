"""This machine's cache sizes as guides on an axis of bytes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

from matplotlib.axes import Axes

from copycost.show.charts.labels import text_width
from copycost.show.charts.sheet import Sheet
from copycost.units import format_bytes

_SIZE, _GAP = 9.5, 6.0
# Machines have three, some four; more would be a strange file.
_MOST = 4


def data_caches(machine: Mapping[str, Any] | None) -> list[tuple[int, int]]:
    """Return (level, bytes) of the caches that hold data, smallest first; none where unknown."""
    found: dict[int, int] = {}
    for cache in (machine or {}).get("caches") or []:
        if isinstance(cache, Mapping) and str(cache.get("type")).lower() != "instruction":
            level, size = cache.get("level"), cache.get("bytes")
            if isinstance(level, int) and isinstance(size, int) and size > 0:
                found[level] = max(size, found.get(level, 0))
    return sorted(found.items(), key=lambda item: (item[1], item[0]))[:_MOST]


def draw_caches(
    sheet: Sheet,
    axes: Axes,
    caches: list[tuple[int, int]],
    baseline: float,
    left: float,
    right: float,
) -> None:
    """Draw a thin line at each cache size, its label above the plot between ``left`` and ``right``.

    A label loses its size, or goes, where it would touch its neighbour.
    """
    low, high = axes.get_xlim()
    shown = [(level, size) for level, size in caches if low < size < high]
    centres = [sheet.position(axes, size, axes.get_ylim()[0])[0] for _, size in shown]
    for _, size in shown:
        axes.axvline(size, color=sheet.theme.guide, linewidth=0.7, linestyle=(0, (1, 2)), zorder=0.5)
    forms = [(f"L{level} {format_bytes(size)}", f"L{level}", "") for level, size in shown]
    # As many labels as fit, and of those the fullest.
    for labels in sorted(product(*forms), key=_fullness, reverse=True):
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
