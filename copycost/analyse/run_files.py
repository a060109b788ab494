"""What is on disk of a run: a folder of ours, a process file, or another suite's file; each part read once."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.errors import UsageError
from copycost.regular import bytes_of
from copycost.store import kept_cells
from copycost.store.bad_files import OnBad
from copycost.store.cell_table import to_table
from copycost.store.kept_cells import KeptCells, Source
from copycost.store.labels import Test
from copycost.store.loading import Loaded, load_alike
from copycost.store.names import as_unicode
from copycost.store.parametrised import read_parametrised
from copycost.store.record import RECORD, read_record

_OF_THE_GRID = ("processes", "skipped", "failed", "counts")
_RUNNING = "running"


class RunFiles:
    """The files of one run.

    Attributes:
        path: of its folder or file.
    """

    def __init__(self, path: Path, on_bad: OnBad | None = None) -> None:
        """Note where they are; nothing is read yet. ``on_bad`` is called for each that cannot be read."""
        self.path = path
        self._on_bad = on_bad
        self._sources: list[Source] = []

    @cached_property
    def loaded(self) -> Loaded:
        """The rounds and what goes with them.

        Raises:
            UsageError: they cannot be read.
        """
        if self.path.is_dir():
            with contextlib.suppress(OSError):  # reading them will say why
                self._sources = kept_cells.look(self.path)
        (loaded,) = load_alike([[self.path]], self._on_bad)
        return loaded

    @property
    def are_loaded(self) -> bool:
        """Whether the rounds have been read."""
        return "loaded" in self.__dict__

    @cached_property
    def kept(self) -> KeptCells | None:
        """The estimates that are kept beside the run; None where there are none, or its rounds were read before."""
        if self.are_loaded or not self.path.is_dir():
            return None
        return kept_cells.read_kept(self.path, estimator_version())

    def keep(self, cells: pd.DataFrame) -> None:
        """Keep estimates beside a run that has been measured to its end, where pyarrow is installed."""
        if self._sources and self._on_bad is None and self.facts.get("status") != _RUNNING:
            with contextlib.suppress(ImportError):
                content = KeptCells(to_table(cells), self.facts, self.tests)
                kept_cells.keep(self.path, estimator_version(), content, self._sources)

    @cached_property
    def record(self) -> Mapping[str, Any]:
        """The content of ``run.json``, for a process file that of its run; empty for another suite's file."""
        of_process = self.path.is_file() and self.path.name.startswith("process-")
        folder = self.path.parent if of_process else self.path
        return read_record(folder) if (folder / RECORD).is_file() else {}

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """The record without what grows with the grid; of another suite's file the machine alone."""
        if self.kept is not None:
            return self.kept.record
        facts = {name: value for name, value in self.record.items() if name not in _OF_THE_GRID}
        if "plan" in facts:
            facts["plan"] = {name: value for name, value in facts["plan"].items() if name != "cells"}
        return facts if facts.get("machine") else facts | {"machine": dict(self.loaded.machine)}

    @property
    def tests(self) -> Mapping[str, Test]:
        """What another suite calls its tests, by their names in the cells; none of a run of ours."""
        return self.kept.tests if self.kept is not None else self.loaded.tests

    @cached_property
    def benchmarks(self) -> dict[str, pd.DataFrame]:
        """Another suite's benchmarks with their parameters: a frame of ``read_parametrised`` by each file's name.

        Files that hold several reports have none.
        """
        files = [self.path] if self.path.is_file() else sorted(self.path.glob("*.json"))
        frames = {}
        for file in files:
            with contextlib.suppress(UsageError):  # of several reports, or one that was skipped and told of
                frames[as_unicode(file.stem)] = read_parametrised(file)
        return {name: frame for name, frame in frames.items() if len(frame)}

    def take_estimates(self, kept: KeptCells) -> None:
        """Take estimates that another process has made of the run."""
        self.__dict__["kept"] = kept

    def release(self) -> None:
        """Forget the rounds; they are read again where they are needed."""
        self.__dict__.pop("loaded", None)


@cache
def estimator_version() -> str:
    """Return a hash of the program text from process files to cells: another text may find other figures."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for path in sorted([*package.glob("store/*.py"), *package.glob("analyse/*.py"), package / "units.py"]):
        text = bytes_of(path)
        digest.update(f"{path.name} {len(text)}\n".encode())
        digest.update(text)
    return digest.hexdigest()
