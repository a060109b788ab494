"""Names at the right ends of lines: moved apart, never cut, each tied to its line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes

from copycost.show.charts.chart import Context
from copycost.show.charts.labels import distinct_labels, plain, spread, text_width
from copycost.show.charts.linestyle import KINDS, MARKER_SIZE
from copycost.show.charts.palette import LineStyle
from copycost.show.charts.panels import Panel
from copycost.show.charts.sheet import Sheet

_LEADER, _SWATCH, _INSET = 14.0, 16.0, 8.0


@dataclass(frozen=True)
class EndLabels:
    """A label for each line, and the room that they take beside a plot, in CSS pixels.

    A line without a text, or with the text "", has no label.
    """

    texts: Mapping[str, str]
    size: float
    width: float
    height: float
    context: Context
    styles: Mapping[str, LineStyle]

    def draw(self, sheet: Sheet, axes: Axes, panel: Panel, left: float) -> None:
        """Write the labels of a panel to the right of its plot, whose right edge is at ``left``."""
        named = panel.points[[bool(self.texts.get(str(line))) for line in panel.points["line"]]]
        ends = named.sort_values("x").groupby("line", sort=True).tail(1)
        places = [sheet.position(axes, x, y) for x, y in zip(ends["x"], ends["value"], strict=True)]
        box = axes.get_window_extent()
        step = _line_height(self.size)
        centres = spread(
            [y for _, y in places],
            [step] * len(places),
            sheet.height - float(box.y1) - step / 2,
            sheet.height - float(box.y0) + step / 2,
        )
        theme = self.context.theme
        names, kinds = map(str, ends["line"]), map(str, ends["kind"])
        for name, kind, (x, y), centre in zip(names, kinds, places, centres, strict=True):
            style = self.styles[name]
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
                markersize=MARKER_SIZE * 1.15 * max(KINDS[kind].size, 0.6),
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


def end_labels(
    panels: list[Panel],
    room: float,
    context: Context,
    styles: Mapping[str, LineStyle],
    nameless: Collection[str] = (),
) -> EndLabels:
    """Return the labels of all panels, at most ``room`` CSS pixels wide with their leaders.

    A line's label is its ``label``, or its name where the labels are not known, or not all different
    in a panel. What is too wide is shortened, or gives way to the names where these are shorter.
    Lines in ``nameless`` have none.
    """
    size = 11.0 if context.width >= 600 else 10.0
    of_panels = [_named(panel.points, nameless) for panel in panels]
    room -= _LEADER + _SWATCH
    wanted = {line: label for of_panel in of_panels for line, label in of_panel.items()}
    known = all(wanted.values()) and all(len(set(of_panel.values())) == len(of_panel) for of_panel in of_panels)
    wide, names_wide = _widest(wanted.values(), size), _widest(wanted, size)
    if known and wide <= room:
        texts = wanted
    elif known and wide < names_wide:
        labels = list(dict.fromkeys(wanted.values()))
        shortened = dict(zip(labels, distinct_labels(labels, room, size), strict=True))
        texts = {line: shortened[label] for line, label in wanted.items()}
    else:
        texts = dict(zip(wanted, distinct_labels(list(wanted), room, size), strict=True))
    most = max(map(len, of_panels))
    return EndLabels(
        texts=texts,
        size=size,
        width=_LEADER + _SWATCH + max(text_width(text, size) for text in texts.values()) if texts else _INSET,
        height=max(0, most - 1) * _line_height(size),
        context=context,
        styles=styles,
    )


def _widest(texts: Iterable[str], size: float) -> float:
    return max((text_width(plain(text), size) for text in texts), default=0.0)


def _named(points: pd.DataFrame, nameless: Collection[str]) -> dict[str, str]:
    """Return the label of each line of a panel that has a name."""
    firsts = points[~points["line"].isin(list(nameless))].drop_duplicates("line").sort_values("line")
    return {str(line): plain(label) for line, label in zip(firsts["line"], firsts["label"], strict=True)}


def _line_height(size: float) -> float:
    return 1.4 * size
