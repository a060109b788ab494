"""What a report is about: one run or results file, read once."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.analyse.ceilings import ceilings
from copycost.analyse.estimates import estimate
from copycost.analyse.quiet import mark_quiet
from copycost.analyse.run_estimates import frame_of, read_runs
from copycost.errors import UsageError
from copycost.store.bad_files import OnBad, Refusals
from copycost.store.loading import Loaded, load_alike
from copycost.store.names import as_unicode
from copycost.store.parametrised import read_parametrised
from copycost.store.places import RunPlace, find
from copycost.store.record import RECORD, read_record


@dataclass(frozen=True)
class Source:
    """One run as it was typed.

    Attributes:
        typed: what stands for it on the command line.
        path: of the folder or file.
        name: unlike that of any other source of the report.
        cells: estimates without the references, with ``share_of_mapped`` and ``share_of_fresh``;
            ``run`` is the name, or several names where a folder holds files of another suite.
        record: of a run folder of ours, else None.
        machine: what is known of it.
        measured: how many rounds there are.
        rounds: with ``quiet``, references left out; None where they are not kept.
        benchmarks: for each run that is not ours, the frame of ``read_parametrised``.
    """

    typed: str
    path: Path
    name: str
    cells: pd.DataFrame
    record: Mapping[str, Any] | None
    machine: Mapping[str, Any]
    measured: int
    rounds: pd.DataFrame | None
    benchmarks: Mapping[str, pd.DataFrame]

    @property
    def arms(self) -> list[str]:
        """Return the arms that were measured."""
        return [str(arm) for arm in self.cells["arm"].dropna().unique()]


def read_sources(typed: Sequence[str], results: Path, on_bad: OnBad | None = None) -> list[Source]:
    """Return each run that was typed; of several, the rounds are not kept, and those of ours are not even read where
    their estimates are. ``on_bad`` is as for ``load``.

    Raises:
        UsageError: one of them cannot be found or read, or holds nothing to report.
    """
    paths = [find(run, results) for run in typed]
    ours = [path for path in dict.fromkeys(paths) if len(paths) > 1 and _is_of_ours(path)]
    kept = _kept(ours, on_bad)
    # Of other suites the same test has to have the same name.
    others = [path for path in dict.fromkeys(paths) if path not in ours]
    loaded = dict(zip(others, load_alike([[path] for path in others], on_bad), strict=True)) if others else {}
    names: list[str] = []
    sources = []
    for run, path in zip(typed, paths, strict=True):
        name = as_unicode(path.resolve().name if path.is_dir() else path.stem)
        names.append(name)
        if names.count(name) > 1:
            name = f"{name} ({names.count(name)})"
        if path in loaded:
            sources.append(_source(run, path, name, loaded[path], keep_rounds=len(paths) == 1))
        elif path in kept:
            sources.append(_from_cells(run, path, name, kept[path]))
    if not sources:
        raise UsageError(f"nothing is left to report: {len(paths)} skipped")
    return sources


def _kept(paths: Sequence[Path], on_bad: OnBad | None) -> dict[Path, pd.DataFrame]:
    """Return the cells of runs of ours, references among them, as they are kept beside each, or made and kept."""
    found = [RunPlace(str(number), path) for number, path in enumerate(paths)]
    return {run.place.path: frame_of([run], references=True) for run in read_runs(found, Refusals(on_bad))}


def _is_of_ours(path: Path) -> bool:
    """Return whether a path is a run that was measured, and not imported from another suite's files."""
    return (path / RECORD).is_file() and not read_record(path).get("imported")


def _source(typed: str, path: Path, name: str, loaded: Loaded, *, keep_rounds: bool) -> Source:
    record = read_record(path) if (path / RECORD).is_file() else {}
    rounds = mark_quiet(loaded.rounds)
    precision = record["plan"].get("precision") if record else None
    cells = estimate(rounds, precision=precision, references=True)
    made = _from_cells(typed, path, name, cells, alone=keep_rounds)
    own = rounds[_measured(rounds)]
    runs = _names(cells, name, alone=keep_rounds)
    return replace(
        made,
        machine=made.machine or loaded.machine,
        rounds=own.assign(run=own["run"].astype(object).map(runs)) if keep_rounds else None,
    )


def _from_cells(typed: str, path: Path, name: str, cells: pd.DataFrame, *, alone: bool = False) -> Source:
    """Return a source without rounds, from its estimates with the references."""
    record = read_record(path) if (path / RECORD).is_file() else None
    cells = ceilings(cells)
    cells = cells[_measured(cells)].reset_index(drop=True)
    if cells.empty:
        raise UsageError(f"{path}: holds no conversion to report")
    runs = _names(cells, name, alone=alone)
    return Source(
        typed=typed,
        path=path,
        name=name,
        cells=cells.assign(run=cells["run"].astype(object).map(runs)),
        record=record,
        machine=(record or {}).get("machine") or {},
        measured=int(cells["rounds"].sum()),
        rounds=None,
        benchmarks=_benchmarks(path, name) if cells["size"].isna().any() else {},
    )


def _names(cells: pd.DataFrame, name: str, *, alone: bool) -> dict[str, str]:
    """Return what each run of a source is called: as the source, or by its file where there are several."""
    runs = [str(run) for run in cells["run"].unique()]
    if len(runs) == 1:
        return {runs[0]: name}
    return {run: run if alone else f"{name}/{run}" for run in runs}


def _measured(frame: pd.DataFrame) -> pd.Series:
    return frame["direction"].astype(object) != "reference"


def _benchmarks(path: Path, name: str) -> dict[str, pd.DataFrame]:
    """Return other suites' benchmarks with their parameters; none of a file that holds several reports."""
    files = {name: path} if path.is_file() else {as_unicode(file.stem): file for file in sorted(path.glob("*.json"))}
    frames = {}
    for run, file in files.items():
        with contextlib.suppress(UsageError):  # of several reports, or one that was skipped and told of
            frames[run] = read_parametrised(file)
    return {run: frame for run, frame in frames.items() if len(frame)}
