"""Draw charts by name: one as a figure, or all that the data allows as files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.errors import UsageError
from copycost.show.charts.chart import Context, Drawing
from copycost.show.charts.palette import line_styles, theme_named
from copycost.show.charts.points import prepare
from copycost.show.charts.provenance import describe_source
from copycost.show.charts.registry import CHARTS, chart_named
from copycost.show.charts.saving import FORMATS, check_formats, save
from copycost.show.charts.style import chart_style

NARROWEST, WIDEST = 320, 4000


def draw(
    chart_name: str,
    cells: pd.DataFrame,
    *,
    machine: Mapping[str, Any] | None = None,
    theme: str = "light",
    width: int = 720,
    language_free: bool = False,
    transparent: bool = False,
    rounds: pd.DataFrame | None = None,
) -> Drawing:
    """Draw one chart of a cells frame, ``width`` CSS pixels wide.

    ``machine`` is the run's machine record (its caches become guides). ``rounds`` is the rounds
    frame with a boolean column ``quiet``; only some charts need it. ``language_free`` leaves out
    all words but titles and axis labels.

    Raises:
        UsageError: unknown chart or theme, a width that cannot hold a chart, or data that lack what
            the chart needs.
    """
    chart = chart_named(chart_name)
    colours = theme_named(theme)
    if not NARROWEST <= width <= WIDEST:
        raise UsageError(f"width {width} is not between {NARROWEST} and {WIDEST} pixels")
    prepared = prepare(cells)
    _refuse(chart_name, chart.needs(prepared, rounds))
    context = Context(
        theme=colours,
        width=width,
        styles=line_styles(prepared["conversion"].unique(), colours),
        machine=machine,
        language_free=language_free,
        transparent=transparent,
        rounds=rounds,
    )
    with chart_style():
        return chart.draw(prepared, context)


def drawable(cells: pd.DataFrame, rounds: pd.DataFrame | None = None) -> dict[str, str | None]:
    """Return for each chart None when it can be drawn from the data, else the reason why not."""
    prepared = prepare(cells)
    return {name: chart.needs(prepared, rounds) for name, chart in CHARTS.items()}


def draw_all(
    cells: pd.DataFrame,
    out: Path,
    charts: Iterable[str] | None = None,
    *,
    machine: Mapping[str, Any] | None = None,
    formats: Iterable[str] = ("svg", "png"),
    themes: Iterable[str] = ("light",),
    width: int = 720,
    language_free: bool = False,
    transparent: bool = False,
    rounds: pd.DataFrame | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Draw charts into a folder and return the files: ``cost.svg``, ``cost-dark.svg`` and so on.

    Without ``charts``, those that the data allow and that are drawn by themselves; a chart
    that is named must be possible.
    ``provenance`` is written into each file beside what is found in the data.

    Raises:
        UsageError: as in ``draw``; an unknown format; a folder that cannot be written.
    """
    chosen = check_formats(formats)
    named = list(dict.fromkeys(charts or ())) or None
    reasons = drawable(cells, rounds)
    names = named if named is not None else [name for name in CHARTS if _by_itself(name, reasons)]
    if not names:
        raise UsageError("; ".join(f"chart {name!r}: {why}" for name, why in reasons.items()))
    themes = list(dict.fromkeys(themes))
    # Everything is looked at before anything is written.
    for name in names:
        chart_named(name)
        _refuse(name, reasons[name])
    for theme in themes:
        theme_named(theme)
    options: dict[str, Any] = {
        "width": width,
        "language_free": language_free,
        "transparent": transparent,
    }
    files: list[Path] = []
    for name in names:
        for theme in themes:
            drawing = draw(name, cells, machine=machine, theme=theme, rounds=rounds, **options)
            seen = rounds if CHARTS[name].uses_rounds else None
            source = describe_source(drawing, cells, seen, machine, options, provenance)
            files += save(drawing, out / file_stem(name, theme), chosen, source)
    return list(dict.fromkeys(files))


def _refuse(chart_name: str, reason: str | None) -> None:
    if reason is not None:
        raise UsageError(f"chart {chart_name!r} cannot be drawn: {reason}")


def file_stem(chart: str, theme: str) -> str:
    """Return the name of a chart's files without their ending; the light one has the plain name."""
    return chart if theme == "light" else f"{chart}-{theme}"


__all__ = ["FORMATS", "draw", "draw_all", "drawable", "file_stem"]


def _by_itself(name: str, reasons: Mapping[str, str | None]) -> bool:
    """Return whether a chart is drawn without being named."""
    return not reasons[name] and CHARTS[name].by_itself
