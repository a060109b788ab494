"""The `history` command: the runs of one machine in the order of time, and the steps in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from copycost.analyse.common_clock import at_clock, middle_clock
from copycost.analyse.fingerprint import differing
from copycost.analyse.history import latest, series, step_changes
from copycost.errors import UsageError, nearest
from copycost.show.compare_markdown import escaped, sentence
from copycost.show.compare_text import condition_text, ratio_text, records, seconds_text, size_text
from copycost.show.many_runs import TypedRun, read_many
from copycost.show.table import plain
from copycost.store.bad_files import OnBad, tolerant
from copycost.store.run_folder import RECORD, read_record
from copycost.store.tree import RunPlace, places

WIDTH_ON_A_PIPE = 100
_FORMATS = ("table", "markdown", "json")
_STEPS = ("since", "run", "cell", "bytes", "before", "after", "ratio", "runs")
_LATEST = ("cell", "bytes", "runs", "past", "newest", "ratio")


def history_runs(
    label: str,
    results: Path,
    *,
    format: str = "table",
    on_bad: OnBad | None = None,
    plots: Path | None = None,
) -> str:
    """Return the history of the runs that a label names.

    Args:
        label: a machine's name, or how the names of the runs begin; ``@ARM`` after it names an arm.
        results: the folder that holds the runs.
        format: table, markdown or json.
        on_bad: as for ``load``.
        plots: the folder for the chart, where it is wanted.

    Raises:
        UsageError: no run has that label, they are of several machines or methods, or the format is
            unknown.
    """
    if format not in _FORMATS:
        raise UsageError(f"format {format!r} is unknown: {nearest(format, list(_FORMATS))}")
    history = read_history(label, results, on_bad)
    if plots is not None:
        from copycost.show.plot import draw_history

        draw_history(history, label, plots)
    return render(history, format)


def read_history(label: str, results: Path, on_bad: OnBad | None = None) -> pd.DataFrame:
    """Return the frame of ``copycost.analyse.history.series`` for the runs that a label names."""
    start, at, arm = label.rpartition("@")
    start, arm = (start, arm) if at else (label, "")
    found = [TypedRun(place, arm) for place in _labelled(start, results, on_bad)]
    read = read_many(found, on_bad)
    _require_one(read.facts)
    cells = read.cells[(read.cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True)]
    # One reference for all: otherwise a run on a slower clock would read as a step.
    reference = middle_clock(cells)
    cells = cells if reference is None else at_clock(cells, reference)
    own = dict(iter(cells.groupby("run", sort=False)))
    return series([(fact["name"], _created(fact), own[fact["name"]]) for fact in read.facts if fact["name"] in own])


def render(history: pd.DataFrame, format: str) -> str:
    """Return a history in a format: table, markdown or json.

    Args:
        history: the frame of ``copycost.analyse.history.series``.
        format: one of the three.
    """
    found = step_changes(history)
    newest = latest(history)
    if format == "json":
        content = {"series": _dated(history), "steps": _dated(found), "latest": _dated(newest)}
        return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    steps = [_step_line(row) for _, row in found.iterrows()]
    lines = [_latest_line(row) for _, row in newest.iterrows()]
    note = _note(history, len(found))
    return _markdown(steps, lines, note) if format == "markdown" else _table(steps, lines, note)


def _labelled(label: str, results: Path, on_bad: OnBad | None) -> list[RunPlace]:
    folders = [place for place in places(results) if (place.path / RECORD).is_file()] if results.is_dir() else []
    known = {place: record for place in folders if (record := tolerant(read_record, on_bad)(place.path)) is not None}
    found = [
        place
        for place, record in known.items()
        if record["processes"] and (place.name.startswith(label) or record["machine"].get("machine") == label)
    ]
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
    first = facts[0]
    for fact in facts[1:]:
        for field, own, other in differing(first["method"], fact["method"]):
            raise UsageError(
                f"{first['name']} and {fact['name']} were measured by different methods: {field} {own!r} and {other!r}"
            )


def _created(fact: Mapping[str, Any]) -> datetime:
    try:
        created = datetime.fromisoformat(fact["record"]["created"])
    except (KeyError, ValueError) as error:
        raise UsageError(f"{fact['name']}: its record's 'created' is not a time") from error
    return created if created.tzinfo else created.replace(tzinfo=UTC)


def _note(history: pd.DataFrame, steps: int) -> str:
    return (
        f"{history['run'].nunique()} runs, {steps} steps; a step is a level that at least two runs share "
        "(least squares with a penalty of 3 log n, by optimal partitioning)"
    )


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
    ]


def _table(steps: list[list[str]], newest: list[list[str]], note: str) -> str:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_ON_A_PIPE
    with console.capture() as captured:
        for title, headings, lines in (("newest against the past", _LATEST, newest), ("steps", _STEPS, steps)):
            if not lines:
                continue
            table = Table(title=Text(title, style="bold"), title_justify="left", box=None, padding=(0, 2, 0, 0))
            for heading in headings:
                table.add_column(heading, overflow="fold", no_wrap=heading not in ("cell", "run"), header_style="dim")
            for line in lines:
                table.add_row(*(Text(plain(text)) for text in line))
            console.print(table)
            console.print()
        console.print(Text(note))
    return "\n".join(line.rstrip() for line in captured.get().split("\n"))


def _markdown(steps: list[list[str]], newest: list[list[str]], note: str) -> str:
    lines = [sentence(note), ""]
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
