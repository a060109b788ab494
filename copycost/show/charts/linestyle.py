"""How a line shows, without colour, whether its cells share memory or copy."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from copycost.show.charts.palette import LineStyle, Theme

# In points, as matplotlib counts: 1.33 CSS pixels each.
MARKER_SIZE, DOUBT_SIZE = 4.2, 8.5

Dash = tuple[float, tuple[float, ...]] | str


@dataclass(frozen=True)
class Kind:
    """The dash and the filling of the marker of one kind of cell."""

    text: str
    dash: Dash
    filled: bool


KINDS: dict[str, Kind] = {
    "copies": Kind("copies", "solid", True),
    "shares": Kind("shares memory (zero-copy)", (0, (3.2, 1.8)), False),
    "unknown": Kind("sharing unknown", (0, (1, 1.5)), False),
}


def draw_line(axes: Axes, line: pd.DataFrame, style: LineStyle, theme: Theme, weight: float = 1.0) -> None:
    """Draw the points of one conversion, in order of bytes, with intervals, kinds and doubts.

    ``line`` has bytes, value, low, high, kind and flagged. ``weight`` scales line and markers:
    where lines coincide, a lighter one drawn on a heavier one leaves both to be seen.
    """
    x, y = line["bytes"].to_numpy(float), line["value"].to_numpy(float)
    known = (line["low"].notna() & line["high"].notna()).to_numpy(bool)
    if known.any():
        low, high = line["low"].to_numpy(float), line["high"].to_numpy(float)
        axes.fill_between(x, low, high, where=known, color=style.colour, alpha=0.25, linewidth=0, zorder=1.5)
        # A band has no width at a point without neighbours.
        beside = np.pad(known, 1)
        alone = known & ~beside[:-2] & ~beside[2:]
        axes.vlines(
            x[alone],
            low[alone],
            high[alone],
            color=style.colour,
            alpha=0.45,
            linewidth=2.4,
            zorder=1.6,
        )
    kinds = line["kind"].to_list()
    for start, stop, kind in _stretches(kinds):
        axes.plot(
            x[start : stop + 1],
            y[start : stop + 1],
            color=style.colour,
            linewidth=1.4 * weight,
            linestyle=KINDS[kind].dash,
            dash_capstyle="butt",
            zorder=2,
        )
    for name, kind_style in KINDS.items():
        chosen = [kind == name for kind in kinds]
        if any(chosen):
            axes.plot(
                x[chosen],
                y[chosen],
                linestyle="none",
                marker=style.marker,
                markersize=MARKER_SIZE * weight,
                markeredgewidth=1.0,
                markeredgecolor=style.colour,
                markerfacecolor=style.colour if kind_style.filled else theme.page,
                zorder=3,
            )
    flagged = line["flagged"].to_numpy(bool)
    if flagged.any():
        axes.plot(
            x[flagged],
            y[flagged],
            linestyle="none",
            marker="o",
            markersize=DOUBT_SIZE,
            markeredgewidth=0.7,
            markeredgecolor=theme.ink,
            markerfacecolor="none",
            zorder=3.5,
        )


def _stretches(kinds: list[str]) -> list[tuple[int, int, str]]:
    """Return (first, last, kind) of stretches of a line; between two kinds it reads as copying."""
    found: list[tuple[int, int, str]] = []
    for i, (here, there) in enumerate(pairwise(kinds)):
        kind = here if here == there else "copies" if "copies" in (here, there) else "unknown"
        if found and found[-1][2] == kind:
            found[-1] = (found[-1][0], i + 1, kind)
        else:
            found.append((i, i + 1, kind))
    return found
