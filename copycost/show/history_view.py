"""The `history` command: the runs of one machine in the order of time, and the steps in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from copycost.analyse.common_clock import cells_at_clock, middle_clock
from copycost.analyse.fingerprint import differing_among
from copycost.analyse.history import latest, series, step_changes
from copycost.errors import UsageError, nearest
from copycost.show.compare_markdown import escaped, sentence
from copycost.show.compare_text import condition_text, own_flags, ratio_text, records, seconds_text, size_text
from copycost.show.many_runs import TypedRun, read_many
from copycost.show.table import plain
from copycost.store.bad_files import OnBad, tolerant
from copycost.store.facts import as_moment as moment
from copycost.store.places import places
from copycost.store.record import RECORD, read_record

WIDTH_ON_A_PIPE = 100
_FORMATS = ("table", "markdown", "json")
_STEPS = ("since", "run", "cell", "bytes", "before", "after", "ratio", "runs")
_LATEST = ("cell", "bytes", "runs", "past", "newest", "ratio", "doubts")


def history_runs(
    label: str,
    results: Path,
    *,
    format: str = "table",
    on_bad: OnBad | None = None,
) -> str:
    """Return the history of the runs that a label names.

    Args:
        label: a machine's name, or how the names of the runs begin; ``@ARM`` after it names an arm.
        results: the folder that holds the runs.
        format: table, markdown or json.
        on_bad: as for ``load``.

    Raises:
        UsageError: no run has that label, they are of several machines or methods, or the format is
            unknown.
    """
    if format not in _FORMATS:
        raise UsageError(f"format {format!r} is unknown: {nearest(format, list(_FORMATS))}")
    history = read_history(label, results, on_bad)
    return render(history, format)


@dataclass(frozen=True)
class History:
    """The runs of one machine in the order of time.

    Attributes:
        series: the frame of ``copycost.analyse.history.series``.
        unfinished: name and status of each run that is not complete.
        left_out: name of each run that was measured by another method than the newest, and in what that differs.
    """

    series: pd.DataFrame
    unfinished: Sequence[tuple[str, str]] = ()
    left_out: Sequence[tuple[str, str]] = ()


def read_history(label: str, results: Path, on_bad: OnBad | None = None) -> History:
    """Return the history of the runs that a label names; runs of other methods than the newest's are left out.

    Raises:
        UsageError: as from ``history_runs``.
    """
    read = read_many(_labelled(label, results, on_bad), on_bad)
    _require_one(read.facts)
    dated = [(tolerant(_created, on_bad)(fact), fact) for fact in read.facts]
    runs = sorted([(created, fact) for created, fact in dated if created is not None], key=lambda run: run[0])
    if not runs:
        raise UsageError(f"nothing is left to read: {len(dated)} skipped")
    newest = runs[-1][1]
    fields = {fact["name"]: ", ".join(differing_among([newest["method"], fact["method"]])) for _, fact in runs}
    alike = [(created, fact) for created, fact in runs if not fields[fact["name"]]]
    cells = read.cells[(read.cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True)]
    own = dict(iter(_at_common_clocks(cells, [fact for _, fact in alike]).groupby("run", sort=False)))
    found = series([(fact["name"], created, own[fact["name"]]) for created, fact in alike if fact["name"] in own])
    unfinished = [(fact["name"], fact["status"]) for _, fact in alike if fact["status"]]
    return History(found, unfinished, [(name, field) for name, field in fields.items() if field])


def _at_common_clocks(cells: pd.DataFrame, facts: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the cells of runs, those of one Python at one clock reference.

    Otherwise a run on a slower clock would read as a step; and so would every cell where another Python's clock, the
    same work compiled anew, is set against that of the one before.
    """
    of_python: dict[object, list[str]] = {}
    for fact in facts:
        of_python.setdefault(fact["machine"].get("python"), []).append(fact["name"])
    parts = []
    for names in of_python.values():
        own = cells[cells["run"].isin(names)]
        reference = middle_clock(own)
        parts.append(own if reference is None else cells_at_clock(own, reference))
    return pd.concat(parts)


def render(history: History, format: str) -> str:
    """Return a history in a format: table, markdown or json."""
    found = step_changes(history.series)
    newest = latest(history.series)
    notes = _notes(history, len(found))
    if format == "json":
        content = {"series": _dated(history.series), "steps": _dated(found), "latest": _dated(newest), "notes": notes}
        return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    steps = [_step_line(row) for _, row in found.iterrows()]
    lines = [_latest_line(row) for _, row in newest.iterrows()]
    return _markdown(steps, lines, notes) if format == "markdown" else _table(steps, lines, notes)


def _labelled(label: str, results: Path, on_bad: OnBad | None) -> list[TypedRun]:
    """Return the runs that a label names, which may have an arm's name after an ``@``, as some CPUs' names do."""
    folders = [place for place in places(results) if (place.path / RECORD).is_file()] if results.is_dir() else []
    known = {place: record for place in folders if (record := tolerant(read_record, on_bad)(place.path)) is not None}
    start, at, arm = label.rpartition("@")
    for wanted, own_arm in ((label, ""), (start, arm)) if at else ((label, ""),):
        found = [
            TypedRun(place, own_arm)
            for place, record in known.items()
            if record["processes"] and (place.name.startswith(wanted) or record["machine"].get("machine") == wanted)
        ]
        if found:
            break
    if not found:
        machines = {str(record["machine"].get("machine")) for record in known.values()}
        hint = nearest(label, [*sorted(machines), *(place.name for place in folders)])
        raise UsageError(f"no runs of {label!r}: {hint if folders else f'{results} holds no runs yet'}")
    return found


def _require_one(facts: Sequence[Mapping[str, Any]]) -> None:
    machines = sorted({fact["machine"]["machine"] or "unknown machine" for fact in facts})
    if len(machines) > 1:
        raise UsageError(f"a history is of one machine, these runs are of several: {', '.join(machines)}")
    split = [fact["name"] for fact in facts if fact["split"]]
    if split:
        raise UsageError(f"{split[0].partition('@')[0]} has several arms, give one of them: LABEL@ARM")


def _created(fact: Mapping[str, Any]) -> datetime:
    created = moment(fact["record"].get("created"))
    if created is None:
        raise UsageError(f"{fact['name']}: its record's 'created' is not a time: {fact['record'].get('created')!r}")
    return datetime.fromisoformat(created)


def _notes(history: History, steps: int) -> list[str]:
    notes = [
        f"{history.series['run'].nunique()} runs, {steps} steps; a step is a level that at least two runs share "
        "(least squares with a penalty of 3 log n, by optimal partitioning)"
    ]
    notes += [f"{name} is {status}: taken as far as it goes" for name, status in history.unfinished]
    notes += [
        f"{name} is left out: another method than the newest run's ({fields})" for name, fields in history.left_out
    ]
    return notes


def _step_line(row: pd.Series) -> list[str]:
    return [
        f"{row['created']:%Y-%m-%d %H:%M}",
        str(row["run"]),
        condition_text(row),
        size_text(row),
        seconds_text(row["before"]),
        seconds_text(row["after"]),
        ratio_text(row["ratio"]),
        f"{row['runs_before']} + {row['runs_after']}",
    ]


def _latest_line(row: pd.Series) -> list[str]:
    return [
        condition_text(row),
        size_text(row),
        str(row["runs"]),
        seconds_text(row["past"]),
        seconds_text(row["seconds"]),
        ratio_text(row["ratio"]),
        own_flags(row, []),
    ]


def _table(steps: list[list[str]], newest: list[list[str]], notes: list[str]) -> str:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_ON_A_PIPE
    with console.capture() as captured:
        for title, headings, lines in (("newest against the past", _LATEST, newest), ("steps", _STEPS, steps)):
            if not lines:
                continue
            table = Table(title=Text(title, style="bold"), title_justify="left", box=None, padding=(0, 2, 0, 0))
            for heading in headings:
                table.add_column(
                    heading, overflow="fold", no_wrap=heading not in ("cell", "run", "doubts"), header_style="dim"
                )
            for line in lines:
                table.add_row(*(Text(plain(text)) for text in line))
            console.print(table)
            console.print()
        for note in notes:
            console.print(Text(plain(note)))
    return "\n".join(line.rstrip() for line in captured.get().split("\n"))


def _markdown(steps: list[list[str]], newest: list[list[str]], notes: list[str]) -> str:
    lines = [*(f"- {sentence(note)}" for note in notes), ""]
    for title, headings, rows in (("Steps", _STEPS, steps), ("Newest against the past", _LATEST, newest)):
        if rows:
            lines += [f"### {title}", "", "| " + " | ".join(headings) + " |", "|" + " --- |" * len(headings)]
            lines += ["| " + " | ".join(_markdown_row(headings, row)) + " |" for row in rows]
            lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _markdown_row(headings: Sequence[str], row: list[str]) -> list[str]:
    named = ("run", "cell")
    return [escaped(text) if name in named else sentence(text) for name, text in zip(headings, row, strict=True)]


def _dated(frame: pd.DataFrame) -> list[dict[str, object]]:
    return records(frame.assign(created=[created.isoformat() for created in frame["created"]]))
