"""`plot --check`: which chart files no longer match their results, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copycost.errors import UsageError
from copycost.show.charts.chart_files import FORMATS, read_provenance
from copycost.show.charts.gallery import why_stale
from copycost.show.charts.registry import CHARTS
from copycost.show.plot_subject import Subject, read_subject
from copycost.store.places import find, places


@dataclass(frozen=True)
class Stale:
    """A chart file that does not match its results."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Checked:
    """How many chart files were looked at, and those that are stale."""

    count: int
    stale: list[Stale]


def check_plots(folder: Path, results: Path, typed: Sequence[str] = ()) -> Checked:
    """Return which chart files in a folder, and in the folders within it, are stale.

    Each file says what it was drawn from. That is looked for among what was typed, by its name, then among
    the results.

    Args:
        folder: with the charts.
        results: the folder that holds the runs.
        typed: runs and files that lie elsewhere.

    Raises:
        UsageError: there is no such folder, or no chart of ours in it.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder with charts")
    given = {_own_name(one): one for one in typed if find(_run_of(one), results)}
    files = [path for ending in FORMATS for path in sorted(folder.rglob(f"*.{ending}"))]
    subjects: dict[str, Subject | str] = {}
    count, stale = 0, []
    for path in sorted(files):
        try:
            source = read_provenance(path)
        except UsageError:
            continue  # a picture of someone else's
        count += 1
        reason = _why(path, source, subjects, results, given)
        if reason is not None:
            stale.append(Stale(path, reason))
    if not count:
        raise UsageError(f"{folder}: holds no charts that copycost drew")
    return Checked(count, stale)


def _why(
    path: Path,
    source: Mapping[str, Any],
    subjects: dict[str, Subject | str],
    results: Path,
    given: Mapping[str, str],
) -> str | None:
    chart = CHARTS.get(str(source.get("chart")))
    if chart is None:
        return f"there is no chart {source.get('chart')!r} any more"
    key = json.dumps([chart.shows, source.get("sources") or source.get("runs"), source.get("choice")], sort_keys=True)
    if key not in subjects:
        subjects[key] = _read(chart.shows, source, results, given)
    subject = subjects[key]
    if isinstance(subject, str):
        return subject
    return why_stale(
        path,
        subject.frame,
        machine=subject.machine,
        rounds=subject.rounds,
        names=subject.names,
        about=subject.about,
    )


def _read(shows: str, source: Mapping[str, Any], results: Path, given: Mapping[str, str]) -> Subject | str:
    """Return what a file was drawn from, or why that cannot be had."""
    names = source.get("sources") or source.get("runs") or []
    choice = source.get("choice") or {}
    if not isinstance(names, list) or not isinstance(choice, dict):
        return "it does not say what it was drawn from"
    try:
        return read_subject(shows, [_found(str(name), results, given) for name in names], results, choice)
    except UsageError as error:
        return f"its results cannot be read: {error}"


def _own_name(typed: str) -> str:
    return Path(_run_of(typed)).name


def _run_of(typed: str) -> str:
    """Return what was typed without the name of an arm."""
    return typed if Path(typed).exists() else typed.rpartition("@")[0] or typed


def _found(name: str, results: Path, given: Mapping[str, str]) -> str:
    """Return where a source is: what was typed of that name, or a file or run among the results, however deep."""
    run, at, arm = name.rpartition("@") if "@" in name and not (results / name).exists() else (name, "", "")
    own = Path(run).name
    if own in given:
        return f"{_run_of(given[own])}{at}{arm}"
    if (results / run).exists():
        return f"{results / run}{at}{arm}"
    deeper = [place.path for place in places(results) if place.path.name == own] if results.is_dir() else []
    return f"{deeper[0]}{at}{arm}" if len(deeper) == 1 else name
