"""Estimates of runs, read where they are kept beside the run and made where they are not; of many runs at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.analyse.estimates import estimate
from copycost.analyse.run_pool import in_processes
from copycost.errors import UsageError
from copycost.store import kept_cells
from copycost.store.addresses import fetched, is_address
from copycost.store.bad_files import OnBad
from copycost.store.cell_table import renamed, to_frame, to_table
from copycost.store.labels import Test, labels
from copycost.store.loading import load_alike
from copycost.store.places import RunPlace, places
from copycost.store.record import RECORD, read_record

_OF_THE_GRID = ("processes", "skipped", "failed")
_RUNNING = "running"


@dataclass(frozen=True)
class RunCells:
    """A run's cells, references among them, and its record: `run.json`, less what grows with the grid; of other
    suites' files the machine alone.

    ``cells`` is an Arrow table where pyarrow is installed, else a frame: `frame_of` makes one frame of many.
    ``tests`` has, by their names in it, what other suites call their tests.
    """

    place: RunPlace
    cells: Any
    record: Mapping[str, Any]
    tests: Mapping[str, Test] = field(default_factory=dict)


def load_cells(source: str | Path | Iterable[str | Path], *, references: bool = False) -> pd.DataFrame:
    """Return the estimates of runs, trees of runs and pytest-benchmark files.

    They are those of ``copycost.estimate``, with the precision that each run was asked for. Those of a run folder
    are kept in a folder ``.copycost`` within it, with a hash of what they were made from, and read from there
    until that changes.

    Args:
        source: a run folder, a file, a folder with runs anywhere below it, the address of one of these, which is
            fetched first, or several of these.
        references: whether to return the reference cells (empty call, plain copies) as well.

    Returns:
        One row per cell of each run. ``run`` is the run's folder, in a tree its path below the tree; with
        its parent's name before it where another has the same. The same test of another suite has the same name in
        all runs.

    Raises:
        UsageError: a path holds no runs, or one of its runs cannot be read.
    """
    found: dict[str, RunPlace] = {}
    for path in _several(source):
        for one in places_of(_local(path)):
            name = _untaken(one, found)
            found[name] = RunPlace(name, one.path)

    def refuse(error: UsageError) -> None:
        raise error

    return frame_of(list(read_runs(list(found.values()), refuse)), references=references)


def places_of(path: Path) -> list[RunPlace]:
    """Return the runs that a path stands for, as `copycost.store.places.places` does.

    Raises:
        UsageError: there are none.
    """
    if not path.exists():
        raise UsageError(f"{path}: no such run folder or results file")
    found = places(path)
    if not found:
        raise UsageError(f"{path}: holds no results (no run folders and no pytest-benchmark files)")
    return found


def read_runs(
    found: Sequence[RunPlace],
    on_bad: OnBad,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[RunCells]:
    """Return the cells of runs, in their order; those that are not kept are estimated on all cores.

    Args:
        found: where the runs are.
        on_bad: called with the reason for each file that cannot be read; the others are read all the same, and
            what is left of a run is not kept.
        progress: called with how many are read, and of how many, after each.
    """
    estimator = estimator_version()
    kept = {place: _kept(place, estimator) for place in found}
    missing = [place for place in found if kept[place] is None]
    made = in_processes(_estimated, [(place, estimator) for place in missing])
    for number, place in enumerate(found, 1):
        own = kept.pop(place, None) or next(made)
        if progress is not None:
            progress(number, len(found))
        read = _as_far_as_it_goes(place, on_bad) if isinstance(own, UsageError) else own
        if read is not None:
            yield read


def frame_of(runs: Sequence[RunCells], *, references: bool = False) -> pd.DataFrame:
    """Return one cells frame of many runs, in which the same test of another suite has the same name.

    Raises:
        UsageError: there are none.
    """
    if not runs:
        raise UsageError("no run is left to read")
    parts = [run.cells for run in runs]
    frames = isinstance(parts[0], pd.DataFrame)
    cells: pd.DataFrame = pd.concat(parts, ignore_index=True) if frames else to_frame(parts)
    cells = _named_alike(cells, runs)
    if not references:
        wanted = (cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True)
        cells = cells[wanted].reset_index(drop=True)
    return cells


def _named_alike(cells: pd.DataFrame, runs: Sequence[RunCells]) -> pd.DataFrame:
    """Return cells of runs, one after the other, with names of tests that keep those of all runs apart.

    In the cells of one run they are as long as that run needs, and so another's may be longer.
    """
    if not any(run.tests for run in runs):
        return cells
    names = cells["conversion"].to_numpy(dtype=object, copy=True)
    begin = 0
    for run, labelled in zip(runs, labels([list(run.tests.values()) for run in runs]), strict=True):
        longer = {old: new for old, new in zip(run.tests, labelled, strict=True) if old != new}
        own = slice(begin, begin + len(run.cells))
        if longer:
            names[own] = [longer.get(name, name) for name in names[own]]
        begin = own.stop
    return cells.assign(conversion=pd.Series(names, index=cells.index, dtype=cells["conversion"].dtype))


@cache
def estimator_version() -> str:
    """Return a hash of the program text from process files to cells: another text may find other figures."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for path in sorted([*package.glob("store/*.py"), *package.glob("analyse/*.py"), package / "units.py"]):
        text = path.read_bytes()
        digest.update(f"{path.name} {len(text)}\n".encode())
        digest.update(text)
    return digest.hexdigest()


def _several(source: str | Path | Iterable[str | Path]) -> list[str | Path]:
    return [source] if isinstance(source, str | Path) else list(source)


def _local(path: str | Path) -> Path:
    # A Path has lost one slash of an address.
    return fetched(path) if isinstance(path, str) and is_address(path) else Path(path)


def _untaken(place: RunPlace, taken: Mapping[str, RunPlace]) -> str:
    name, parent = place.name, place.path.resolve().parent
    while name in taken and taken[name].path.resolve() != place.path.resolve():
        name, parent = f"{parent.name}/{name}", parent.parent
    return name


def _kept(place: RunPlace, estimator: str) -> RunCells | None:
    if not place.path.is_dir():
        return None
    kept = kept_cells.read_kept(place.path, estimator)
    return RunCells(place, renamed(kept.table, place.name), kept.record, kept.tests) if kept else None


def _estimated(job: tuple[RunPlace, str]) -> RunCells | UsageError:
    """Return a run's cells, kept for the next time; or why they cannot be had."""
    place, estimator = job
    try:
        return estimated(place, estimator)
    except UsageError as error:
        return error


def _as_far_as_it_goes(place: RunPlace, on_bad: OnBad) -> RunCells | None:
    """Return what the files of a run give that can be read, or None where none can; each bad one is told."""
    told: list[UsageError] = []

    def tell(error: UsageError) -> None:
        told.append(error)
        on_bad(error)

    try:
        return estimated(place, None, tell)
    except UsageError as error:
        if not told:
            on_bad(error)
        elif error is told[-1]:
            raise  # it ended the reading
        return None


def estimated(place: RunPlace, estimator: str | None, on_bad: OnBad | None = None) -> RunCells:
    """Return a run's cells made from its process files, and keep them beside it.

    Args:
        place: the run.
        estimator: as for ``copycost.store.kept_cells.keep``; None to keep nothing.
        on_bad: as for ``load``.

    Raises:
        UsageError: the run cannot be read.
    """
    folder = place.path if place.path.is_dir() else None
    sources = _sources(folder)
    record = read_record(folder) if folder and (folder / RECORD).is_file() else {}
    short = {key: value for key, value in record.items() if key not in _OF_THE_GRID}
    if "plan" in short:
        short["plan"] = {key: value for key, value in short["plan"].items() if key != "cells"}
    precision = record["plan"].get("precision") if record else None
    (loaded,) = load_alike([[place.path]], on_bad)
    if not short.get("machine"):
        short["machine"] = dict(loaded.machine)
    cells = estimate(loaded.rounds, precision=precision, references=True)
    try:
        table = to_table(cells)
    except ImportError:
        names = pd.Series([place.name] * len(cells), index=cells.index, dtype=object)
        return RunCells(place, cells.assign(run=names), short, loaded.tests)
    if folder and sources and estimator and record.get("status") != _RUNNING:
        kept_cells.keep(folder, estimator, kept_cells.KeptCells(table, short, loaded.tests), sources)
    return RunCells(place, renamed(table, place.name), short, loaded.tests)


def _sources(folder: Path | None) -> list[kept_cells.Source] | None:
    if folder is None:
        return None
    try:
        return kept_cells.look(folder)
    except OSError:
        return None  # reading them will say why
