"""Names at the right ends of lines: moved apart, never cut, each tied to its line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from copycost.show.charts.chart import Context
from copycost.show.charts.labels import conversion_labels, distinct_labels, plain, text_width
from copycost.show.charts.palette import LOOKS, MARKER_SIZE, LineStyle
from copycost.show.charts.panels import Panel
from copycost.show.charts.sheet import Sheet

_LEADER, _SWATCH, _INSET, _ONE = 14.0, 16.0, 8.0, 6.0


@dataclass(frozen=True)
class EndLabels:
    """A label for each line, and the room that they take beside a plot, in CSS pixels.

    A line without a text, or with the text "", has no label.
    """

    texts: Mapping[str, str]
    size: float
    width: float
    height: float
    styles: Mapping[str, LineStyle]

    def draw(self, sheet: Sheet, axes: Axes, panel: Panel, left: float) -> None:
        """Write the labels of a panel to the right of its plot, whose right edge is at ``left``."""
        named = panel.points[[bool(self.texts.get(str(line))) for line in panel.points["line"]]]
        ends = named.sort_values("x").drop_duplicates("line", keep="last")
        in_order = {name: place for place, name in enumerate(self.styles)}
        ends = ends.sort_values("line", key=lambda names: names.map(in_order), kind="stable")
        places = [sheet.position(axes, x, y) for x, y in zip(ends["x"], ends["value"], strict=True)]
        box = axes.get_window_extent()
        step = _line_height(self.size)
        low, high = sheet.height - float(box.y1) - step / 2, sheet.height - float(box.y0) + step / 2
        # Ends that the eye takes for one have their names in the order of the lines.
        centres = spread([_ONE * round(y / _ONE) for _, y in places], [step] * len(places), low, high)
        swatch = left + _LEADER + 6
        for name, look, (x, y), centre in zip(ends["line"], ends["look"], places, centres, strict=True):
            style, of_look = self.styles[str(name)], LOOKS[look]
            # Thin and grey, and not from the last point on: a leader in the line's colour reads as more of the line.
            sheet.line([x + 8, swatch - 6], [y, centre], color=sheet.theme.guide, linewidth=0.5, zorder=1.2)
            face = style.colour if of_look.filled else sheet.theme.page
            size = MARKER_SIZE * 1.15 * max(of_look.size, 0.6)
            sheet.marker(swatch, centre, style.marker, size, style.colour, face)
            beside, base = left + _LEADER + _SWATCH, centre + 0.36 * self.size
            sheet.text(beside, base, self.texts[str(name)], self.size, sheet.theme.ink)


def end_labels(
    panels: Sequence[Panel],
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
        texts = conversion_labels(list(wanted), room, size)
    width = _LEADER + _SWATCH + max(text_width(text, size) for text in texts.values()) if texts else _INSET
    height = max(0, max(map(len, of_panels)) - 1) * _line_height(size)
    return EndLabels(texts, size, width, height, styles)


def _widest(texts: Iterable[str], size: float) -> float:
    return max((text_width(plain(text), size) for text in texts), default=0.0)


def _named(points: pd.DataFrame, nameless: Collection[str]) -> dict[str, str]:
    """Return the label of each line of a panel that has a name."""
    firsts = points[~points["line"].isin(list(nameless))].drop_duplicates("line").sort_values("line")
    return {str(line): plain(label) for line, label in zip(firsts["line"], firsts["label"], strict=True)}


def _line_height(size: float) -> float:
    return 1.4 * size


def spread(targets: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Return centres as near to the targets as can be, without overlaps, inside ``[low, high]``.

    Minimises the sum of squared shifts with the order kept: bounded isotonic regression by pooling
    adjacent violators (Barlow et al., 1972). Where the sizes do not fit, they overflow at ``high``.
    """
    order = np.argsort(np.asarray(targets, dtype=float), kind="stable")
    extent = np.asarray(sizes, dtype=float)[order]
    before = np.concatenate(([0.0], np.cumsum((extent[:-1] + extent[1:]) / 2)))[: len(extent)]
    pools: list[list[float]] = []
    for value in np.asarray(targets, dtype=float)[order] - before:
        pools.append([float(value), 1.0])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, n), (b, m) = pools[-2:]
            pools[-2:] = [[(a * n + b * m) / (n + m), n + m]]
    centres = np.empty(len(extent))
    if len(extent):
        levels = np.concatenate([np.full(int(n), value) for value, n in pools])
        first = low + extent[0] / 2
        last = high - extent[-1] / 2 - before[-1]
        centres[order] = np.clip(levels, first, max(first, last)) + before
    return [float(centre) for centre in centres]
