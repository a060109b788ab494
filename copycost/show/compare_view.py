"""The `compare` command: two sides read, compared and rendered, and the gate's answer."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.analyse.fingerprint import conditions
from copycost.analyse.gate import failures, parse_gate
from copycost.analyse.geometric_means import summary
from copycost.analyse.machines import differences
from copycost.analyse.verdicts import ONLY_A, ONLY_B, UNDECIDED
from copycost.errors import UsageError, nearest
from copycost.show.compare_markdown import markdown
from copycost.show.compare_side import SideView, read_sides
from copycost.show.compare_table import table
from copycost.show.compare_text import condition_text, ratio_text, records, size_text
from copycost.show.compared import MARGIN, compared
from copycost.store.bad_files import OnBad


def compare_runs(
    a: str,
    b: str,
    results: Path,
    *,
    margin: float | None = None,
    anyway: bool = False,
    format: str = "table",
    fail_on: str | None = None,
    on_bad: OnBad | None = None,
) -> tuple[str, int]:
    """Return the comparison as text, and the exit status: 1 where the gate fails, else 0.

    Args:
        a: a run's name, 'latest', a folder, a pytest-benchmark file, or RUN@ARM.
        b: the other side.
        results: the folder that holds the runs.
        margin: half-width of what counts as the same, as a share; by default 3%, or less where the
            gate asks for a smaller slowdown than that.
        anyway: compare what different methods have measured, and flag every row.
        format: table, markdown, json or csv.
        fail_on: the gate, such as ``slower>5%``.
        on_bad: as for ``load``.

    Raises:
        UsageError: a side cannot be read, the methods differ, no cell is common, the gate does not
            parse, or the format is unknown.
    """
    check_format(format)
    gate = parse_gate(fail_on) if fail_on is not None else None
    if margin is None:
        margin = min(MARGIN, (gate.smallest if gate else None) or MARGIN)
    side_a, side_b = read_sides((a, b), results, on_bad)
    found = compared(side_a, side_b, margin=margin, anyway=anyway)
    cells = found.cells
    failed = failures(gate, cells) if gate else None
    gate_lines = _gate_lines(fail_on, failed, cells)
    if format == "csv":  # which has room for cells only
        for line in gate_lines:
            print(line, file=sys.stderr)
    notes = [*found.notes, *gate_lines]
    text = render(cells, summary(cells), notes, format, heading=heading(side_a, side_b), gate=(fail_on, failed))
    return text, int(failed is not None and len(failed) > 0)


def check_format(format: str) -> None:
    """Refuse an unknown format before anything is read.

    Raises:
        UsageError: the format is unknown.
    """
    if format not in _RENDERERS:
        raise UsageError(f"format {format!r} is unknown: {nearest(format, list(_RENDERERS))}")


def render(
    comparison: pd.DataFrame,
    summary: pd.DataFrame,
    notes: Sequence[str],
    format: str,
    *,
    heading: Sequence[str] = (),
    gate: tuple[str | None, pd.DataFrame | None] = (None, None),
) -> str:
    """Return a comparison in a format: table, markdown, json or csv.

    Args:
        comparison: the frame of ``copycost.analyse.comparison.compare``.
        summary: the frame of ``copycost.analyse.geometric_means.summary``.
        notes: lines about the comparison as a whole; not in csv, which has the cells only.
        format: one of the four.
        heading: lines that say what A and B are.
        gate: the gate's text and the rows that fail it, for json.

    Raises:
        UsageError: the format is unknown.
    """
    check_format(format)
    return _RENDERERS[format](comparison, summary, heading, notes, gate)


def heading(a: SideView, b: SideView) -> list[str]:
    """Return lines that say what A and B are, and in what their machines and arms differ."""
    lines = [f"{letter}: {_described(side)}" for letter, side in (("A", a), ("B", b))]
    facts = differences([a.machine, b.machine]) if a.machine and b.machine else []
    lines += [f"{name}: {_or_unset(values[0])} → {_or_unset(values[1])}" for name, values in facts]
    lines += [f"{name}: {_or_unset(own)} → {_or_unset(other)}" for name, own, other in conditions(a.arm, b.arm)]
    return lines


def _described(side: SideView) -> str:
    facts = side.machine
    parts = [side.name, side.machine_name or "unknown machine"]
    if facts:
        parts.append(f"torch {facts.get('torch') or '?'}, NumPy {facts.get('numpy') or '?'}")
    return " · ".join([*parts, f"{side.processes} processes"])


def _or_unset(value: object) -> str:
    return "unset" if value is None else str(value)


def _gate_lines(text: str | None, failed: pd.DataFrame | None, cells: pd.DataFrame) -> list[str]:
    if failed is None:
        return []
    if not len(failed):
        # A gate that nothing could have failed must not look like one that everything passed.
        open_ones = [f"{(cells['verdict'] == name).sum()} {name}" for name in (UNDECIDED, ONLY_A, ONLY_B)]
        said = ", ".join(one for one in open_ones if not one.startswith("0 "))
        return [f"gate {text}: passed" + (f"; of {len(cells)} cells {said}" if said else "")]
    lines = [f"gate {text}: {len(failed)} cells fail"]
    for _, row in failed.head(10).iterrows():
        lines.append(
            f"{row['rule']}: {condition_text(row)}, {size_text(row)}: {row['verdict']}, {ratio_text(row['ratio'])}"
        )
    return lines + ([f"and {len(failed) - 10} more"] if len(failed) > 10 else [])


_Gate = tuple[str | None, pd.DataFrame | None]
_Renderer = Callable[[pd.DataFrame, pd.DataFrame, Sequence[str], Sequence[str], _Gate], str]


def _table(cells: pd.DataFrame, summary: pd.DataFrame, heading: Sequence[str], notes: Sequence[str], _: _Gate) -> str:
    return table(cells, summary, heading, notes)


def _markdown(
    cells: pd.DataFrame, summary: pd.DataFrame, heading: Sequence[str], notes: Sequence[str], _: _Gate
) -> str:
    return markdown(cells, summary, heading, notes)


def _json(cells: pd.DataFrame, summary: pd.DataFrame, heading: Sequence[str], notes: Sequence[str], gate: _Gate) -> str:
    rows = [_nested(row) for row in records(summary)]
    content: dict[str, Any] = {
        "heading": list(heading),
        "cells": records(cells),
        "summary": {**rows[-1], "conversions": rows[:-1]},
        "notes": list(notes),
    }
    del content["summary"]["conversion"]
    text, failed = gate
    if failed is not None:
        content["gate"] = {"fail_on": text, "failures": records(failed)}
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _nested(row: Mapping[str, Any]) -> dict[str, Any]:
    head = ("conversion", "cells", "ratio", "ci_low", "ci_high")
    return {name: row[name] for name in head} | {
        "verdicts": {name: value for name, value in row.items() if name not in head}
    }


def _csv(cells: pd.DataFrame, *_: object) -> str:
    return str(cells.to_csv(index=False, lineterminator="\n"))


_RENDERERS: dict[str, _Renderer] = {"table": _table, "markdown": _markdown, "json": _json, "csv": _csv}
