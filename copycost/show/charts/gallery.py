"""Draw charts by name: one as a figure, or all that the data allows as files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.errors import UsageError
from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.frames import FRAMES, RUN, Prepared, prepared
from copycost.show.charts.palette import line_styles, theme_named
from copycost.show.charts.provenance import describe_source, hash_for
from copycost.show.charts.registry import CHARTS, chart_named
from copycost.show.charts.saving import FORMATS, check_formats, save
from copycost.show.charts.style import chart_style

NARROWEST, WIDEST = 320, 4000


def draw(
    chart_name: str,
    frame: pd.DataFrame,
    *,
    machine: Mapping[str, Any] | None = None,
    theme: str = "light",
    width: int = 720,
    language_free: bool = False,
    transparent: bool = False,
    rounds: pd.DataFrame | None = None,
    names: tuple[str, str] = ("A", "B"),
    about: tuple[str, ...] = (),
) -> Drawing:
    """Draw one chart of a frame of the kind that it shows, ``width`` CSS pixels wide.

    A cells frame may hold the references: some charts show the plain copies among them. ``machine``
    is the run's machine record (its caches become guides). ``rounds`` is the rounds frame with a boolean
    column ``quiet``; only some charts need it. ``language_free`` leaves out all words but titles and axis
    labels. ``names`` are those of the two sides of a comparison, ``about`` the words under the title
    where they are not the run's.

    Raises:
        UsageError: unknown chart or theme, a width that cannot hold a chart, or data that lack what
            the chart needs.
    """
    chart = chart_named(chart_name)
    return _draw(
        chart,
        prepared(frame, chart.shows),
        machine=machine,
        theme=theme,
        width=width,
        language_free=language_free,
        transparent=transparent,
        rounds=rounds,
        names=names,
        about=about,
    )


def _draw(
    chart: Chart, own: Prepared, *, theme: str, width: int, rounds: pd.DataFrame | None, **beside: Any
) -> Drawing:
    colours = theme_named(theme)
    if not NARROWEST <= width <= WIDEST:
        raise UsageError(f"width {width} is not between {NARROWEST} and {WIDEST} pixels")
    _refuse(chart.name, chart.needs(own.frame, rounds))
    context = Context(
        theme=colours,
        width=width,
        styles=line_styles(own.frame["conversion"].unique() if "conversion" in own.frame else (), colours),
        rounds=rounds,
        references=own.references if chart.uses_references else None,
        **beside,
    )
    with chart_style():
        return chart.draw(own.frame, context)


def drawable(frame: pd.DataFrame, rounds: pd.DataFrame | None = None, shows: str = RUN) -> dict[str, str | None]:
    """Return for each chart of a kind of frame None when it can be drawn, else the reason why not."""
    return _reasons(prepared(frame, shows), rounds)


def _reasons(own: Prepared, rounds: pd.DataFrame | None) -> dict[str, str | None]:
    return {name: chart.needs(own.frame, rounds) for name, chart in CHARTS.items() if chart.shows == own.shows}


def draw_all(
    frame: pd.DataFrame,
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
    shows: str = RUN,
    names: tuple[str, str] = ("A", "B"),
    about: tuple[str, ...] = (),
) -> list[Path]:
    """Draw charts into a folder and return the files: ``cost.svg``, ``cost-dark.svg`` and so on.

    Without ``charts``, those that the data allow and that are drawn by themselves; a chart
    that is named must be possible. ``shows`` is the frame's kind; the rest is as in ``draw``.
    ``provenance`` is written into each file beside what is found in the data.

    Raises:
        UsageError: as in ``draw``; an unknown format; a folder that cannot be written.
    """
    chosen = check_formats(formats)
    named = list(dict.fromkeys(charts or ())) or None
    own = prepared(frame, shows)
    reasons = _reasons(own, rounds)
    chosen_charts = named if named is not None else [name for name in reasons if _by_itself(name, reasons)]
    if not chosen_charts:
        raise UsageError("; ".join(f"chart {name!r}: {why}" for name, why in reasons.items()))
    themes = list(dict.fromkeys(themes))
    # Everything is looked at before anything is written.
    for name in chosen_charts:
        chart = chart_named(name)
        if chart.shows != shows:
            raise UsageError(f"chart {name!r} cannot be drawn: it needs {FRAMES[chart.shows].takes}")
        _refuse(name, reasons[name])
    for theme in themes:
        theme_named(theme)
    options: dict[str, Any] = {
        "width": width,
        "language_free": language_free,
        "transparent": transparent,
    }
    files: list[Path] = []
    for name in chosen_charts:
        data = hash_for(CHARTS[name], own, rounds)
        for theme in themes:
            beside = {"machine": machine, "names": names, "about": about, **options}
            drawing = _draw(CHARTS[name], own, theme=theme, rounds=rounds, **beside)
            source = describe_source(drawing, data, frame, machine, options, provenance)
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
