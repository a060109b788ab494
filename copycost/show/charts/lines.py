"""The chart that most charts are: values against bytes, one labelled line per conversion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from copycost.show.charts.alt import describe
from copycost.show.charts.caches import data_caches, draw_caches
from copycost.show.charts.chart import Context, Drawing
from copycost.show.charts.endlabels import end_labels
from copycost.show.charts.heading import heading
from copycost.show.charts.key import Entry, key
from copycost.show.charts.labels import shorten, text_width
from copycost.show.charts.linestyle import KINDS, draw_line
from copycost.show.charts.panels import Grid, Panel, columns_for, split
from copycost.show.charts.scales import scale_bytes, value_scale
from copycost.show.charts.sheet import MARGIN, TICK_SIZE, Sheet
from copycost.show.charts.ticks import ValueAxis

BYTES_LABEL = "bytes of the source"
_NARROWEST_PANEL = 370.0
_USUAL_TICK_WIDTH = 50.0


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
    grid = Grid(len(panels), columns, room, head.height)
    labels = end_labels(panels, 0.36 * grid.width, context)
    # How high the plots are decides how many ticks there are, and these how wide the plots are.
    about = grid.width - labels.width - _USUAL_TICK_WIDTH
    most = 380.0 if len(panels) == 1 else 210.0
    height = max(min(max(0.55 * about, 190.0), most), labels.height)
    scale = value_scale(panels, axis, [v for guide in guides for v in guide.always], height)
    above = (18.0 if len(panels) > 1 else 0.0) + 20.0
    grid = grid.with_rows(above + height + 38)
    sheet = Sheet(
        context.width,
        grid.bottom + foot.height + 8,
        context.theme,
        context.transparent,
    )
    head.draw(sheet, MARGIN)
    plot_width = grid.width - scale.width - labels.width
    for number, panel in enumerate(panels):
        left, top = grid.corner(number)
        if panel.title:
            fitting = shorten(panel.title, grid.width, 12, bold=True)
            sheet.text(left, top + 12, fitting, 12, context.theme.ink, weight="bold")
        sheet.text(left, top + above - 9, axis.label, TICK_SIZE, context.theme.muted)
        axes = sheet.axes(left + scale.width, top + above, plot_width, height)
        scale_bytes(axes, points["bytes"], plot_width)
        scale.apply(axes)
        draw_caches(
            sheet,
            axes,
            data_caches(context.machine),
            baseline=top + above - 9,
            left=left + max(scale.width, text_width(axis.label, TICK_SIZE) + 8),
            right=left + grid.width,
        )
        _draw_panel(axes, panel, guides, context)
        labels.draw(sheet, axes, panel, left + scale.width + plot_width)
        if grid.is_last_in_column(number):
            sheet.text(
                left + scale.width + plot_width / 2,
                top + above + height + 34,
                BYTES_LABEL,
                TICK_SIZE,
                context.theme.muted,
                ha="center",
            )
    foot.draw(sheet, MARGIN, sheet.height - foot.height - 2)
    alt = describe(title, points, panels, axis, context.machine, notes)
    return Drawing(name, title, context.theme.name, sheet.figure, alt)


def _draw_panel(axes: Axes, panel: Panel, guides: tuple[Guide, ...], context: Context) -> None:
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


def _weights(count: int) -> list[float]:
    """Return how heavy each line is: the first, which others are drawn upon, is the heaviest."""
    return [float(weight) for weight in np.linspace(1.25, 0.8, count)] if count > 1 else [1.0]


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
