"""Chart: which conversions became faster or slower at which sizes, as a map of coloured cells."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.verdicts import FASTER, SAME, SLOWER, UNDECIDED, VERDICTS
from copycost.show.charts.axes import BYTES
from copycost.show.charts.captions import Entry, heading, key, note_entries
from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.descriptions import counted, described, extremes, one_sided, side_name, time_ratio, titled
from copycost.show.charts.frames import PAIR
from copycost.show.charts.labels import conversion_labels, plain, shorten, text_width
from copycost.show.charts.line_charts import NO_BYTES, with_bytes
from copycost.show.charts.palette import Theme, readable_on
from copycost.show.charts.panels import Panel, facts, not_shown, split
from copycost.show.charts.sheet import MARGIN, TICK_SIZE, Grid, Sheet, columns_for
from copycost.units import format_bytes

BOUNDS = (1.1, 1.5)
"""Factors at which the next colour begins."""
_STEPS = ("up to 1.1×", "1.1 to 1.5×", "over 1.5×")
_ROW, _LABEL, _GAP = 22.0, 11.0, 1.0
_FIGURE, _PADDING = 10.0, 3.0
_SIZES = (9.0, _FIGURE)
_NARROWEST_PANEL, _LONGEST_NAME, _WIDE_ENOUGH = 370.0, 220.0, 28.0
_SIGNS = {SAME: "=", UNDECIDED: "?", FASTER: "▼", SLOWER: "▲"}


def _needs(comparison: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
    return None if len(with_bytes(comparison)) else NO_BYTES


def _draw(comparison: pd.DataFrame, context: Context) -> Drawing:
    both = with_bytes(comparison)
    panels, omitted = split(both)
    notes = [*one_sided(comparison), *not_shown(omitted, "runs")]
    about = facts(both, context)
    room = context.width - 2 * MARGIN
    head = heading(CHART.title, about, context, room)
    names = [name for name in context.styles if (both["conversion"] == name).any()]
    longest = min(max(text_width(plain(name), _LABEL) for name in names), _LONGEST_NAME)
    sizes = max(panel.points["bytes"].nunique() for panel in panels)
    columns = columns_for(len(panels), room, max(_NARROWEST_PANEL, longest + sizes * _WIDE_ENOUGH))
    grid = Grid(len(panels), columns, room, head.height)
    labels = conversion_labels(names, min(0.36 * grid.width, _LONGEST_NAME), _LABEL)
    beside = max(text_width(text, _LABEL) for text in labels.values()) + 8
    if not all(_figures(panel, grid.width - beside)[1] for panel in panels):
        notes.insert(0, "▲ slower, ▼ faster")
    foot = key([] if context.language_free else _entries(both, context, notes), room)
    above = (18.0 if len(panels) > 1 else 0.0) + 20.0
    grid = grid.with_panels([above + panel.points["conversion"].nunique() * _ROW + 32 for panel in panels])
    sheet = Sheet(context.width, grid.bottom + 14 + foot.height + 8, context.theme, context.transparent)
    head.draw(sheet, MARGIN)
    for number, panel in enumerate(panels):
        left, top = grid.corner(number)
        sheet.panel_title(left, top, panel.title, grid.width)
        label = shorten(time_ratio(context.names), grid.width, TICK_SIZE)
        sheet.text(left, top + above - 8, label, TICK_SIZE, context.theme.muted)
        foot_of_map = _map(sheet, panel, labels, (left, left + beside, left + grid.width), top + above)
        if grid.is_last_in_column(number):
            middle = left + (beside + grid.width) / 2
            sheet.text(middle, foot_of_map + 32, BYTES.label, TICK_SIZE, context.theme.muted, ha="center")
    foot.draw(sheet, MARGIN, sheet.height - foot.height - 2)
    a, b = map(side_name, context.names)
    shows = f"{CHART.title}: a map of conversions and bytes, coloured by how much longer {b} takes than {a}."
    sentences = [counted(both["verdict"], VERDICTS), *extremes(both), *map(_ranges, panels)]
    alt = described(shows, about, sentences, notes)
    return Drawing(CHART.name, CHART.title, context.theme.name, sheet.figure, alt)


def _map(sheet: Sheet, panel: Panel, labels: dict[str, str], across: tuple[float, float, float], top: float) -> float:
    """Draw a panel's names and cells and return how far down they reach.

    ``across`` is where the names begin, where the cells begin, and where these end.
    """
    outer, left, right = across
    sizes = np.unique(panel.points["bytes"].to_numpy(float))
    names = [name for name in labels if (panel.points["conversion"] == name).any()]
    width = (right - left) / len(sizes)
    for number, name in enumerate(names):
        sheet.text(outer, top + number * _ROW + 0.68 * _ROW, labels[str(name)], _LABEL, sheet.theme.ink)
    figures, size = _figures(panel, right - left)
    for (_, cell), figure in zip(panel.points.iterrows(), figures, strict=True):
        place = left + float(np.searchsorted(sizes, cell["bytes"])) * width
        row = top + names.index(cell["conversion"]) * _ROW
        colour = cell_colour(sheet.theme, cell["verdict"], cell["ratio"])
        sheet.box(place, row, width - _GAP, _ROW - _GAP, colour)
        text = figure if size and cell["verdict"] in (FASTER, SLOWER) else _SIGNS.get(cell["verdict"], "")
        middle, base = place + (width - _GAP) / 2, row + _ROW / 2 + 0.32 * _FIGURE
        sheet.text(middle, base, text, size or _FIGURE, readable_on(sheet.theme, colour), ha="center")
    bottom = top + _ROW * len(names)
    for place, text in _size_labels(sizes, left, width):
        # The last one may be wider than its cell, and reach into the page's margin.
        place = min(place, right - text_width(text, TICK_SIZE) / 2)
        sheet.text(place, bottom + 14, text, TICK_SIZE, sheet.theme.muted, ha="center")
    return bottom


def figure_text(ratio: float) -> str:
    """Return a ratio as short as a cell of the map needs it: ``0.07``, ``1.32``, ``13``."""
    return f"{ratio:.2f}" if ratio < 9.95 else f"{ratio:.0f}" if ratio < 9999 else "≫"


def cell_colour(theme: Theme, verdict: str, ratio: float) -> str:
    """Return the colour of a cell: neutral without a change, else deeper the larger it is."""
    if verdict not in (FASTER, SLOWER):
        return theme.neutral
    step = int(np.searchsorted(BOUNDS, ratio if ratio > 1 else 1 / ratio))
    return (theme.slower if verdict == SLOWER else theme.faster)[step]


def _figures(panel: Panel, width: float) -> tuple[list[str], float]:
    """Return the figures of a panel's cells and their size; 0 where cells in ``width`` pixels are too narrow."""
    figures = [figure_text(ratio) for ratio in panel.points["ratio"]]
    room = width / panel.points["bytes"].nunique() - _GAP - _PADDING
    fitting = [size for size in _SIZES if max(text_width(figure, size) for figure in figures) <= room]
    return figures, max(fitting, default=0.0)


def _size_labels(sizes: np.ndarray, left: float, width: float) -> list[tuple[float, str]]:
    """Return the middle and the text of as many sizes as can stand side by side, evenly."""
    texts = [format_bytes(size) for size in sizes]
    every = next(
        (n for n in range(1, len(texts) + 1) if max(text_width(t, TICK_SIZE) for t in texts[::n]) + 8 <= n * width),
        len(texts),
    )
    return [(left + (at + 0.5) * width, texts[at]) for at in range(0, len(texts), every)]


def _entries(both: pd.DataFrame, context: Context, notes: list[str]) -> list[Entry]:
    """Return the entries of the key, for no more colours and signs than are on the map."""
    theme = context.theme
    colours = [
        cell_colour(theme, verdict, ratio) for verdict, ratio in zip(both["verdict"], both["ratio"], strict=True)
    ]
    entries = []
    for verdict, ramp in ((SLOWER, theme.slower), (FASTER, theme.faster)):
        steps = zip(ramp, (f"{verdict}: {step}" for step in _STEPS), strict=True)
        entries += [Entry("patch", text, colour) for colour, text in steps if colour in colours]
    signs = {SAME: "= the same", UNDECIDED: "? undecided"}
    words = [text for verdict, text in signs.items() if (both["verdict"] == verdict).any()]
    entries += [Entry("patch", ", ".join(words), theme.neutral)] if words else []
    return entries + note_entries(notes)


def _ranges(panel: Panel) -> str:
    """Return a sentence with each conversion's smallest and largest ratio in a panel."""
    parts = []
    for name, cells in panel.points.groupby("conversion", sort=True):
        low, high = f"{cells['ratio'].min():.2f}×", f"{cells['ratio'].max():.2f}×"
        parts.append(f"{plain(name)} {low}" + (f" to {high}" if low != high else ""))
    return titled(panel, "; ".join(parts) + ".")


CHART = Chart("heat-map", "Faster and slower, by conversion and bytes", _needs, _draw, shows=PAIR)
