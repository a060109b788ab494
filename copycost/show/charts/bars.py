"""Chart: the benchmarks of any suite beside each other, where no number tells them apart."""

from __future__ import annotations

import pandas as pd

from copycost.show.charts.axes import SECONDS, scale_across, set_ticks
from copycost.show.charts.captions import Entry, heading, key, note_entries
from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.descriptions import described
from copycost.show.charts.frames import PARAMETERS
from copycost.show.charts.labels import distinct_labels, plain, text_width
from copycost.show.charts.palette import MARKER_SIZE
from copycost.show.charts.panels import facts
from copycost.show.charts.sheet import MARGIN, TICK_SIZE, Sheet
from copycost.units import format_seconds

_ROW, _LABEL, _FIGURE = 20.0, 11.0, 10.0
MOST_ROWS = 40
_INTERVAL = "the middle half of the rounds"


def _beside(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[(frame["seconds"] > 0) & (frame["across"] == "") & (frame["up"] == "")]


def _needs(frame: pd.DataFrame, rounds: pd.DataFrame | None) -> str | None:
    return None if len(_beside(frame)) else "a number tells its benchmarks apart: they stand against that"


def _draw(frame: pd.DataFrame, context: Context) -> Drawing:
    known = _beside(frame).sort_values("seconds", ascending=False, kind="stable").reset_index(drop=True)
    shown = known.head(MOST_ROWS)
    about = facts(shown, context)
    room = context.width - 2 * MARGIN
    head = heading(CHART.title, about, context, room)
    notes = [f"of {len(known)} benchmarks, the {len(shown)} slowest are shown"] if len(shown) < len(known) else []
    quartiles = (shown["low"] > 0) & (shown["high"] > 0)
    entries = [Entry("interval", _INTERVAL)] if quartiles.any() else []
    foot = key(entries if context.language_free else [*entries, *note_entries(notes)], room)

    panels = shown["panel"].where(shown["panel"] == "", shown["panel"] + " · ")
    names = [str(name) for name in panels + shown["line"]]
    labels = dict(
        zip(dict.fromkeys(names), distinct_labels(list(dict.fromkeys(names)), 0.4 * room, _LABEL), strict=True)
    )
    figures = [format_seconds(seconds) for seconds in shown["seconds"]]
    beside = max(text_width(text, _LABEL) for text in labels.values()) + 12
    width = room - beside - max(text_width(text, _FIGURE) for text in figures) - 8
    top, height = head.height + 8, _ROW * len(shown)
    sheet = Sheet(context.width, top + height + 44 + foot.height + 8, context.theme, context.transparent)
    head.draw(sheet, MARGIN)
    axes = sheet.axes(MARGIN + beside, top, width, height)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color=sheet.theme.grid, linewidth=0.7)
    axes.set_ylim(len(shown), 0)
    set_ticks(axes.yaxis, (), ())
    low, high = float(shown["seconds"].min()), float(shown["seconds"].max())
    widen = max(1.0, 3 * low / high) ** 0.5
    scale_across(axes, SECONDS, pd.Series([low / widen, high * widen]), width)
    colour = context.theme.lines[0]
    start = axes.get_xlim()[0]
    for number, (_, row) in enumerate(shown.iterrows()):
        place = number + 0.5
        # A bar from the edge of a logarithmic axis has no length that means anything: it only leads to its end.
        axes.plot([start, row["seconds"]], [place, place], color=sheet.theme.guide, linewidth=1.0, zorder=2)
        axes.plot([row["seconds"]], [place], marker="o", markersize=MARKER_SIZE * 1.25, color=colour, zorder=3)
        if quartiles.iloc[number]:
            axes.plot([row["low"], row["high"]], [place, place], color=colour, alpha=0.45, linewidth=5, zorder=2.5)
        base = top + place * _ROW
        sheet.text(MARGIN, base + 0.36 * _LABEL, labels[names[number]], _LABEL, sheet.theme.ink)
        where = MARGIN + room - text_width(figures[number], _FIGURE)
        sheet.text(where, base + 0.36 * _FIGURE, figures[number], _FIGURE, sheet.theme.muted)
    middle = MARGIN + beside + width / 2
    sheet.text(middle, top + height + 32, SECONDS.label, TICK_SIZE, context.theme.muted, ha="center")
    foot.draw(sheet, MARGIN, sheet.height - foot.height - 2)
    told = [f"{plain(name)}: {figure}." for name, figure in zip(names, figures, strict=True)]
    alt = described(f"{CHART.title}, the slowest first, on a logarithmic axis.", about, told, notes)
    return Drawing(CHART.name, CHART.title, context.theme.name, sheet.figure, alt)


CHART = Chart("bars", "Time per call of each benchmark", _needs, _draw, shows=PARAMETERS)
