"""The chart that most charts are: values against bytes, one labelled line per conversion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from copycost.show.charts.alt import describe
from copycost.show.charts.caches import data_caches, draw_caches
from copycost.show.charts.chart import Context, Drawing
from copycost.show.charts.endlabels import end_labels
from copycost.show.charts.heading import heading
from copycost.show.charts.key import Entry, key
from copycost.show.charts.labels import shorten, text_width
from copycost.show.charts.linestyle import KINDS, draw_line
from copycost.show.charts.panels import Panel, columns_for, split
from copycost.show.charts.sheet import TICK_SIZE, Sheet
from copycost.show.charts.ticks import ValueAxis, byte_ticks, decimal_ticks
from copycost.units import format_bytes

MARGIN, GUTTER = 12.0, 16.0
BYTES_LABEL = "bytes of the source"
_NARROWEST_PANEL = 370.0
_INSET = 8.0
_LEAST_TICK_GAP = 26.0


@dataclass(frozen=True)
class Guide:
    """A thin line for comparison: its meaning, and its value at numbers of bytes in a panel.

    A value in ``always`` is on the axis even where no point comes near it.
    """

    text: str
    value: Callable[[Panel, np.ndarray], np.ndarray]
    always: tuple[float, ...] = ()


def draw_lines(
    name: str,
    title: str,
    points: pd.DataFrame,
    axis: ValueAxis,
    context: Context,
    guides: tuple[Guide, ...] = (),
    notes: tuple[str, ...] = (),
) -> Drawing:
    """Draw points (see ``points.points``) as lines against bytes, in the panels that they need."""
    panels, omitted = split(points)
    if omitted:
        notes = (*notes, f"{omitted} more panels are not shown: narrow the run down to see them")
    room = context.width - 2 * MARGIN
    head = heading(title, points, context, room)
    foot = key([] if context.language_free else _entries(panels, guides, notes), room)

    columns = columns_for(len(panels), room, _NARROWEST_PANEL)
    rows = -(-len(panels) // columns)
    panel_width = (room - GUTTER * (columns - 1)) / columns
    labels = end_labels(panels, 0.36 * panel_width, context)
    low, high = _limits(panels, axis, [value for guide in guides for value in guide.always])
    tick_width = max(text_width(axis.format(v), TICK_SIZE) for v in _ticks(low, high, 12, axis)) + 8
    plot_width = panel_width - tick_width - labels.width
    plot_height = max(
        min(max(0.55 * plot_width, 190), 380 if len(panels) == 1 else 210), labels.height
    )
    above = (18.0 if len(panels) > 1 else 0.0) + 20.0
    row_height = above + plot_height + 38
    sheet = Sheet(
        context.width,
        head.height + rows * row_height + foot.height + 8,
        context.theme,
        context.transparent,
    )
    head.draw(sheet, MARGIN)
    for number, panel in enumerate(panels):
        left = MARGIN + (number % columns) * (panel_width + GUTTER)
        top = head.height + (number // columns) * row_height
        if panel.title:
            fitting = shorten(panel.title, panel_width, 12, bold=True)
            sheet.text(left, top + 12, fitting, 12, context.theme.ink, weight="bold")
        axes = sheet.axes(left + tick_width, top + above, plot_width, plot_height)
        _scale(axes, points["bytes"], (low, high), plot_width, plot_height, axis)
        sheet.text(left, top + above - 9, axis.label, TICK_SIZE, context.theme.muted)
        draw_caches(
            sheet,
            axes,
            data_caches(context.machine),
            baseline=top + above - 9,
            left=max(left + tick_width, left + text_width(axis.label, TICK_SIZE) + 8),
            right=left + panel_width,
        )
        across = np.geomspace(*axes.get_xlim(), 200)
        for guide in guides:
            axes.plot(
                across,
                guide.value(panel, across),
                color=context.theme.muted,
                linewidth=0.9,
                linestyle=(0, (1, 2)),
                zorder=1,
            )
        lines = list(panel.points.groupby("conversion", sort=True))
        for (conversion, line), weight in zip(lines, _weights(len(lines)), strict=True):
            style = context.styles[str(conversion)]
            draw_line(axes, line.sort_values("bytes"), style, context.theme, weight)
        labels.draw(sheet, axes, panel, left + tick_width + plot_width)
        if number + columns >= len(panels):
            middle = left + tick_width + plot_width / 2
            sheet.text(
                middle,
                top + above + plot_height + 34,
                BYTES_LABEL,
                TICK_SIZE,
                context.theme.muted,
                ha="center",
            )
    foot.draw(sheet, MARGIN, sheet.height - foot.height - 2)
    alt = describe(title, points, panels, axis, context.machine, notes)
    return Drawing(name, title, context.theme.name, sheet.figure, alt)


def _weights(count: int) -> list[float]:
    """Return how heavy each line is: the first, which others are drawn upon, is the heaviest."""
    return [float(weight) for weight in np.linspace(1.25, 0.8, count)] if count > 1 else [1.0]


def _limits(panels: list[Panel], axis: ValueAxis, always: list[float]) -> tuple[float, float]:
    """Return the least and the greatest value, intervals and ``always`` included, of all panels."""
    shown = pd.concat([panel.points[["value", "low", "high"]] for panel in panels]).to_numpy(float)
    shown = np.concatenate([shown[np.isfinite(shown)], always])
    if axis.holds_zero:
        return 0.0, max(10.0, float(shown.max(initial=0.0)))
    shown = shown[shown > 0]
    low, high = float(shown.min()), float(shown.max())
    # A flat line in a tight frame would make noise look like a trend.
    grow = float(np.sqrt(max(1.0, 3 * low / high)))
    return low / grow, high * grow


def _ticks(low: float, high: float, most: int, axis: ValueAxis) -> list[float]:
    if axis.holds_zero:
        return [0.0, *decimal_ticks(1.0, high, most - 1)]
    return decimal_ticks(low, high, most)


def _scale(
    axes: Axes,
    sizes: pd.Series,
    values: tuple[float, float],
    width: float,
    height: float,
    axis: ValueAxis,
) -> None:
    """Set both axes: logarithmic, a little room around the data, ticks in units people read."""
    low, high = float(sizes.min()), float(sizes.max())
    if low == high:
        low, high = low / 2, high * 2
    grow = (high / low) ** (_INSET / (width - 2 * _INSET))
    axes.set_xscale("log", base=2)
    axes.set_xlim(low / grow, high * grow)
    across = byte_ticks(low, high, width, lambda text: text_width(text, TICK_SIZE))
    axes.xaxis.set_major_locator(FixedLocator(across))
    axes.xaxis.set_major_formatter(FixedFormatter([format_bytes(size) for size in across]))
    axes.xaxis.set_minor_locator(NullLocator())

    low, high = values
    if axis.holds_zero:
        axes.set_yscale("symlog", linthresh=1.0, linscale=0.5)
        axes.set_ylim(-0.35, high * high ** (2 * _INSET / height))
    else:
        grow = (high / low) ** (_INSET / (height - 2 * _INSET))
        axes.set_yscale("log")
        axes.set_ylim(low / grow, high * grow)
        low, high = low / grow, high * grow
    up = _ticks(low, high, int(height / _LEAST_TICK_GAP), axis)
    axes.yaxis.set_major_locator(FixedLocator(up))
    axes.yaxis.set_major_formatter(FixedFormatter([axis.format(value) for value in up]))
    axes.yaxis.set_minor_locator(NullLocator())


def _entries(panels: list[Panel], guides: tuple[Guide, ...], notes: tuple[str, ...]) -> list[Entry]:
    """Return what the key has to explain: only what is on the chart."""
    shown = pd.concat([panel.points for panel in panels])
    kinds = [kind for kind in KINDS if (shown["kind"] == kind).any()]
    # Where all lines copy, the title says so.
    entries = [Entry(kind, KINDS[kind].text) for kind in kinds if kinds != ["copies"]]
    if (shown["low"].notna() & shown["high"].notna()).any():
        entries.append(Entry("interval", "95% interval"))
    if shown["flagged"].any():
        entries.append(Entry("flagged", "doubtful: see the flags in the table"))
    entries += [Entry("guide", guide.text) for guide in guides]
    return entries + [Entry("", note) for note in notes]
