"""How machines compare, in three sentences: how much slower, whether copies follow plain copies, what else differs.

The last is there so that a machine is not taken for a version of torch, NumPy or Python, nor the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pandas as pd

from copycost.analyse.fleet import HANDFUL, Fleet
from copycost.analyse.machine_or_conversion import BORDERS, CACHED_COPIES, CALLS, IN_ALL, LARGE_COPIES
from copycost.analyse.machines import heading
from copycost.program import program
from copycost.show.document import Block, Command, Line, Lines, Name
from copycost.show.render.figures import counted, listed, with_ends, written
from copycost.units import format_bytes

_LOW, _HIGH = (format_bytes(border) for border in BORDERS)
_KINDS = {
    CALLS: "calls",
    CACHED_COPIES: f"copies inside the caches ({_LOW} to {_HIGH})",
    LARGE_COPIES: "large copies",
}
_SIDES = {1: "is slower than", -1: "is faster than", 0: "is as fast as"}
_VERSIONS = ("torch", "numpy", "python")
_NAMED = 3
"""Values of a fact that are named; of more only their number is told."""


def answer(fleet: Fleet) -> list[Block]:
    """Return the sentences, and the commands that would tell machine and versions apart; nothing of a machine alone."""
    if fleet.answers.empty:
        return []
    lines: list[Line] = []
    for _, rows in list(fleet.answers.groupby("machine", sort=False))[:HANDFUL]:
        kinds = {str(row["kind"]): row for _, row in rows.iterrows()}
        lines += [_how_much(kinds), *_follow(kinds)]
    more = fleet.answers["machine"].nunique() - HANDFUL
    lines += [f"{counted(more, 'more machine')} stand in the tables."] if more > 0 else []
    return [Lines((*lines, _what_differs(fleet.machines))), *_apart(fleet)]


def _how_much(kinds: Mapping[str, pd.Series]) -> Line:
    row = kinds[IN_ALL]
    verb = _SIDES.get(row["side"], "cannot be told from")
    parts = [f"{words} {_times(kinds[kind])}" for kind, words in _KINDS.items() if kind in kinds]
    of_kinds = f", {', '.join(parts)}" if parts else ""
    names = (Name(str(row["machine"])), f" {verb} ", Name(str(row["base"])))
    return (*names, f": it takes {_times(row)} the time in all ({counted(row['cells'], 'cell')}){of_kinds}.")


def _follow(kinds: Mapping[str, pd.Series]) -> Iterator[Line]:
    """Yield whether copies take as much longer as the machine's own plain copies of as many bytes do."""
    copies = [kinds[kind] for kind in (CACHED_COPIES, LARGE_COPIES) if kind in kinds]
    told = [(row, _KINDS[row["kind"]].partition(" (")[0]) for row in copies if not pd.isna(row["own_ratio"])]
    if not told:
        return
    parts: list[str] = []
    for row, words in told:
        verb = "may follow" if pd.isna(row["own_side"]) else "follow" if row["own_side"] == 0 else "do not follow"
        it = "its own plain copy of as many bytes" if not parts else "it"
        plain, own = _times(row, "machine_ratio"), _times(row, "own_ratio")
        parts.append(f"{words} {verb} {it}, which takes {plain}: beside it they take {own}")
    yield ("On ", Name(str(told[0][0]["machine"])), f", {'; '.join(parts)}.")


def _times(row: pd.Series, name: str = "ratio") -> str:
    figure, *ends = with_ends(row, name, "ratio").partition(" (")
    return f"{figure}×{''.join(ends)}"


def _what_differs(machines: pd.DataFrame) -> Line:
    differing = _differing(machines)
    versions = [name for name in _VERSIONS if name in differing]
    one_machine = machines["machine"].nunique(dropna=False) == 1
    rest = [heading(name) for name in differing if name not in (*_VERSIONS, "machine", "clock")]
    others = f" Further facts that differ: {listed(rest)}." if rest else ""
    if not machines[[name for name in _VERSIONS if name in machines]].notna().any(axis=None):
        return f"Which torch, NumPy and Python were measured is not known.{others}"
    if not versions:
        same = "torch, NumPy and Python are the same everywhere"
        return f"{same}, so no difference is a version's.{others}"
    told = listed([f"{heading(name)} ({_values(machines[name])})" for name in versions])
    verb = "differs" if len(versions) == 1 else "differ"
    if one_machine:
        return f"{told} {verb}, on one machine.{others}"
    return f"{told} {verb} too: what the machine does and what the versions do, these runs cannot tell apart.{others}"


def _differing(machines: pd.DataFrame) -> list[str]:
    return [str(name) for name in machines if name != "run" and machines[name].nunique(dropna=False) > 1]


def _values(values: pd.Series) -> str:
    known = [written(value, "name") for value in dict.fromkeys(values)]
    return " and ".join(known) if len(known) < _NAMED else f"{len(known)} of them"


def _apart(fleet: Fleet) -> list[Block]:
    """Return the commands by which one machine measures with both machines' versions; none where they are the same."""
    base, other = fleet.answers["base"].iloc[0], fleet.answers["machine"].iloc[0]
    facts = fleet.machines.set_index("run")
    names = [name for name in _VERSIONS if name in facts]
    if not {base, other} <= set(facts.index) or facts.loc[base, "machine"] == facts.loc[other, "machine"]:
        return []
    had, has = ({name: facts.loc[run, name] for name in names} for run in (base, other))
    if had == has:
        return []
    versions = {name: _released(value) for name, value in had.items()}
    packages = [f"{name}=={versions[name]}" if versions[name] else name for name in ("torch", "numpy") if name in had]
    python = ".".join((versions.get("python") or "3").split(".")[:2])
    said = ("To tell them apart, on the machine of ", Name(str(other)), ", with the versions of ", Name(str(base)))
    commands = (
        f"python{python} -m venv other && other/bin/pip install {' '.join(packages)} pytest pytest-benchmark",
        f"{program()} run --arm own --arm other:python=other/bin/python --name versions",
        f"{program()} compare versions@other versions@own",
    )
    return [Lines(((*said, " as a second arm:"), *map(Command, commands)))]


def _released(version: object) -> str:
    """Return a version as a package index has it, without what a build added; "" for what is no version."""
    match = re.match(r"\d+(\.\d+)*((a|b|rc)\d+)?", str(version or ""))
    return match[0] if match else ""
