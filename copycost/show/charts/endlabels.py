"""Names at the right ends of lines: moved apart, never cut, each tied to its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes

from copycost.show.charts.chart import Context
from copycost.show.charts.labels import distinct_labels, plain, spread, text_width
from copycost.show.charts.linestyle import KINDS, MARKER_SIZE
from copycost.show.charts.panels import Panel
from copycost.show.charts.sheet import Sheet

_LEADER, _SWATCH = 14.0, 16.0


@dataclass(frozen=True)
class EndLabels:
    """A label for each conversion, and the room that they take beside a plot, in CSS pixels."""

    texts: Mapping[str, str]
    size: float
    width: float
    height: float
    context: Context

    def draw(self, sheet: Sheet, axes: Axes, panel: Panel, left: float) -> None:
        """Write the labels of a panel to the right of its plot, whose right edge is at ``left``."""
        ends = panel.points.sort_values("bytes").groupby("conversion", sort=True).tail(1)
        places = [sheet.position(axes, x, y) for x, y in zip(ends["bytes"], ends["value"], strict=True)]
        box = axes.get_window_extent()
        step = _line_height(self.size)
        centres = spread(
            [y for _, y in places],
            [step] * len(places),
            sheet.height - float(box.y1) - step / 2,
            sheet.height - float(box.y0) + step / 2,
        )
        theme = self.context.theme
        names, kinds = map(str, ends["conversion"]), map(str, ends["kind"])
        for name, kind, (x, y), centre in zip(names, kinds, places, centres, strict=True):
            style = self.context.styles[name]
            swatch = left + _LEADER + 6
            sheet.line(
                [x + 5, swatch],
                [y, centre],
                color=style.colour,
                linewidth=0.7,
                alpha=0.75,
                zorder=1.2,
            )
            sheet.line(
                [swatch],
                [centre],
                marker=style.marker,
                markersize=MARKER_SIZE * 1.15,
                markeredgecolor=style.colour,
                markerfacecolor=style.colour if KINDS[kind].filled else theme.page,
            )
            sheet.text(
                left + _LEADER + _SWATCH,
                centre + 0.36 * self.size,
                self.texts[name],
                self.size,
                theme.ink,
            )


def end_labels(panels: list[Panel], room: float, context: Context) -> EndLabels:
    """Return the labels of all panels, at most ``room`` CSS pixels wide with their leaders.

    A label is the expression that a user would type, or the conversion's name where the expressions
    are not known or one of them is too wide.
    """
    size = 11.0 if context.width >= 600 else 10.0
    shown = pd.concat([panel.points for panel in panels])
    firsts = shown.drop_duplicates("conversion").sort_values("conversion")
    names = [str(name) for name in firsts["conversion"]]
    room -= _LEADER + _SWATCH
    wanted = names
    if "expression" in firsts:
        expressions = [plain(text) for text in firsts["expression"]]
        fits = all(text and text_width(text, size) <= room for text in expressions)
        if fits and len(set(expressions)) == len(names):
            wanted = expressions
    texts = distinct_labels(wanted, room, size)
    most = max(panel.points["conversion"].nunique() for panel in panels)
    return EndLabels(
        texts=dict(zip(names, texts, strict=True)),
        size=size,
        width=_LEADER + _SWATCH + max(text_width(text, size) for text in texts),
        height=(most - 1) * _line_height(size),
        context=context,
    )


def _line_height(size: float) -> float:
    return 1.4 * size
