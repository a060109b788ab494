"""The `plot` command: the charts of runs, of comparisons and of other suites as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.errors import UsageError, nearest
from copycost.show.charts.frames import FRAMES, HISTORY, NOISE, PAIR, PARAMETERS, RUN, RUNS
from copycost.show.charts.gallery import draw_all, drawable
from copycost.show.charts.registry import CHARTS, chart_named
from copycost.show.compare_side import SideView
from copycost.show.plot_subject import Subject, arms_of, read_subject, view_subject
from copycost.show.readable import readable
from copycost.show.run_view import RunView, read_run
from copycost.store.bad_files import OnBad
from copycost.store.json_file import read_json
from copycost.store.places import find

ALL = "all"
BACKGROUNDS = ("solid", "transparent")


@dataclass(frozen=True)
class Look:
    """How charts are written: formats and themes joined by commas, CSS pixels, words or none, and the page."""

    format: str = "svg,png"
    theme: str = "light"
    width: int = 720
    lang_free: bool = False
    background: str = "solid"


def plot_run(
    path: Path,
    out: Path,
    *,
    chart: Sequence[str] = (),
    format: str = "svg,png",
    theme: str = "light",
    width: int = 720,
) -> list[Path]:
    """Draw charts of a run into a folder and return the files.

    Args:
        path: a run folder or a pytest-benchmark file.
        out: the folder for the charts; made when it is missing.
        chart: names of charts; none means every chart that the data allow.
        format: any of svg, png and pdf, joined by commas.
        theme: light, dark or both, joined by a comma.
        width: CSS pixels.

    Raises:
        UsageError: a name is unknown, a chart cannot be drawn, or the folder cannot be written.
    """
    return draw_view(read_run(path), out, chart=chart, format=format, theme=theme, width=width, source=path.name)


def draw_view(
    view: RunView,
    out: Path,
    *,
    chart: Sequence[str] = (),
    format: str = "svg,png",
    theme: str = "light",
    width: int = 720,
    source: str | None = None,
) -> list[Path]:
    """Draw charts of a run that is already read; see `plot_run`. ``source`` names the run."""
    return draw_subject(view_subject(view, source), out, chart, Look(format, theme, width))


def plot_runs(
    typed: Sequence[str],
    out: Path,
    results: Path,
    *,
    chart: Sequence[str] = (),
    look: Look = Look(),
    choice: Mapping[str, Any] | None = None,
    on_bad: OnBad | None = None,
) -> list[Path]:
    """Draw the charts of what was typed into a folder and return the files.

    One run has its own charts, and those of a comparison where it has several arms; two runs have those of
    a comparison, more have those of many. A noise profile and another suite's file have their own.

    Args:
        typed: runs, files, or arms written RUN@ARM.
        out: the folder for the charts; made when it is missing.
        results: the folder that holds the runs.
        chart: names of charts, or ``all``; none means those that are drawn by themselves.
        look: how they are written.
        choice: ``anyway``, ``x``, ``line``, ``panel``, where they were given.
        on_bad: as for ``load``; what is left decides which charts there are.

    Raises:
        UsageError: something typed is unknown or cannot be drawn.
    """
    choice = {name: value for name, value in (choice or {}).items() if value}
    typed = readable(typed, results, on_bad, _is_profile)
    named = chart and ALL not in chart
    kinds = _kinds_of(chart, choice) if named else _usual_kinds(typed, results, choice)
    subjects = [read_subject(kind, typed, results, choice, on_bad) for kind in kinds]
    files: list[Path] = []
    for subject in subjects:
        own = [name for name in chart if name != ALL and CHARTS[name].shows == subject.shows]
        files += draw_subject(subject, out, own or (_possible(subject) if ALL in chart else ()), look)
    return files


def draw_subject(subject: Subject, out: Path, chart: Sequence[str], look: Look) -> list[Path]:
    """Draw charts of a subject into a folder and return the files; none named means the usual ones.

    Raises:
        UsageError: as from ``copycost.show.charts.gallery.draw_all``, or an unknown background.
    """
    if look.background not in BACKGROUNDS:
        raise UsageError(f"background {look.background!r} is unknown: {nearest(look.background, list(BACKGROUNDS))}")
    return draw_all(
        subject.frame,
        out,
        chart,
        machine=subject.machine,
        formats=_words(look.format),
        themes=_words(look.theme),
        width=look.width,
        language_free=look.lang_free,
        transparent=look.background == "transparent",
        rounds=subject.rounds,
        provenance=subject.provenance,
        shows=subject.shows,
        names=subject.names,
        about=subject.about,
    )


def draw_comparison(
    cells: pd.DataFrame,
    a: SideView,
    b: SideView,
    sources: Sequence[str],
    out: Path,
    **made_with: Any,
) -> list[Path]:
    """Draw the charts of a comparison that is made already; ``made_with`` as for ``compared_subject``."""
    from copycost.show.plot_pair import compared_subject

    subject = compared_subject(cells, a, b, sources, **made_with)
    return draw_subject(subject, out, (), Look())


def draw_history(series: pd.DataFrame, label: str, out: Path) -> list[Path]:
    """Draw the chart of a history that is read already."""
    from copycost.show.plot_runs import series_subject

    return draw_subject(series_subject(series, label), out, (), Look())


def chart_list() -> str:
    """Return the charts that there are, a line each, by what they need; those drawn without being named have a
    mark.
    """
    widest = max(map(len, CHARTS))
    lines = []
    for shows, kind in FRAMES.items():
        lines.append(f"from {kind.takes}:")
        lines += [
            f"{'*' if chart.by_itself else ' '} {name:<{widest}}  {chart.title}"
            for name, chart in CHARTS.items()
            if chart.shows == shows
        ]
    return "\n".join(lines)


def _possible(subject: Subject) -> list[str]:
    """Return every chart that a subject allows, whether it is drawn by itself or not."""
    reasons = drawable(subject.frame, subject.rounds, subject.shows)
    return [name for name, reason in reasons.items() if reason is None]


def _kinds_of(names: Sequence[str], choice: Mapping[str, Any]) -> list[str]:
    """Return the kinds of frames that named charts are drawn from."""
    kinds = list(dict.fromkeys(chart_named(name).shows for name in names))
    if HISTORY in kinds:
        raise UsageError("chart 'history' is drawn by: history LABEL --plots FOLDER")
    _refuse_params(choice, PARAMETERS in kinds)
    return kinds


def _usual_kinds(typed: Sequence[str], results: Path, choice: Mapping[str, Any]) -> list[str]:
    """Return the kinds of frames whose charts are drawn where none is named."""
    if len(typed) > 1:
        _refuse_params(choice, False)
        return [PAIR] if len(typed) == 2 else [RUNS]
    path = Path(typed[0])
    if path.is_file() and _is_profile(path):
        return [NOISE]
    arms = arms_of(typed[0], results)
    if choice.keys() & {"x", "line", "panel"} or (len(arms) == 1 and _is_other_suite(typed[0], results)):
        return [PARAMETERS]
    return [RUN] if len(arms) == 1 else [RUN, PAIR if len(arms) == 2 else RUNS]


def _refuse_params(choice: Mapping[str, Any], wanted: bool) -> None:
    given = [f"--{name}" for name in ("x", "line", "panel") if name in choice]
    if given and not wanted:
        raise UsageError(f"{' and '.join(given)} go with one pytest-benchmark file and its chart 'parameters'")


def _is_profile(path: Path) -> bool:
    content = read_json(path)
    return isinstance(content, dict) and "noise" in content


def _is_other_suite(typed: str, results: Path) -> bool:
    """Return whether a file holds benchmarks, but none with a conversion's number of bytes."""
    path = find(typed, results) if "@" not in typed or Path(typed).exists() else None
    if path is None or not path.is_file():
        return False
    content = read_json(path)
    items = content.get("benchmarks") if isinstance(content, dict) else None
    items = items if isinstance(items, list) else []
    infos = [item.get("extra_info") for item in items if isinstance(item, dict)]
    return not any(isinstance(info, dict) and info.get("source_bytes") for info in infos)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))
