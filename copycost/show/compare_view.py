"""The `compare` command: two sides read, compared and rendered, and the gate's answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.analyse.comparison import OWN_CLOCK, PLAIN_COPY_TOO, add_flag, compare
from copycost.analyse.fingerprint import conditions, described, differing, require_same
from copycost.analyse.geometric_means import summary
from copycost.analyse.machines import differences
from copycost.analyse.noise_profile import NoiseProfile, profile_path, read_profile
from copycost.errors import UsageError, nearest
from copycost.show.compare_markdown import markdown
from copycost.show.compare_side import SideView, read_sides
from copycost.show.compare_table import table
from copycost.show.compare_text import condition_text, ratio_text, records, size_text
from copycost.show.gate import failures, parse_gate
from copycost.store.bad_files import OnBad

MARGIN = 0.03
METHOD_DIFFERS = "method-differs"
GRID_DIFFERS = "grid-differs"
GRID_ALLOWANCE = 0.2
"""What a cell may differ by, in log units, because other cells were measured beside it: 16% was seen."""
TIDY_ALLOWANCE = 0.05
"""The same where the heap is tidied before each round: of five grids 95% of the cells came out within 3%."""
_TIDY = "moved before each round"


def compare_runs(
    a: str,
    b: str,
    results: Path,
    *,
    margin: float | None = None,
    noise_path: Path | None = None,
    anyway: bool = False,
    format: str = "table",
    fail_on: str | None = None,
    on_bad: OnBad | None = None,
    plots: Path | None = None,
) -> tuple[str, int]:
    """Return the comparison as text, and the exit status: 1 where the gate fails, else 0.

    Args:
        a: a run's name, 'latest', a folder, a pytest-benchmark file, or RUN@ARM.
        b: the other side.
        results: the folder that holds the runs.
        margin: half-width of what counts as the same, as a share; by default 3%, or less where the
            gate asks for a smaller slowdown than that.
        noise_path: a noise profile; by default the machine's own among the results, if it is there.
        anyway: compare what different methods have measured, and flag every row.
        format: table, markdown, json or csv.
        fail_on: the gate, such as ``slower>5%``.
        on_bad: as for ``load``.
        plots: the folder for the charts of the comparison, where they are wanted.

    Raises:
        UsageError: a side cannot be read, the methods differ, no cell is common, the gate does not
            parse, or the format is unknown.
    """
    check_format(format)
    gate = parse_gate(fail_on) if fail_on is not None else None
    if margin is None:
        margin = min(MARGIN, (gate.smallest if gate else None) or MARGIN)
    side_a, side_b = read_sides((a, b), results, on_bad)
    found = compared(side_a, side_b, results, margin=margin, noise_path=noise_path, anyway=anyway)
    cells = found.cells
    if plots is not None:
        from copycost.show.plot import draw_comparison
        from copycost.show.plot_subject import source_name

        sources = [source_name(one, results) for one in (a, b)]
        made_with = {"margin": margin, "noise_path": noise_path, "anyway": anyway}
        draw_comparison(cells, side_a, side_b, sources, plots, **made_with)
    failed = failures(gate, cells) if gate else None
    notes = [*found.notes, *_gate_lines(fail_on, failed)]
    text = render(cells, summary(cells), notes, format, heading=heading(side_a, side_b), gate=(fail_on, failed))
    return text, int(failed is not None and len(failed) > 0)


@dataclass(frozen=True)
class Compared:
    """Two sides compared: the frame of ``copycost.analyse.comparison.compare``, and lines about it as a whole."""

    cells: pd.DataFrame
    notes: list[str]


def compared(
    side_a: SideView,
    side_b: SideView,
    results: Path,
    *,
    margin: float = MARGIN,
    noise_path: Path | None = None,
    anyway: bool = False,
) -> Compared:
    """Return two sides compared; arguments as for ``compare_runs``.

    Raises:
        UsageError: the methods differ, or no cell is common.
    """
    if not anyway:
        require_same(side_a.method, side_b.method)
    across = _across(side_a, side_b, anyway)
    profile, notes = _profile(side_a, side_b, noise_path, results)
    cells = compare(
        side_a.rounds,
        side_b.rounds,
        margin=margin,
        noise=profile,
        same_clock=_same_clock(side_a, side_b),
        across=[name for name, _, _ in across],
        allowance=_grid_allowance(side_a, side_b),
    )
    if _other_grid(side_a, side_b):
        cells = add_flag(cells, GRID_DIFFERS)
    if differing(side_a.method, side_b.method):
        cells = add_flag(cells, METHOD_DIFFERS)
    for name, _, _ in across:
        cells = add_flag(cells, f"{name}-differ")
    return Compared(cells, [*_notes(side_a, side_b, across, cells, margin), *notes])


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


def _same_clock(a: SideView, b: SideView) -> bool:
    """Return whether both sides' clocks are the same work: one canary, one Python."""
    return all(
        own.get(name) == other.get(name)
        for own, other, name in (
            (a.method, b.method, "canary"),
            (a.method, b.method, "clock"),
            (a.machine, b.machine, "python"),
            (a.arm, b.arm, "python"),
        )
    )


def _across(a: SideView, b: SideView, anyway: bool) -> list[tuple[str, Any, Any]]:
    """Return the conditions in which no cell of one side is like one of the other.

    Arms of one run may differ in their threads, that is what they are for; for two runs it is a
    difference of method.
    """
    one_run = a.path == b.path
    found = []
    for name in ("threads", "cache"):
        own, other = (set(side.rounds.loc[_measured(side), name].dropna().unique()) for side in (a, b))
        if own and other and not own & other:
            found.append((name, _listed(own), _listed(other)))
    if found and not (anyway or one_run):
        raise UsageError(f"A and B have no cell in common: {described(found)}; --anyway compares them")
    return found


def _measured(side: SideView) -> pd.Series:
    return side.rounds["direction"] != "reference"


def _listed(values: set[Any]) -> str:
    return ", ".join(map(str, sorted(values)))


def _profile(a: SideView, b: SideView, path: Path | None, results: Path) -> tuple[NoiseProfile | None, list[str]]:
    """Return the noise profile that holds for both sides, and what is to be said about it."""
    if path is not None:
        profile = read_profile(path)
        profile.check(a.machine_name, a.method)
        profile.check(b.machine_name, b.method)
        return profile, [_used(profile)]
    if a.machine_name is None or a.machine_name != b.machine_name:
        return None, []
    kept = profile_path(results, a.machine_name)
    if not kept.is_file():
        return None, []
    try:
        profile = read_profile(kept)
        profile.check(a.machine_name, a.method)
        profile.check(b.machine_name, b.method)
    except UsageError as error:
        return None, [f"no noise profile is used: {error}"]
    return profile, [_used(profile)]


def _used(profile: NoiseProfile) -> str:
    return f"differences below this machine's noise floor of {profile.created[:10]} are not called changes"


def _notes(
    a: SideView, b: SideView, across: Sequence[tuple[str, Any, Any]], cells: pd.DataFrame, margin: float
) -> list[str]:
    notes = [
        f"same: the 95% interval lies within ±{100 * margin:.3g}%; faster and slower: 5% false discoveries at most"
    ]
    for letter, side in (("A", a), ("B", b)):
        if side.unfinished:
            notes.append(f"{letter} is {side.unfinished}: compared as far as it goes, {side.processes} processes")
    if cells["flags"].str.contains(OWN_CLOCK).any():
        notes.append("A and B are read at a clock frequency of their own: another machine, Python or canary")
    if cells["flags"].str.contains(PLAIN_COPY_TOO).any():
        notes.append(
            f"{PLAIN_COPY_TOO}: a plain copy beside these cells changed too, and that much is not called a change"
        )
    found = [*differing(a.method, b.method), *across]
    if found:
        notes.append(f"the methods differ: {described(found)}")
    if _other_grid(a, b):
        notes.append(
            "A and B are runs of different grids, which alone may set them apart: "
            f"nothing below {_grid_allowance(a, b):.0%} is called a change"
        )
    if cells["paired"].any():
        notes.append("neighbouring processes of the two arms are paired")
    return notes


def _grid_allowance(a: SideView, b: SideView) -> float:
    if not _other_grid(a, b):
        return 0.0
    tidy = all(_TIDY in str(side.method.get("allocator")) for side in (a, b))
    return TIDY_ALLOWANCE if tidy else GRID_ALLOWANCE


def _other_grid(a: SideView, b: SideView) -> bool:
    """Return whether two runs planned different cells: what a cell finds on the heap depends on the others."""
    grids = [side.record.get("plan", {}).get("cells") for side in (a, b)]
    if a.record is b.record or not all(grids):
        return False
    keys = ("conversion", "dtype", "size", "cache", "layout")
    found = [{tuple(str(cell.get(key)) for key in keys) for cell in grid} for grid in grids]
    return found[0] != found[1]


def _gate_lines(text: str | None, failed: pd.DataFrame | None) -> list[str]:
    if failed is None:
        return []
    if not len(failed):
        return [f"gate {text}: passed"]
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
