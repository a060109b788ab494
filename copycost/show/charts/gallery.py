"""Charts by name: drawn as a figure or into files, and files compared with the results that they show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd

from copycost.errors import UsageError
from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.chart_files import (
    alt_bytes,
    as_json,
    check_formats,
    describe_source,
    read_provenance,
    render,
    save,
)
from copycost.show.charts.frames import FRAMES, RUN, Prepared, prepared, prepared_hash
from copycost.show.charts.palette import line_styles, theme_named
from copycost.show.charts.registry import CHARTS, chart_named
from copycost.show.charts.sheet import chart_style

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
    """Draw one chart of a frame of the sort that it shows, ``width`` CSS pixels wide.

    Args:
        chart_name: as in ``CHARTS``.
        frame: a cells frame may hold the references: some charts show the plain copies among them.
        machine: the run's machine record; its caches become marks.
        theme: as in ``THEMES``.
        width: in CSS pixels.
        language_free: leaves out all words but titles and axis labels.
        transparent: leaves the page as it is.
        rounds: the rounds frame with a boolean column ``quiet``; only some charts need it.
        names: of the two sides of a comparison.
        about: the words under the title where they are not the run's.

    Raises:
        UsageError: unknown chart or theme, a width that cannot hold a chart, or data that lack what
            the chart needs.
    """
    chart = chart_named(chart_name)
    beside: dict[str, Any] = {"machine": machine, "names": names, "about": about}
    beside |= {"language_free": language_free, "transparent": transparent}
    return _draw(chart, prepared(frame, chart.shows), theme=theme, width=width, rounds=rounds, **beside)


def _draw(
    chart: Chart, data: Prepared, *, theme: str, width: int, rounds: pd.DataFrame | None, **beside: Any
) -> Drawing:
    colours = theme_named(theme)
    check_width(width)
    _refuse(chart.name, chart.needs(data.frame, rounds))
    styles = line_styles(data.conversions, colours)
    references = data.references if chart.uses_references else None
    with chart_style():
        return chart.draw(data.frame, Context(colours, width, styles, rounds=rounds, references=references, **beside))


def drawable(frame: pd.DataFrame, rounds: pd.DataFrame | None = None, shows: str = RUN) -> dict[str, str | None]:
    """Return for each chart of a sort of frame None when it can be drawn, else the reason why not."""
    return _reasons(prepared(frame, shows), rounds)


def _reasons(data: Prepared, rounds: pd.DataFrame | None) -> dict[str, str | None]:
    return {name: chart.needs(data.frame, rounds) for name, chart in CHARTS.items() if chart.shows == data.shows}


def check_width(width: int) -> None:
    """Refuse a width, in CSS pixels, that cannot hold a chart.

    Raises:
        UsageError: it is too small or too large.
    """
    if not NARROWEST <= width <= WIDEST:
        raise UsageError(f"width {width} is not between {NARROWEST} and {WIDEST} pixels")


def _refuse(chart_name: str, reason: str | None) -> None:
    if reason is not None:
        raise UsageError(f"chart {chart_name!r} cannot be drawn: {reason}")


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
    suffix: str = "",
) -> list[Path]:
    """Draw charts into a folder and return the files: ``cost.svg``, ``cost-dark.svg`` and so on.

    Without ``charts``, those that the data allow and that are drawn by themselves; a chart
    that is named must be possible. ``shows`` is which of ``FRAMES`` the frame is; the rest is as in ``draw``.
    ``provenance`` is written into each file beside what is found in the data; ``suffix`` stands behind the charts'
    names in those of the files.

    Raises:
        UsageError: as in ``draw``; an unknown format; a folder that cannot be written.
    """
    formats, themes = check_formats(formats), list(dict.fromkeys(themes))
    data = prepared(frame, shows)
    reasons = _reasons(data, rounds)
    by_themselves = [name for name, reason in reasons.items() if reason is None and CHARTS[name].by_itself]
    chosen = list(dict.fromkeys(charts or ())) or by_themselves
    if not chosen:
        raise UsageError("; ".join(f"chart {name!r}: {why}" for name, why in reasons.items()))
    # Everything is looked at before anything is written.
    for name in chosen:
        chart = chart_named(name)
        if chart.shows != shows:
            raise UsageError(f"chart {name!r} cannot be drawn: it needs {FRAMES[chart.shows].takes}")
        _refuse(name, reasons[name])
    for theme in themes:
        theme_named(theme)
    options = {"width": width, "language_free": language_free, "transparent": transparent}
    beside: dict[str, Any] = {"machine": machine, "names": names, "about": about, **options}
    files: list[Path] = []
    for name in chosen:
        shown = _hash_for(CHARTS[name], data, rounds)
        for theme in themes:
            drawing = _draw(CHARTS[name], data, theme=theme, rounds=rounds, **beside)
            source = describe_source(drawing, shown, frame, machine, options, provenance)
            files += save(drawing, out / file_stem(name + suffix, theme), formats, source)
    return list(dict.fromkeys(files))


def file_stem(chart: str, theme: str) -> str:
    """Return the name of a chart's files without their ending; the light one has the plain name."""
    return chart if theme == "light" else f"{chart}-{theme}"


def _hash_for(chart: Chart, data: Prepared, rounds: pd.DataFrame | None) -> str:
    """Return the hash of the data that one chart shows."""
    return prepared_hash(data, rounds if chart.uses_rounds else None, chart.uses_references)


def why_stale(
    path: Path,
    frame: pd.DataFrame,
    *,
    machine: Mapping[str, Any] | None = None,
    rounds: pd.DataFrame | None = None,
    names: tuple[str, str] = ("A", "B"),
    about: tuple[str, ...] = (),
) -> str | None:
    """Return why a chart file does not match its results, or None when it does.

    The data are compared by their hash. An SVG that was drawn with this version of matplotlib is
    also drawn again, with the options that it was drawn with, and compared byte for byte; another
    version of matplotlib may draw the same data differently.

    Raises:
        UsageError: the file cannot be read or is no chart that copycost drew.
    """
    source = read_provenance(path)
    chart = CHARTS.get(str(source.get("chart")))
    if chart is None:
        return f"there is no chart {source.get('chart')!r} any more"
    data = prepared(frame, chart.shows)
    if source.get("data") != _hash_for(chart, data, rounds):
        return "its results have changed"
    if path.suffix != ".svg" or source.get("drawn_with") != {"matplotlib": matplotlib.__version__}:
        return None
    beside: dict[str, Any] = {"machine": machine, "rounds": rounds, "names": names, "about": about}
    try:
        drawing = _draw(chart, data, theme=str(source.get("theme")), **beside, **source.get("options", {}))
    except (UsageError, TypeError) as error:
        return f"it cannot be drawn again: {error}"
    if render(drawing, "svg", as_json(source)) != path.read_bytes():
        return "it would be drawn differently now"
    text = path.with_name(f"{path.stem}.alt.txt")
    if not text.is_file() or text.read_bytes() != alt_bytes(drawing):
        return f"{text.name} is not its description"
    return None
