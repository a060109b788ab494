"""Charts of lines: values against bytes, with one labelled line for each conversion."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from copycost.show.charts.axes import BYTES, Across, ValueAxis, limits_across, scale_across, value_scale
from copycost.show.charts.captions import Entry, heading, key, note_entries
from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.descriptions import describe_lines
from copycost.show.charts.end_labels import end_labels
from copycost.show.charts.guides import Guide, Mark, cache_marks, draw_marks, fully_named
from copycost.show.charts.labels import shorten, text_width
from copycost.show.charts.palette import DOUBT_SIZE, GUIDE_DASHES, LOOKS, MARKER_SIZE, Dash, LineStyle, Theme
from copycost.show.charts.panels import Panel, facts, not_shown, split
from copycost.show.charts.sheet import MARGIN, TICK_SIZE, Grid, Sheet, columns_for
from copycost.show.quantities import CONDITIONS

_Values = np.ndarray | pd.Series

_USUAL_TICK_WIDTH = 50.0
_WIDE, _MOST_RINGED = 480, 0.5
_MARKS = 15.0
"""The room that a line of names of marks takes."""


@dataclass(frozen=True)
class Variant:
    """The properties by which charts of lines differ.

    Attributes:
        axis: the vertical axis.
        guides: lines to compare with.
        notes: sentences below the chart.
        title: where it is not the chart's own.
        about: the words under the title, where they are not those of the context.
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
        entries: of the key, before those that all charts have.
    """

    axis: ValueAxis
    guides: tuple[Guide, ...] = ()
    notes: tuple[str, ...] = ()
    title: str = ""
    about: tuple[str, ...] = ()
    across: Across = BYTES
    styles: Mapping[str, LineStyle] | None = None
    nameless: Collection[str] = ()
    by: Sequence[str] = tuple(CONDITIONS)
    apart: tuple[str, ...] = ()
    most: int = 12
    narrowest: float = 370.0
    interval: str = "95% interval"
    outer: str = ""
    marks: Callable[[Panel], list[Mark]] | None = None
    says: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()


def line_chart(
    name: str,
    title: str,
    missing: str,
    known: Callable[[pd.DataFrame], pd.DataFrame],
    lines: Callable[[pd.DataFrame, Context], tuple[pd.DataFrame, Variant]],
    *,
    shows: str = "run",
    uses_references: bool = False,
    by_itself: bool = True,
) -> Chart:
    """Return the record of a chart of lines.

    Args:
        name: of the chart.
        title: of the chart.
        missing: why the chart cannot be drawn, where nothing is known.
        known: takes a prepared frame and returns the rows that the chart shows.
        lines: takes a prepared frame and returns points (see ``points``) and how they are drawn.
        shows: as in ``Chart``, like the rest.
        uses_references: whether plain copies are shown.
        by_itself: whether the chart is drawn without being named.
    """

    def needs(frame: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
        return None if len(known(frame)) else missing

    def draw(frame: pd.DataFrame, context: Context) -> Drawing:
        shown, variant = lines(frame, context)
        return draw_lines(name, variant.title or title, shown, variant, context)

    return Chart(name, title, needs, draw, uses_references=uses_references, by_itself=by_itself, shows=shows)


def points(cells: pd.DataFrame, value: _Values, low: _Values, high: _Values) -> pd.DataFrame:
    """Return prepared cells as the points of lines against bytes, where there is a value.

    Adds ``value``, ``low`` and ``high`` (NaN where no interval is known), ``x`` (the bytes), ``line``
    (the conversion) and ``label`` (the expression that a user would type, "" where it is not known).
    """
    label = cells.get("expression", "")
    frame = cells.assign(value=value, low=low, high=high, x=cells["bytes"], line=cells["conversion"], label=label)
    shown: pd.DataFrame = frame[np.isfinite(frame["value"])]
    return shown


def draw_lines(name: str, title: str, points: pd.DataFrame, variant: Variant, context: Context) -> Drawing:
    """Draw points as lines in the panels that they need.

    Besides the columns that ``points`` adds they have ``look`` (of ``LOOKS``) and ``flagged``; ``lowest`` and
    ``highest``, where they have them, are a wider band.
    """
    axis, across, theme = variant.axis, variant.across, context.theme
    styles = context.styles if variant.styles is None else variant.styles
    panels, omitted = split(points, variant.apart, variant.most, variant.by, context.styles)
    drawn = pd.concat([panel.points for panel in panels])
    doubtful = int(drawn["flagged"].sum())
    if doubtful > _MOST_RINGED * len(drawn):
        # A ring around nearly every point hides the points and marks none.
        points = points.assign(flagged=False)
        panels = [replace(panel, points=panel.points.assign(flagged=False)) for panel in panels]
        variant = replace(variant, notes=(*variant.notes, f"{doubtful} of {len(drawn)} points are doubtful"))
    variant = replace(variant, notes=(*variant.notes, *not_shown(omitted)))
    about = facts(points, replace(context, about=variant.about or context.about))
    room = context.width - 2 * MARGIN
    head = heading(title, about, context, room)
    foot = key([] if context.language_free else _entries(panels, variant), room)

    grid = Grid(len(panels), columns_for(len(panels), room, variant.narrowest), room, head.height)
    # On a phone a name that can be read is worth more than a wider plot.
    share = 0.36 if context.width >= _WIDE else 0.42
    labels = end_labels(panels, share * grid.width, context, styles, variant.nameless)
    # How high the plots are decides how many ticks there are, and these how wide the plots are.
    most = 380.0 if len(panels) == 1 else 210.0
    height = max(min(max(0.55 * (grid.width - labels.width - _USUAL_TICK_WIDTH), 190.0), most), labels.height)
    always = [value for guide in variant.guides for value in guide.always]
    scale = value_scale([panel.points for panel in panels], axis, always, height)
    plot_width = grid.width - scale.width - labels.width
    label = shorten(axis.label, grid.width, TICK_SIZE)
    beside = max(scale.width, text_width(label, TICK_SIZE) + 8)
    caches = cache_marks(context.machine) if across is BYTES else []
    ends = limits_across(across, points["x"], plot_width)
    # Caches that find no room beside the axis's label have a line of their own below it.
    own_line = bool(caches) and not fully_named(caches, ends, (scale.width, plot_width), beside, grid.width)
    if own_line:
        beside = 0.0
        if not fully_named(caches, ends, (scale.width, plot_width), beside, grid.width):
            told = ", ".join(mark.texts[0] for mark in caches if ends[0] < mark.place < ends[1])
            foot = key([] if context.language_free else _entries(panels, variant, [f"caches: {told}"]), room)
    above = (18.0 if any(panel.title for panel in panels) else 0.0) + 20.0 + (_MARKS if own_line else 0.0)
    grid = grid.with_panels([above + height + 38] * len(panels))
    sheet = Sheet(context.width, grid.bottom + foot.height + 8, theme, context.transparent)
    head.draw(sheet, MARGIN)
    for number, panel in enumerate(panels):
        left, top = grid.corner(number)
        sheet.panel_title(left, top, panel.title, grid.width)
        baseline = top + above - 9
        sheet.text(left, baseline - (_MARKS if own_line else 0.0), label, TICK_SIZE, theme.muted)
        axes = sheet.axes(left + scale.width, top + above, plot_width, height)
        scale_across(axes, across, points["x"], plot_width)
        scale.apply(axes)
        marks = caches if variant.marks is None else variant.marks(panel)
        draw_marks(sheet, axes, marks, baseline, left + beside, left + grid.width)
        _draw_panel(axes, panel, variant, styles, theme)
        labels.draw(sheet, axes, panel, left + scale.width + plot_width)
        if grid.is_last_in_column(number):
            below = shorten(across.label, plot_width + 2 * min(scale.width, labels.width), TICK_SIZE)
            middle = left + scale.width + plot_width / 2
            sheet.text(middle, top + above + height + 34, below, TICK_SIZE, theme.muted, ha="center")
    foot.draw(sheet, MARGIN, sheet.height - foot.height - 2)
    alt = describe_lines(title, points, panels, axis, across, about, variant.notes, variant.says)
    return Drawing(name, title, theme.name, sheet.figure, alt)


def _entries(panels: list[Panel], variant: Variant, notes: Sequence[str] = ()) -> list[Entry]:
    """Return the entries of the key, for no more signs than are on the chart."""
    shown = pd.concat([panel.points for panel in panels])
    looks = [name for name, look in LOOKS.items() if look.text and (shown["look"] == name).any()]
    # Where all lines copy, the title says so.
    entries = [*variant.entries, *(Entry(name, LOOKS[name].text) for name in looks if looks != ["copies"])]
    if (shown["low"].notna() & shown["high"].notna()).any():
        entries.append(Entry("interval", variant.interval))
    if variant.outer and "lowest" in shown:
        entries.append(Entry("outer", variant.outer))
    if shown["flagged"].any():
        entries.append(Entry("flagged", "doubtful: see the flags in the table"))
    return [
        *entries,
        *(Entry(guide.sign, guide.text) for guide in variant.guides),
        *note_entries([*variant.notes, *notes]),
    ]


def _draw_panel(axes: Axes, panel: Panel, variant: Variant, styles: Mapping[str, LineStyle], theme: Theme) -> None:
    space = np.geomspace if axes.get_xscale() == "log" else np.linspace
    places = space(*axes.get_xlim(), 200)
    for guide in variant.guides:
        look: dict[str, Any] = {"linewidth": 0.9, "linestyle": GUIDE_DASHES[guide.sign], "zorder": 1}
        axes.plot(places, guide.value(panel, places), color=theme.muted, **look)
    # Named lines are drawn upon those that have no name.
    in_order = {name: place for place, name in enumerate(styles)}
    lines = sorted(
        panel.points.groupby("line", sort=True),
        key=lambda line: (line[0] not in variant.nameless, in_order[str(line[0])]),
    )
    # The first line, which others are drawn upon, is the heaviest.
    weights = np.linspace(1.25, 0.8, len(lines)).tolist() if len(lines) > 1 else [1.0]
    for (name, line), weight in zip(lines, weights, strict=True):
        draw_line(axes, line.sort_values("x"), styles[str(name)], theme, weight)


def draw_line(axes: Axes, line: pd.DataFrame, style: LineStyle, theme: Theme, weight: float = 1.0) -> None:
    """Draw the points of one line, in order of x, with intervals, looks and doubts.

    ``weight`` scales line and markers: where lines coincide, a lighter one drawn on a heavier one leaves both to
    be seen.
    """
    x, y, low, high = (line[name].to_numpy(float) for name in ("x", "value", "low", "high"))
    band: dict[str, Any] = {"color": style.colour, "linewidth": 0}
    if "lowest" in line:
        lowest, highest = line["lowest"].to_numpy(float), line["highest"].to_numpy(float)
        axes.fill_between(x, lowest, highest, alpha=0.15, zorder=1.4, **band)
    known = ~np.isnan(low) & ~np.isnan(high)
    if known.any():
        axes.fill_between(x, low, high, where=known, alpha=0.25, zorder=1.5, **band)
        # A band has no width at a point without neighbours.
        beside = np.pad(known, 1)
        alone = known & ~beside[:-2] & ~beside[2:]
        bar: dict[str, Any] = {"color": style.colour, "alpha": 0.45, "linewidth": 2.4, "zorder": 1.6}
        axes.vlines(x[alone], low[alone], high[alone], **bar)
    looks = line["look"].to_numpy(object)
    stroke: dict[str, Any] = {"color": style.colour, "linewidth": 1.4 * weight * style.width, "zorder": 2}
    for start, stop, dash in _stretches([LOOKS[name].dash for name in looks]):
        stretch = slice(start, stop + 1)
        axes.plot(x[stretch], y[stretch], linestyle=dash, dash_capstyle="butt", **stroke)
    marker: dict[str, Any] = {"marker": style.marker, "markeredgewidth": 1.0, "markeredgecolor": style.colour}
    for name, look in LOOKS.items():
        chosen = looks == name
        if chosen.any():
            face, size = style.colour if look.filled else theme.page, MARKER_SIZE * weight * look.size
            axes.plot(x[chosen], y[chosen], linestyle="none", markersize=size, markerfacecolor=face, zorder=3, **marker)
    flagged = line["flagged"].to_numpy(bool)
    if flagged.any():
        ring: dict[str, Any] = {"marker": "o", "markersize": DOUBT_SIZE, "markeredgewidth": 0.7, "zorder": 3.5}
        ring |= {"markeredgecolor": theme.ink, "markerfacecolor": "none"}
        axes.plot(x[flagged], y[flagged], linestyle="none", **ring)


def _stretches(dashes: list[Dash]) -> list[tuple[int, int, Dash]]:
    """Return (first, last, dash) of stretches of a line; between two looks it reads as copying."""
    stretches: list[tuple[int, int, Dash]] = []
    for place, (here, there) in enumerate(pairwise(dashes)):
        dash = here if here == there else "solid" if "solid" in (here, there) else LOOKS["unknown"].dash
        if stretches and stretches[-1][2] == dash:
            stretches[-1] = (stretches[-1][0], place + 1, dash)
        else:
            stretches.append((place, place + 1, dash))
    return stretches
