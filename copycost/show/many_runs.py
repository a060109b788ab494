"""Runs as a person typed them, trees of runs among them, by their estimates alone: thousands fit into memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.analyse.run_estimates import RunCells, frame_of, read_runs
from copycost.errors import UsageError, nearest
from copycost.show.reading_progress import reading_progress
from copycost.store.bad_files import OnBad, Refusals, tolerant
from copycost.store.names import as_unicode
from copycost.store.places import CLUSTER, RunPlace, find, is_tree, places


@dataclass(frozen=True)
class TypedRun:
    """A run that was typed, or that lies in a tree that was; ``arm`` is empty where none was named."""

    place: RunPlace
    arm: str = ""

    @property
    def typed(self) -> str:
        """Return what a person would type for it alone."""
        return f"{self.place.path}@{self.arm}" if self.arm else str(self.place.path)


@dataclass(frozen=True)
class ManyRuns:
    """Cells of runs, references among them, and the facts of each run or, where it has several, of each arm.

    ``facts`` has ``name``, ``machine``, ``method``, ``status`` (None where complete), ``record`` and ``split`` (an arm
    that was not named); ``run`` in ``cells`` is that name.
    """

    facts: list[dict[str, Any]]
    cells: pd.DataFrame


def expanded(typed: Sequence[str], results: Path, on_bad: OnBad | None = None) -> list[TypedRun]:
    """Return the runs that words stand for: a run, RUN@ARM, or all runs of a tree.

    Args:
        typed: names, folders, files, trees, each with ``@`` and an arm's name after it where one is meant.
        results: the folder that holds the runs.
        on_bad: as for ``load``.

    Raises:
        UsageError: there is no such run, or nothing is left.
    """
    found: list[TypedRun] = []
    for word in typed:
        own = tolerant(_of_one, on_bad)(word, results, len(typed) > 1)
        found += own or []
    if not found:
        raise UsageError(f"nothing is left to read: {len(typed)} skipped")
    return found


def trees_expanded(typed: Sequence[str], results: Path) -> tuple[str, ...]:
    """Return words with the runs of each tree in its place; all others, and those that are nothing, as they are.

    Args:
        typed: as for `expanded`.
        results: the folder that holds the runs.
    """
    found: list[str] = []
    for word in typed:
        run, arm = _run_and_arm(word)
        path = tolerant(find, lambda error: None)(run, results)
        if path is None or not is_tree(path):
            found.append(word)  # what reads it says what is wrong with it
        else:
            found += [TypedRun(place, arm).typed for place in places(path)]
    return tuple(found)


def read_many(found: Sequence[TypedRun], on_bad: OnBad | None = None) -> ManyRuns:
    """Return the cells and facts of runs; those that are not kept beside the run are estimated on all cores.

    Raises:
        UsageError: a run cannot be read or has no such arm, or nothing is left.
    """
    refuse = Refusals(on_bad)
    wanted = _by_name(found)
    with reading_progress(len(wanted)) as progress:
        runs = list(read_runs([RunPlace(name, one.place.path) for name, one in wanted.items()], refuse, progress))
    cells = frame_of(runs, references=True)
    names: dict[tuple[str, str | None], str] = {}
    facts = []
    arms = cells[["run", "arm", "machine"]].drop_duplicates(["run", "arm"])
    of_run = {str(run): own for run, own in arms.groupby("run", sort=False)}
    for run in runs:
        for name, arm, machine in _units(run, wanted[run.place.name].arm, of_run.get(run.place.name), refuse):
            names[run.place.name, arm] = name
            split = name != run.place.name and not wanted[run.place.name].arm
            facts.append(_facts(run, name, arm, machine) | {"split": split})
    keys = zip(cells["run"], cells["arm"].where(cells["arm"].notna(), None), strict=True)
    units = pd.Series([names.get(key) for key in keys], dtype=object)
    return ManyRuns(facts, cells.assign(run=units)[units.notna()].reset_index(drop=True))


def _of_one(word: str, results: Path, several: bool) -> list[TypedRun]:
    run, arm = _run_and_arm(word)
    path = find(run, results)
    if not is_tree(path):
        return [TypedRun(RunPlace(as_unicode(path.stem if path.is_file() else path.name), path), arm)]
    # A cluster's run has one name, and a folder for each machine.
    prefix = f"{as_unicode(path.name)}/" if several or (path / CLUSTER).is_file() else ""
    return [TypedRun(RunPlace(prefix + place.name, place.path), arm) for place in places(path)]


def _run_and_arm(word: str) -> tuple[str, str]:
    run, at, arm = word.rpartition("@")
    return (run, arm) if at and not Path(word).exists() else (word, "")


def _by_name(found: Sequence[TypedRun]) -> dict[str, TypedRun]:
    """Return runs by names of which no two are the same."""
    named: dict[str, TypedRun] = {}
    for number, one in enumerate(found, 1):
        name = one.place.name
        named[name if name not in named else f"{name} ({number})"] = one
    return named


def _units(
    run: RunCells, arm: str, own: pd.DataFrame | None, refuse: OnBad
) -> Iterator[tuple[str, str | None, str | None]]:
    """Return name, arm and machine of a run, or of each of its arms where it has several or one is named."""
    if own is None:
        refuse(UsageError(f"{run.place.path}: holds no benchmark"))
        return
    measured = [None if pd.isna(name) else str(name) for name in own["arm"]]
    if arm and arm not in measured:
        known = [name for name in measured if name is not None]
        hint = nearest(arm, known) if known else "it has none"
        refuse(UsageError(f"{run.place.name} has no arm {arm!r}: {hint}"))
        return
    for name, machine in zip(measured, own["machine"], strict=True):
        if not arm or name == arm:
            unit = f"{run.place.name}@{name}" if arm or len(measured) > 1 else run.place.name
            yield unit, name, None if pd.isna(machine) else str(machine)


def _facts(run: RunCells, name: str, arm: str | None, machine: str | None) -> dict[str, Any]:
    entry: Mapping[str, Any] = next((one for one in run.record.get("arms", []) if one.get("name") == arm), {})
    facts = entry.get("machine") or run.record.get("machine") or {}
    return {
        "name": name,
        "machine": {**facts, "machine": machine or facts.get("machine")},
        "method": run.record.get("method", {}),
        "status": None if run.record.get("status", "complete") == "complete" else str(run.record["status"]),
        "record": run.record,
    }
