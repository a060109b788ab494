"""Chart: the times of two machines or runs, as the two ends of a line for each conversion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from copycost.show.charts.axes import SECONDS, scale_across, set_ticks
from copycost.show.charts.captions import Entry, heading, key, note_entries
from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.descriptions import described, one_sided, side_name
from copycost.show.charts.frames import PAIR
from copycost.show.charts.labels import conversion_labels, plain, text_width
from copycost.show.charts.palette import MARKER_SIZE
from copycost.show.charts.panels import Panel, facts, not_shown, split
from copycost.show.charts.sheet import MARGIN, TICK_SIZE, Grid, Sheet, columns_for
from copycost.show.quantities import CONDITIONS
from copycost.units import format_bytes, format_ratio, format_seconds

_ROW, _LABEL, _FIGURE = 20.0, 11.0, 10.0
_NARROWEST_PANEL = 330.0
_SIZES, _MOST_ROWS = 3, 40


def _needs(comparison: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
    return None if (comparison["ratio"] > 0).any() else "no cell was measured on both sides"


@dataclass(frozen=True)
class _Places:
    """Where a panel's parts stand across the page: names, plot, ratios."""

    names: float
    plot: float
    ratios: float


def chosen_sizes(cells: pd.DataFrame, count: int = _SIZES) -> pd.DataFrame:
    """Return the cells of a few sizes: the smallest, the largest and those in the middle of each condition."""
    kept = []
    for _, alike in cells.groupby(CONDITIONS, sort=False, dropna=False):
        sizes = np.unique(alike["bytes"])
        places = np.unique(np.linspace(0, len(sizes) - 1, count).round().astype(int))
        kept.append(alike[alike["bytes"].isin(sizes[places])])
    return pd.concat(kept)


def _draw(comparison: pd.DataFrame, context: Context) -> Drawing:
    both = comparison[comparison["ratio"] > 0]
    in_order = {name: place for place, name in enumerate(context.styles)}
    shown = chosen_sizes(both)
    shown = shown.assign(place=shown["conversion"].map(in_order)).sort_values("place", kind="stable")
    panels, omitted = split(shown, by=(*CONDITIONS, "bytes"))
    notes = list(one_sided(comparison))
    if len(shown) < len(both):
        notes.append("the smallest, a middle and the largest size are shown")
    longest = max(len(panel.points) for panel in panels)
    if longest > _MOST_ROWS:
        panels = [replace(panel, points=panel.points.head(_MOST_ROWS)) for panel in panels]
        notes.append(f"of {longest} in a panel, the first {_MOST_ROWS} are shown")
    notes += not_shown(omitted, "runs")
    about = facts(shown, context)
    a, b = map(side_name, context.names)
    room = context.width - 2 * MARGIN
    head = heading(CHART.title, about, context, room)
    ends = [Entry("hollow", a), Entry("full", b)]
    words = note_entries([f"figures: time of {b} ÷ time of {a}", *notes])
    foot = key(ends if context.language_free else [*ends, *words], room)

    columns = columns_for(len(panels), room, _NARROWEST_PANEL)
    grid = Grid(len(panels), columns, room, head.height)
    names = [name for name in context.styles if (shown["conversion"] == name).any()]
    labels = conversion_labels(names, 0.36 * grid.width, _LABEL)
    widest = max(text_width(format_ratio(ratio), _FIGURE) for ratio in shown["ratio"])
    beside = max(text_width(text, _LABEL) for text in labels.values()) + 12
    above = 22.0 if any(panel.title for panel in panels) else 8.0
    grid = grid.with_panels([above + len(panel.points) * _ROW + 34 for panel in panels])
    sheet = Sheet(context.width, grid.bottom + 10 + foot.height + 8, context.theme, context.transparent)
    head.draw(sheet, MARGIN)
    for number, panel in enumerate(panels):
        left, top = grid.corner(number)
        sheet.panel_title(left, top, panel.title, grid.width)
        places = _Places(left, left + beside, left + grid.width - widest)
        _panel(sheet, panel, labels, places, top + above, context)
        if grid.is_last_in_column(number):
            bottom = top + above + len(panel.points) * _ROW + 32
            middle = (places.plot + places.ratios - 8) / 2
            sheet.text(middle, bottom, SECONDS.label, TICK_SIZE, context.theme.muted, ha="center")
    foot.draw(sheet, MARGIN, sheet.height - foot.height - 2)
    shows = f"{CHART.title}: the time per call in {a} and in {b}, joined by a line for each conversion."
    alt = described(shows, about, [_times(panel) for panel in panels], notes)
    return Drawing(CHART.name, CHART.title, context.theme.name, sheet.figure, alt)


def _panel(sheet: Sheet, panel: Panel, labels: dict[str, str], places: _Places, top: float, context: Context) -> None:
    cells = panel.points
    height = _ROW * len(cells)
    width = places.ratios - 8 - places.plot
    axes = sheet.axes(places.plot, top, width, height)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color=sheet.theme.grid, linewidth=0.7)
    axes.set_ylim(len(cells), 0)
    set_ticks(axes.yaxis, (), ())
    times = cells[["seconds_a", "seconds_b"]].to_numpy(float)
    low, high = float(times.min()), float(times.max())
    widen = float(np.sqrt(max(1.0, 3 * low / high)))
    scale_across(axes, SECONDS, pd.Series([low / widen, high * widen]), width)
    for number, (_, cell) in enumerate(cells.iterrows()):
        style = context.styles[str(cell["conversion"])]
        ends = [cell["seconds_a"], cell["seconds_b"]]
        axes.plot(ends, [number + 0.5] * 2, color=style.colour, linewidth=1.6, zorder=2)
        for seconds, face in zip(ends, (sheet.theme.page, style.colour), strict=True):
            look: dict[str, Any] = {
                "marker": "o",
                "markersize": MARKER_SIZE * 1.25,
                "markeredgecolor": style.colour,
                "zorder": 3,
            }
            axes.plot([seconds], [number + 0.5], markerfacecolor=face, **look)
        base = top + (number + 0.5) * _ROW
        label = labels[str(cell["conversion"])]
        sheet.text(places.names, base + 0.36 * _LABEL, label, _LABEL, sheet.theme.ink)
        figure = format_ratio(cell["ratio"])
        sheet.text(places.ratios, base + 0.36 * _FIGURE, figure, _FIGURE, sheet.theme.muted)


def _times(panel: Panel) -> str:
    """Return a sentence with both times of each conversion in a panel."""
    parts = [
        f"{plain(cell['conversion'])} {format_seconds(cell['seconds_a'])} and {format_seconds(cell['seconds_b'])}"
        for _, cell in panel.points.iterrows()
    ]
    return f"{panel.title or format_bytes(panel.points['bytes'].iloc[0])}: {'; '.join(parts)}."


CHART = Chart("dumbbells", "Two runs side by side: time per call", _needs, _draw, shows=PAIR)
