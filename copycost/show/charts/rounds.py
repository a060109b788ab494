"""Chart: how the rounds of a few cells are distributed, quiet ones and contended ones on one scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from copycost.analyse.device import CEILING_OF
from copycost.analyse.fleet import telling_conditions, under
from copycost.show.charts.axes import set_ticks
from copycost.show.charts.captions import Entry, heading, key, note_entries
from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.descriptions import described
from copycost.show.charts.dumbbells import chosen_sizes
from copycost.show.charts.frames import measured
from copycost.show.charts.labels import conversion_labels, plain, text_width
from copycost.show.charts.panels import facts, not_shown, split
from copycost.show.charts.sheet import MARGIN, TICK_SIZE, Grid, Sheet, columns_for
from copycost.show.charts.ticks import multiple_tick, spelled_decimal_ticks
from copycost.show.quantities import CONDITIONS
from copycost.units import format_ratio

_AXIS = "time of a round ÷ median of quiet ones"
_CELL = [*CONDITIONS, "direction", "conversion", "bytes"]
_NARROWEST_PANEL, _ROW, _LABEL, _FIGURE = 330.0, 40.0, 11.0, 10.0
_SIZES, _MOST_PANELS, _MOST_ROWS = 4, 8, 8
_STEP = 0.03
"""How wide a bar is, as a logarithm: wide enough for one to hold most quiet rounds of a steady cell."""
# What lies outside is counted in words: one far round would flatten all the others.
_FARTHEST = (0.5, 4.0)


def _needs(cells: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
    if rounds is None or "quiet" not in rounds:
        return "the rounds and whether each was quiet are not given"
    # What decides must not take as long as the chart: there are tens of thousands of rounds.
    of_conversions = (rounds["direction"] != "reference") & (rounds["bytes"] > 0)
    return None if of_conversions.fillna(False).any() else "there is no round of a conversion"


def _relative(rounds: pd.DataFrame) -> pd.DataFrame:
    """Return the rounds with ``value``: seconds over the median of the cell's quiet rounds."""
    frame = measured(rounds)[[*_CELL, "seconds", "quiet"]]
    frame = frame.assign(quiet=frame["quiet"].fillna(False).astype(bool))
    cell = frame.groupby(_CELL, sort=False, dropna=False).ngroup()
    usual = frame["seconds"].where(frame["quiet"]).groupby(cell).transform("median")
    # A cell without a quiet round is still worth seeing.
    usual = usual.fillna(frame["seconds"].groupby(cell).transform("median"))
    return frame.assign(value=frame["seconds"] / usual)


def _chosen(rounds: pd.DataFrame, cells: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """Return the rounds of a few cells: a few sizes of each conversion, under the conditions that tell the most.

    They are in the order of the conversions. Of calls to a device and back those are shown that wait for the data.
    """
    waits = rounds["direction"].isin(CEILING_OF)
    rounds = rounds[waits] if waits.any() else rounds
    conditions = telling_conditions(cells)
    among = under(rounds, conditions) if conditions else np.zeros(len(rounds), dtype=bool)
    shown = rounds[among] if among.any() else rounds
    present = set(shown["conversion"])
    names = [name for name in [*order, *sorted(present - set(order))] if name in present][:_MOST_ROWS]
    few = chosen_sizes(shown[shown["conversion"].isin(names)], _SIZES)
    return few.sort_values("conversion", key=lambda column: column.map(names.index), kind="stable")


def _draw(cells: pd.DataFrame, context: Context) -> Drawing:
    assert context.rounds is not None
    rounds = _relative(context.rounds)
    shown = _chosen(rounds, cells, list(context.styles))
    panels, omitted = split(shown, by=(*CONDITIONS, "bytes"), most=_MOST_PANELS)
    edges = _edges(shown["value"])
    outside = int(((shown["value"] < edges[0]) | (shown["value"] > edges[-1])).sum())
    notes = [f"height: share of the cell's rounds in each {np.expm1(_STEP):.0%}, on one scale"]
    count, total = (len(frame[_CELL].drop_duplicates()) for frame in (shown, rounds))
    if count < total:
        notes.append(f"{count} of {total} cells: --where chooses others")
    if outside:
        notes.append(f"{outside} of {len(shown)} rounds lie outside")
    notes += not_shown(omitted)
    entries = [Entry("filled", "quiet rounds"), Entry("outline", "contended rounds"), *note_entries(notes)]

    room = context.width - 2 * MARGIN
    about = facts(shown, context)
    head = heading(CHART.title, about, context, room)
    foot = key([] if context.language_free else entries, room)
    columns = columns_for(len(panels), room, _NARROWEST_PANEL)
    names = list(dict.fromkeys(shown["conversion"]))
    grid = Grid(len(panels), columns, room, head.height)
    labels = conversion_labels(names, 0.36 * grid.width, _LABEL)
    beside = max(text_width(text, _LABEL) for text in labels.values()) + 12
    after = text_width("100% quiet", _FIGURE) + 6
    above = 22.0 if any(panel.title for panel in panels) else 8.0
    grid = grid.with_panels([above + panel.points["conversion"].nunique() * _ROW + 40 for panel in panels])
    sheet = Sheet(context.width, grid.bottom + foot.height + 8, context.theme, context.transparent)
    head.draw(sheet, MARGIN)
    tallest = max(_shares(cell, cell["value"], edges).max() for _, cell in shown.groupby(_CELL, dropna=False))
    width = grid.width - beside - after
    for number, panel in enumerate(panels):
        left, top = grid.corner(number)
        sheet.panel_title(left, top, panel.title, grid.width)
        present = [name for name in names if (panel.points["conversion"] == name).any()]
        height = _ROW * len(present)
        axes = sheet.axes(left + beside, top + above, width, height)
        _scale(axes, edges, len(present), width)
        for row, name in enumerate(present):
            cell = panel.points[panel.points["conversion"] == name]
            _histograms(axes, cell, row, edges, 0.9 / max(tallest, 1e-9), context)
            base = top + above + (row + 1) * _ROW - 6
            sheet.text(left, base, labels[name], _LABEL, context.theme.ink)
            figure = f"{cell['quiet'].mean():.0%} quiet"
            sheet.text(left + grid.width, base, figure, _FIGURE, context.theme.muted, ha="right")
        if grid.is_last_in_column(number):
            text = _AXIS if text_width(_AXIS, TICK_SIZE) < grid.width else "round ÷ quiet median"
            middle = left + max(beside + width / 2, text_width(text, TICK_SIZE) / 2)
            sheet.text(middle, top + above + height + 34, text, TICK_SIZE, context.theme.muted, ha="center")
    foot.draw(sheet, MARGIN, sheet.height - foot.height - 2)
    alt = _description(rounds, shown, about, notes[1:])
    return Drawing(CHART.name, CHART.title, context.theme.name, sheet.figure, alt)


def _edges(values: pd.Series) -> np.ndarray:
    """Return the edges of the bars: one has the median of the quiet rounds in its middle."""
    low, high = np.quantile(values, [0.0005, 0.9995])
    low, high = np.clip(low / 1.03, _FARTHEST[0], 0.9), np.clip(high * 1.03, 1.2, _FARTHEST[1])
    steps = np.arange(np.floor(np.log(low) / _STEP), np.ceil(np.log(high) / _STEP) + 1)
    edges: np.ndarray = np.exp((steps + 0.5) * _STEP)
    return edges


def _scale(axes: Axes, edges: np.ndarray, rows: int, width: float) -> None:
    low, high = float(edges[0]), float(edges[-1])
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(rows, 0)
    places = spelled_decimal_ticks(low, high, width, multiple_tick)
    set_ticks(axes.xaxis, places, [multiple_tick(place) for place in places])
    set_ticks(axes.yaxis, range(1, rows), [""] * (rows - 1))
    axes.tick_params(axis="y", length=0)


def _shares(cell: pd.DataFrame, values: pd.Series, edges: np.ndarray) -> np.ndarray:
    """Return which share of all the cell's rounds are values in each bin."""
    counts, _ = np.histogram(values, edges)
    return counts / max(len(cell), 1)


def _histograms(axes: Axes, cell: pd.DataFrame, row: int, edges: np.ndarray, scale: float, context: Context) -> None:
    """Draw quiet and contended rounds of a cell upon the foot of its row, both as shares of all its rounds."""
    style = context.styles.get(str(cell["conversion"].iloc[0]))
    colour = context.theme.muted if style is None else style.colour
    base = row + 1.0
    for quiet in (True, False):
        share = _shares(cell, cell.loc[cell["quiet"] == quiet, "value"], edges)
        tops = np.where(share > 0, base - scale * share, np.nan)
        if quiet:
            look: dict[str, Any] = {"facecolor": colour, "edgecolor": colour, "linewidth": 0.8}
            axes.stairs(tops, edges, baseline=base, fill=True, zorder=2, **look)
        else:
            axes.stairs(tops, edges, baseline=base, edgecolor=context.theme.ink, linewidth=0.9, zorder=3)


def _description(rounds: pd.DataFrame, shown: pd.DataFrame, about: list[str], notes: list[str]) -> str:
    quiet = rounds[rounds["quiet"]]
    says = f"Distributions of {len(shown)} rounds, each relative to the median of its cell's quiet "
    says += f"rounds. Of all {len(rounds)} rounds {len(quiet) / len(rounds):.0%} were quiet."
    sentences = []
    if len(quiet) < len(rounds):
        contended = float(rounds.loc[~rounds["quiet"], "value"].median())
        sentences.append(f"The median contended round took {format_ratio(contended)}.")
    for panel in split(shown, extra=("conversion",), by=(*CONDITIONS, "bytes"))[0]:
        values = panel.points.loc[panel.points["quiet"], "value"]
        if len(values):
            low, high = map(format_ratio, np.quantile(values, [0.05, 0.95]))
            share = f"{panel.points['quiet'].mean():.0%} quiet"
            sentences.append(f"{plain(panel.title)}: {share}, nine of ten of these from {low} to {high}.")
    return described(says, about, sentences, notes)


CHART = Chart("rounds", "Distribution of rounds", _needs, _draw, uses_rounds=True, by_itself=False)
