"""The chart that most charts are: values against bytes, one labelled line per conversion."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from copycost.show.charts.across import BYTES, Across
from copycost.show.charts.alt import describe
from copycost.show.charts.chart import Context, Drawing
from copycost.show.charts.endlabels import end_labels
from copycost.show.charts.heading import facts, heading
from copycost.show.charts.key import Entry, key
from copycost.show.charts.labels import shorten, text_width
from copycost.show.charts.linestyle import GUIDES, KINDS, draw_line
from copycost.show.charts.marks import Mark, cache_marks, draw_marks
from copycost.show.charts.palette import LineStyle
from copycost.show.charts.panels import Grid, Panel, columns_for, split
from copycost.show.charts.points import CONDITIONS
from copycost.show.charts.scales import scale_across, value_scale
from copycost.show.charts.sheet import MARGIN, TICK_SIZE, Sheet
from copycost.show.charts.ticks import ValueAxis

_NARROWEST_PANEL = 370.0
_USUAL_TICK_WIDTH = 50.0


@dataclass(frozen=True)
class Guide:
    """A thin line for comparison: its meaning, and its value at places in a panel.

    A value in ``always`` is on the axis even where no point comes near it. ``sign`` is "guide" or
    "guide-2": how it is dashed.
    """

    text: str
    value: Callable[[Panel, np.ndarray], np.ndarray]
    always: tuple[float, ...] = ()
    sign: str = "guide"


@dataclass(frozen=True)
class Variant:
    """In what a chart of lines differs from most.

    Attributes:
        across: the horizontal axis.
        styles: of the lines; by default those of the conversions.
        nameless: lines without a label.
        by: columns whose values stand in panels of their own, where they vary.
        apart: columns whose values always do.
        most: panels that are shown.
        narrowest: width of a panel, in CSS pixels, from which two stand side by side.
        interval: what the band around a line is.
        outer: what the wider band is.
        marks: at places of a panel's horizontal axis; by default the machine's caches.
        says: sentences for the description, instead of each line from end to end.
        entries: of the key, before those for what all charts have.
    """

    across: Across = BYTES
    styles: Mapping[str, LineStyle] | None = None
    nameless: Collection[str] = ()
    by: Sequence[str] = tuple(CONDITIONS)
    apart: tuple[str, ...] = ()
    most: int = 12
    narrowest: float = _NARROWEST_PANEL
    interval: str = "95% interval"
    outer: str = ""
    marks: Callable[[Panel], list[Mark]] | None = None
    says: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()


def draw_lines(
    name: str,
    title: str,
    points: pd.DataFrame,
    axis: ValueAxis,
    context: Context,
    guides: tuple[Guide, ...] = (),
    notes: tuple[str, ...] = (),
    variant: Variant = Variant(),
) -> Drawing:
    """Draw points (see ``points.points``) as lines in the panels that they need."""
    panels, omitted = split(points, variant.apart, variant.most, variant.by)
    if omitted:
        notes = (*notes, f"{omitted} more panels are not shown: narrow the run down to see them")
    about = facts(points, context)
    room = context.width - 2 * MARGIN
    head = heading(title, about, context, room)
    foot = key([] if context.language_free else _entries(panels, guides, notes, variant), room)
    styles = context.styles if variant.styles is None else variant.styles

    columns = columns_for(len(panels), room, variant.narrowest)
    grid = Grid(len(panels), columns, room, head.height)
    labels = end_labels(panels, 0.36 * grid.width, context, styles, variant.nameless)
    # How high the plots are decides how many ticks there are, and these how wide the plots are.
    most = 380.0 if len(panels) == 1 else 210.0
    height = max(min(max(0.55 * (grid.width - labels.width - _USUAL_TICK_WIDTH), 190.0), most), labels.height)
    scale = value_scale(panels, axis, [v for guide in guides for v in guide.always], height)
    above = (18.0 if len(panels) > 1 else 0.0) + 20.0
    grid = grid.with_rows(above + height + 38)
    sheet = Sheet(context.width, grid.bottom + foot.height + 8, context.theme, context.transparent)
    head.draw(sheet, MARGIN)
    plot_width = grid.width - scale.width - labels.width
    caches = cache_marks(context.machine) if variant.across is BYTES else []
    for number, panel in enumerate(panels):
        left, top = grid.corner(number)
        if panel.title:
            fitting = shorten(panel.title, grid.width, 12, bold=True)
            sheet.text(left, top + 12, fitting, 12, context.theme.ink, weight="bold")
        label = shorten(axis.label, grid.width, TICK_SIZE)
        sheet.text(left, top + above - 9, label, TICK_SIZE, context.theme.muted)
        axes = sheet.axes(left + scale.width, top + above, plot_width, height)
        scale_across(axes, variant.across, points["x"], plot_width)
        scale.apply(axes)
        draw_marks(
            sheet,
            axes,
            caches if variant.marks is None else variant.marks(panel),
            baseline=top + above - 9,
            left=left + max(scale.width, text_width(label, TICK_SIZE) + 8),
            right=left + grid.width,
        )
        _draw_panel(axes, panel, guides, context, styles, variant.nameless)
        labels.draw(sheet, axes, panel, left + scale.width + plot_width)
        if grid.is_last_in_column(number):
            sheet.text(
                left + scale.width + plot_width / 2,
                top + above + height + 34,
                shorten(variant.across.label, plot_width + 2 * min(scale.width, labels.width), TICK_SIZE),
                TICK_SIZE,
                context.theme.muted,
                ha="center",
            )
    foot.draw(sheet, MARGIN, sheet.height - foot.height - 2)
    alt = describe(title, points, panels, axis, variant.across, about, notes, variant.says)
    return Drawing(name, title, context.theme.name, sheet.figure, alt)


def _draw_panel(
    axes: Axes,
    panel: Panel,
    guides: tuple[Guide, ...],
    context: Context,
    styles: Mapping[str, LineStyle],
    nameless: Collection[str],
) -> None:
    space = np.geomspace if axes.get_xscale() == "log" else np.linspace
    across = space(*axes.get_xlim(), 200)
    for guide in guides:
        axes.plot(
            across,
            guide.value(panel, across),
            color=context.theme.muted,
            linewidth=0.9,
            linestyle=GUIDES[guide.sign],
            zorder=1,
        )
    # Named lines are drawn upon those that have no name.
    lines = sorted(panel.points.groupby("line", sort=True), key=lambda line: line[0] not in nameless)
    for (line, own), weight in zip(lines, _weights(len(lines)), strict=True):
        draw_line(axes, own.sort_values("x"), styles[str(line)], context.theme, weight)


def _weights(count: int) -> list[float]:
    """Return how heavy each line is: the first, which others are drawn upon, is the heaviest."""
    return [float(weight) for weight in np.linspace(1.25, 0.8, count)] if count > 1 else [1.0]


def _entries(panels: list[Panel], guides: tuple[Guide, ...], notes: tuple[str, ...], variant: Variant) -> list[Entry]:
    """Return what the key has to explain: only what is on the chart."""
    shown = pd.concat([panel.points for panel in panels])
    kinds = [kind for kind in KINDS if KINDS[kind].text and (shown["kind"] == kind).any()]
    # Where all lines copy, the title says so.
    entries = [*variant.entries, *(Entry(kind, KINDS[kind].text) for kind in kinds if kinds != ["copies"])]
    if (shown["low"].notna() & shown["high"].notna()).any():
        entries.append(Entry("interval", variant.interval))
    if variant.outer and "lowest" in shown:
        entries.append(Entry("outer", variant.outer))
    if shown["flagged"].any():
        entries.append(Entry("flagged", "doubtful: see the flags in the table"))
    entries += [Entry(guide.sign, guide.text) for guide in guides]
    return entries + [Entry("", note) for note in notes]
