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
    """What one kind of point is called in the key and in running text, and how it looks.

    ``size`` is that of its marker, as a share of the usual.
    """

    text: str
    dash: Dash
    filled: bool
    word: str
    size: float = 1.0


KINDS: dict[str, Kind] = {
    "copies": Kind("copies", "solid", True, "copies"),
    "shares": Kind("shares memory (zero-copy)", (0, (3.2, 1.8)), False, "shares memory"),
    "unknown": Kind("sharing unknown", (0, (1, 1.5)), False, "sharing unknown"),
    "changed": Kind("faster or slower", "solid", True, "changed"),
    "same": Kind("the same", "solid", False, "the same"),
    "undecided": Kind("undecided", "solid", True, "undecided", 0.4),
    "plain": Kind("", "solid", True, ""),
}


#: How guides are dashed.
GUIDES: dict[str, Dash] = {"guide": (0, (1, 2)), "guide-2": (0, (5, 2, 1, 2))}


def draw_line(axes: Axes, line: pd.DataFrame, style: LineStyle, theme: Theme, weight: float = 1.0) -> None:
    """Draw the points of one conversion, in order of bytes, with intervals, kinds and doubts.

    ``line`` has x, value, low, high, kind and flagged; ``lowest`` and ``highest``, where it has them,
    are a wider band. ``weight`` scales line and markers: where lines coincide, a lighter one drawn on a
    heavier one leaves both to be seen.
    """
    x, y = line["x"].to_numpy(float), line["value"].to_numpy(float)
    if "lowest" in line:
        lowest, highest = line["lowest"].to_numpy(float), line["highest"].to_numpy(float)
        axes.fill_between(x, lowest, highest, color=style.colour, alpha=0.15, linewidth=0, zorder=1.4)
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
    for start, stop, dash in _stretches([KINDS[kind].dash for kind in kinds]):
        axes.plot(
            x[start : stop + 1],
            y[start : stop + 1],
            color=style.colour,
            linewidth=1.4 * weight * style.width,
            linestyle=dash,
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
                markersize=MARKER_SIZE * weight * kind_style.size,
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


def _stretches(dashes: list[Dash]) -> list[tuple[int, int, Dash]]:
    """Return (first, last, dash) of stretches of a line; between two kinds it reads as copying."""
    found: list[tuple[int, int, Dash]] = []
    for i, (here, there) in enumerate(pairwise(dashes)):
        dash = here if here == there else "solid" if "solid" in (here, there) else KINDS["unknown"].dash
        if found and found[-1][2] == dash:
            found[-1] = (found[-1][0], i + 1, dash)
        else:
            found.append((i, i + 1, dash))
    return found
