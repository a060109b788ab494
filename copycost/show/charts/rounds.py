"""Chart: how the rounds of each cell are distributed, quiet ones beside contended ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from copycost.show.charts.axes import BYTES, set_ticks
from copycost.show.charts.captions import Entry, heading, key, note_entries
from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.descriptions import described
from copycost.show.charts.frames import measured
from copycost.show.charts.labels import distinct_labels, plain, text_width
from copycost.show.charts.panels import Panel, facts, not_shown, split
from copycost.show.charts.sheet import MARGIN, TICK_SIZE, Grid, Sheet, columns_for
from copycost.show.charts.ticks import byte_ticks, decimal_ticks, multiple_tick
from copycost.show.quantities import CONDITIONS
from copycost.units import format_bytes, format_ratio

_AXIS = "round ÷ quiet median"
_CELL = [*CONDITIONS, "direction", "conversion", "bytes"]
_NARROWEST_PANEL, _HEIGHT, _TITLE = 215.0, 120.0, 11.0
_MOST_PANELS = 18
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


def _draw(cells: pd.DataFrame, context: Context) -> Drawing:
    assert context.rounds is not None
    rounds = _relative(context.rounds)
    panels, omitted = split(rounds, extra=("conversion",), most=_MOST_PANELS)
    low, high = _limits(rounds["value"])
    outside = int(((rounds["value"] < low) | (rounds["value"] > high)).sum())
    notes = ["each half is as wide as its own peak"]
    if outside:
        notes.append(f"{outside} of {len(rounds)} rounds lie outside")
    notes += not_shown(omitted)
    entries = [Entry("filled", "quiet rounds"), Entry("outline", "contended rounds")]
    entries += note_entries(notes)

    room = context.width - 2 * MARGIN
    about = facts(rounds, context)
    head = heading(CHART.title, about, context, room)
    foot = key([] if context.language_free else entries, room)
    columns = columns_for(len(panels), room, _NARROWEST_PANEL)
    grid = Grid(len(panels), columns, room, head.height, 38 + _HEIGHT + 26)
    titles = distinct_labels([panel.title for panel in panels], grid.width, _TITLE)
    ticks = decimal_ticks(low, high, 5)
    tick_width = max(text_width(multiple_tick(value), TICK_SIZE) for value in ticks) + 8
    plot_width = grid.width - tick_width
    bottom = grid.bottom + 16 + foot.height
    sheet = Sheet(context.width, bottom, context.theme, context.transparent)
    head.draw(sheet, MARGIN)
    for number, (panel, title) in enumerate(zip(panels, titles, strict=True)):
        left, top = grid.corner(number)
        sheet.text(left, top + 12, title, _TITLE, context.theme.ink)
        if number % columns == 0:
            sheet.text(left, top + 29, _AXIS, TICK_SIZE, context.theme.muted)
        axes = sheet.axes(left + tick_width, top + 36, plot_width, _HEIGHT)
        _scale(axes, rounds["bytes"], (low, high), ticks, plot_width)
        _halves(axes, panel, context)
        if grid.is_last_in_column(number):
            middle, base = left + tick_width + plot_width / 2, top + 36 + _HEIGHT + 34
            sheet.text(middle, base, BYTES.label, TICK_SIZE, context.theme.muted, ha="center")
    foot.draw(sheet, MARGIN, sheet.height - foot.height)
    alt = _description(rounds, panels, about, notes[1:])
    return Drawing(CHART.name, CHART.title, context.theme.name, sheet.figure, alt)


def _limits(values: pd.Series) -> tuple[float, float]:
    low, high = np.quantile(values, [0.0005, 0.9995])
    return float(np.clip(low / 1.03, _FARTHEST[0], 0.9)), float(np.clip(high * 1.03, 1.2, _FARTHEST[1]))


def _scale(axes: Axes, sizes: pd.Series, values: tuple[float, float], ticks: list[float], width: float) -> None:
    """Set the axes: octaves of bytes on a plain axis, so that all halves are equally wide."""
    low, high = float(sizes.min()), float(sizes.max())
    octaves = np.log2(high) - np.log2(low)
    axes.set_xlim(np.log2(low) - 1.3, np.log2(high) + 1.3)
    length = width * octaves / (octaves + 2.6)
    across = byte_ticks(low, high, length)
    places = [float(np.log2(size)) for size in across]
    set_ticks(axes.xaxis, places, [format_bytes(size) for size in across])
    axes.set_yscale("log")
    axes.set_ylim(*values)
    set_ticks(axes.yaxis, ticks, [multiple_tick(value) for value in ticks])


def _halves(axes: Axes, panel: Panel, context: Context) -> None:
    """Draw each cell as two histograms back to back: quiet to the left, contended to the right."""
    places = np.log2(np.unique(panel.points["bytes"].to_numpy(float)))
    widest = 0.46 * float(np.diff(places).min(initial=2.0))
    heights = np.log(np.geomspace(*axes.get_ylim(), int(_HEIGHT)))
    style = context.styles[str(panel.points["conversion"].iloc[0])]
    sides = ((True, -1, style.colour, style.colour, 0.3), (False, 1, "none", context.theme.ink, 0.7))
    for quiet, side, face, edge, width in sides:
        shapes: list[np.ndarray] = []
        for _, cell in panel.points[panel.points["quiet"] == quiet].groupby("bytes"):
            place = float(np.log2(float(cell["bytes"].iloc[0])))
            shapes += _outlines(np.log(cell["value"].to_numpy(float)), heights, place, side * widest)
        axes.add_collection(
            PolyCollection(shapes, zorder=2, facecolor=face, edgecolor=edge, linewidth=width), autolim=False
        )


def _outlines(values: np.ndarray, heights: np.ndarray, place: float, width: float) -> list[np.ndarray]:
    """Return the outlines of a density that lies on its side, one for each mode that stands alone.

    A Gaussian kernel density estimate with Silverman's (1986) bandwidth, kept between 1 and 3
    pixels: wider would join modes.
    """
    pixel = heights[1] - heights[0]
    quartiles = np.quantile(values, [0.25, 0.75])
    scale = min(float(values.std()), float(quartiles[1] - quartiles[0]) / 1.34)
    bandwidth = np.clip(0.9 * scale * len(values) ** -0.2, pixel, 3 * pixel)
    density = np.exp(-0.5 * ((heights[:, None] - values) / bandwidth) ** 2).sum(axis=1)
    if density.max() <= 0.1:
        return []
    density /= density.max()
    shown = np.pad(density > 0.02, 1).astype(int)
    starts, stops = np.flatnonzero(np.diff(shown) == 1), np.flatnonzero(np.diff(shown) == -1)
    outlines = []
    for start, stop in zip(starts, stops, strict=True):
        across = np.concatenate(([0.0], density[start:stop], [0.0]))
        up = np.exp(heights[np.r_[start, start:stop, stop - 1]])
        outlines.append(np.column_stack((place + width * across, up)))
    return outlines


def _description(rounds: pd.DataFrame, panels: list[Panel], about: list[str], notes: list[str]) -> str:
    quiet = rounds[rounds["quiet"]]
    shows = f"Distributions of {len(rounds)} rounds, each relative to the median of its cell's quiet "
    shows += f"rounds: {len(quiet) / len(rounds):.0%} of them were quiet."
    sentences = []
    if len(quiet) < len(rounds):
        contended = float(rounds.loc[~rounds["quiet"], "value"].median())
        sentences.append(f"The median contended round took {format_ratio(contended)}.")
    for panel in panels:
        values = panel.points.loc[panel.points["quiet"], "value"]
        if len(values):
            low, high = map(format_ratio, np.quantile(values, [0.05, 0.95]))
            sentences.append(f"{plain(panel.title)}: nine of ten quiet rounds from {low} to {high}.")
    return described(shows, about, sentences, notes)


CHART = Chart("rounds", "Distribution of rounds", _needs, _draw, uses_rounds=True, by_itself=False)
