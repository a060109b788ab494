"""A Run: measurements of one machine, each part of them made once, on first use.

A run of ours, one of its arms, another suite's file, a member of a tree and several runs taken together are the same
type. Nobody else loads rounds, marks the quiet ones or estimates cells; ``copycost.analyse.select`` makes runs of
what a person typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.advice import Advice, advice
from copycost.analyse.bootstrap import bootstrap
from copycost.analyse.breakdown import breakdown
from copycost.analyse.ceilings import ceilings
from copycost.analyse.counts import instructions
from copycost.analyse.crossovers import crossings, multiples
from copycost.analyse.curves import Curve, curves
from copycost.analyse.estimates import estimate_cells
from copycost.analyse.first_calls import first_calls
from copycost.analyse.grouping import Floats, floats, group_codes
from copycost.analyse.measurement import Measurement
from copycost.analyse.missing import missing
from copycost.analyse.processes import per_process
from copycost.analyse.quiet import mark_quiet
from copycost.analyse.run_files import RunFiles
from copycost.analyse.scaling import Fitted, fit_curves, fit_frame
from copycost.analyse.where import Where
from copycost.errors import UsageError, nearest
from copycost.store.bad_files import OnBad
from copycost.store.cell_table import renamed, rows_of_arm, to_frame
from copycost.store.facts import as_moment
from copycost.store.labels import Test

_COMPLETE = "complete"


class Run:
    """One run.

    Attributes:
        name: as people are told of it, unlike that of any other run selected with it.
        path: of its folder or file.
        source: as the provenance of a chart names it: its path below the results, else its own name.
        files: what is on disk of it.
        arm: the arm that it is narrowed to, "" for all that there are.
        parts: the runs that are taken together as this one.
        longer_names: gives what tests of another suite are called beside those of the other runs selected with it.
        among_others: whether it was selected with other runs.
    """

    def __init__(self, name: str, path: Path, *, source: str = "", on_bad: OnBad | None = None) -> None:
        """Note where the run is; nothing is read yet. ``on_bad`` is called for files in it that cannot be read."""
        self.name, self.path, self.source = name, path, source or name
        self.arm = ""
        self.parts: Sequence[Run] = ()
        self.among_others = False
        self.longer_names: Callable[[Run], Mapping[str, str]] = lambda _run: {}
        self.files = RunFiles(path, on_bad)
        self._whole: Run | None = None
        self._where: Where | None = None

    def only(self, arm: str) -> Run:
        """Return one arm of the run.

        Raises:
            UsageError: there is no such arm, or nothing of it has been measured yet.
        """
        if arm not in self.arms:
            if arm in [str(entry.get("name")) for entry in self.facts.get("arms", ())]:
                raise UsageError(f"{self.name}@{arm}: no process of arm {arm!r} has been finished yet")
            hint = nearest(arm, self.arms) if self.arms else "it has none"
            raise UsageError(f"{self.name} has no arm {arm!r}: {hint}")
        return self._part(f"{self.name}@{arm}", f"{self.source}@{arm}", arm)

    def narrowed(self, where: Where) -> Run:
        """Return the run with nothing but the cells that meet conditions, and its references."""
        run = self._part(self.name, self.source, self.arm)
        run._where = where
        return run

    def called(self, name: str) -> Run:
        """Return the same run by another name, for one that stands beside itself."""
        return self._part(name, self.source, self.arm)

    def _part(self, name: str, source: str, arm: str) -> Run:
        run = Run(name, self.path, source=source)
        run.arm, run._whole, run.files = arm, self, self.files
        return run

    def by_arm(self) -> list[Run]:
        """Return the run's arms, or the run itself where it has one or none."""
        return [self.only(arm) for arm in self.arms] if len(self.arms) > 1 and not self.arm else [self]

    @classmethod
    def together(cls, name: str, path: Path, parts: Sequence[Run]) -> Run:
        """Return several runs as one, whose processes are those of all."""
        run = cls(name, path)
        run.parts = parts
        return run

    # What was measured.

    @cached_property
    def rounds(self) -> pd.DataFrame:
        """The frame of ``store.loading.load``, each round marked ``quiet`` or not; an arm's are of the whole run.

        Raises:
            UsageError: the run cannot be read, or the runs taken together are of several arms or machines.
        """
        if self._whole is not None:
            return self._of_arm(self._whole.rounds)
        if self.parts:
            together = pd.concat([part.rounds for part in self.parts], ignore_index=True)
            return Measurement.of(together, self.name).rounds
        return mark_quiet(self._named(self.files.loaded.rounds))

    @cached_property
    def processes(self) -> pd.DataFrame:
        """What each process says about each cell: the frame of ``per_process``."""
        if self._whole is not None:
            return self._of_arm(self._whole.processes)
        return per_process(self.rounds, clock_reference=None if self.parts else self._clock_references)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """One estimate for each cell, references among them; kept beside a run of ours until its files change.

        An arm's are of the whole run too: `copycost.analyse.select.cells_of` gives each run's cells its own name.

        Raises:
            UsageError: the run cannot be read.
        """
        if self._whole is not None:
            return self._of_arm(self._whole.cells)
        if not self.parts and self.files.kept is not None:
            return self._named(to_frame([renamed(self.files.kept.table, self.name)]))
        cells = estimate_cells(self.processes, self.precision)
        if not self.parts:
            cells = cells.assign(instructions=instructions(cells, self.record))
        if not self.parts and not self.longer_names(self):  # kept are the names that it has alone
            self.files.keep(cells)
        return cells

    @property
    def named_cells(self) -> pd.DataFrame:
        """The cells by the run's own name, which an arm's are not; reports of another suite keep theirs."""
        if self.has_several_reports:
            return self.cells
        return self.cells.assign(run=_renamed(self.cells["run"], dict.fromkeys(self.cells["run"].unique(), self.name)))

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """The cells without the references: the conversions that people asked for."""
        return without_references(self.cells)

    # What follows from it.

    @cached_property
    def replicates(self) -> Floats:
        """The log seconds of each cell as they might have been measured, shape (cells, replicates)."""
        if self._whole is not None:
            of_arm: Floats = self._whole.replicates[self._is_of_arm(self._whole.cells)]
            return of_arm
        return bootstrap(self.cells, self.processes)

    @cached_property
    def reached(self) -> pd.DataFrame:
        """The cells with the shares of plain copies that they reach: the frame of ``ceilings``."""
        return ceilings(self.cells, self.replicates)

    @cached_property
    def curves(self) -> list[Curve]:
        """The cells of each conversion over its sizes; none where no cell has a size."""
        # Looked at before anything is drawn: of other suites' files there may be a million cells, none with a size.
        return curves(self.cells, self.replicates) if (floats(self.cells["bytes"]) > 0).any() else []

    @cached_property
    def fitted(self) -> list[Fitted]:
        """Each curve with its scaling law, which is fitted on first use."""
        return fit_curves(self.curves)

    @cached_property
    def multiples(self) -> pd.DataFrame:
        """The sizes from which a copy costs more than sharing: the frame of ``multiples``."""
        return multiples(self.curves)

    @cached_property
    def model(self) -> pd.DataFrame:
        """The scaling model, one row for each regime of a curve: the frame of ``fit``."""
        return fit_frame(self.fitted, self.machine.get("caches") or ())

    @cached_property
    def crossovers(self) -> pd.DataFrame:
        """The sizes from which a conversion costs more than another: the frame of ``crossovers``."""
        return crossings(self.fitted)

    @cached_property
    def breakdown(self) -> pd.DataFrame:
        """Where the time of each copying cell goes: the frame of ``breakdown``."""
        return breakdown(self.cells, self.replicates)

    @cached_property
    def advice(self) -> list[Advice]:
        """What the run's own figures suggest to try."""
        return advice(self.curves, self.multiples, self.breakdown, self.facts.get("arms", ()))

    @cached_property
    def first_calls(self) -> pd.DataFrame:
        """What the first call of each conversion took in a fresh process: the frame of ``first_calls``."""
        return first_calls(self.estimates, self.record)

    @cached_property
    def missing(self) -> pd.DataFrame:
        """The planned cells that did not come back; none is known of another suite's file."""
        if self._whole is not None and self._where is not None:
            return self._of_arm(self._whole.missing)
        return missing(self.record, self.estimates)

    @cached_property
    def benchmarks(self) -> dict[str, pd.DataFrame]:
        """Of another suite its benchmarks with their parameters, a frame of ``read_parametrised`` for each report.

        Files that hold several reports have none.
        """
        if not self.estimates["size"].isna().any():
            return {}
        frames = self.files.benchmarks
        if self._where is not None and "fullname" in self.estimates:
            left = set(self.estimates["fullname"].astype(str))
            frames = {
                name: frame[frame["fullname"].isin(left)].reset_index(drop=True) for name, frame in frames.items()
            }
        return dict(zip([self.name], frames.values(), strict=False)) if self.path.is_file() else frames

    # What is told of it.

    @property
    def record(self) -> Mapping[str, Any]:
        """The content of ``run.json``, of several runs the first's; empty for another suite's file."""
        return self.parts[0].record if self.parts else self.files.record

    @property
    def facts(self) -> Mapping[str, Any]:
        """The record without what grows with the grid; of another suite's file the machine alone."""
        return self.parts[0].facts if self.parts else self.files.facts

    @property
    def has_several_reports(self) -> bool:
        """Whether it is a file or folder of another suite with several reports, each by a name of its own."""
        return not self.is_ours and len(self._distinct("run")) > 1

    @property
    def is_ours(self) -> bool:
        """Whether copycost measured it, so that its record tells what was planned."""
        return bool(self.facts.get("plan")) or bool(self.facts.get("method"))

    @property
    def precision(self) -> float | None:
        """The half-width of the intervals that was asked for, as a share."""
        precision: float | None = (self.record.get("plan") or {}).get("precision")
        return precision

    @cached_property
    def arms(self) -> list[str]:
        """The arms of which something was measured."""
        return [self.arm] if self.arm else self._distinct("arm")

    @cached_property
    def arm_entry(self) -> Mapping[str, Any]:
        """What the record says of the run's one arm; empty where it has several or tells none."""
        entries = {str(entry.get("name")): entry for entry in self.facts.get("arms", ())}
        return entries.get(self.arms[0], {}) if len(self.arms) == 1 else {}

    @cached_property
    def machine(self) -> dict[str, Any]:
        """The machine's facts, those that the arm's own interpreter told where it has one."""
        facts = self.arm_entry.get("machine") or self.facts.get("machine") or {}
        return {**facts, "machine": self.machine_name or facts.get("machine")}

    @cached_property
    def machine_name(self) -> str | None:
        """The machine that the cells were measured on; None where it is not known, or they are several."""
        names = self._distinct("machine")
        return names[0] if len(names) == 1 else None

    @property
    def method(self) -> Mapping[str, Any]:
        """The method's fingerprint; empty where it is not known."""
        method: Mapping[str, Any] = self.facts.get("method") or {}
        return method

    @property
    def _clock_references(self) -> Mapping[str, float]:
        """The clock, in seconds, that the record says each arm's times are given at."""
        told = {str(entry.get("name")): entry.get("clock_reference") for entry in self.facts.get("arms", ())}
        return {arm: reference for arm, reference in told.items() if reference}

    @property
    def had_one_session(self) -> bool:
        """Whether its processes were all forked from one session, as they were by an earlier method."""
        return any(method.get("address_layout") == "fixed" and method.get("start") == "fork" for method in self.methods)

    @property
    def shares_page_frames(self) -> bool:
        """Whether the code of all its processes lay in the same page frames, where another run does not find it."""
        return any(method and method.get("page_frames") != "own" for method in self.methods)

    @property
    def methods(self) -> list[Mapping[str, Any]]:
        """The method of each of the runs taken together, or its own."""
        return [part.method for part in self.parts or (self,)]

    @property
    def grids(self) -> list[Any]:
        """The planned cells of each of the runs taken together, or its own; None for one that tells none."""
        return [(part.record.get("plan") or {}).get("cells") for part in self.parts or (self,)]

    @property
    def unfinished(self) -> str | None:
        """What is not complete of it: its status, or how many of the runs taken together are not."""
        statuses = [str(part.facts.get("status") or _COMPLETE) for part in self.parts or (self,)]
        left = [status for status in statuses if status != _COMPLETE]
        if not left:
            return None
        return left[0] if len(statuses) == 1 else f"unfinished in {len(left)} of its {len(statuses)} runs"

    @property
    def created(self) -> datetime:
        """When it was measured.

        Raises:
            UsageError: its record does not say.
        """
        created = as_moment(self.facts.get("created"))
        if created is None:
            raise UsageError(f"{self.name}: its record's 'created' is not a time: {self.facts.get('created')!r}")
        return datetime.fromisoformat(created)

    @cached_property
    def process_count(self) -> int:
        """How many processes, or files of another suite, it comes from."""
        if not self.arm and not self.parts and self.record.get("processes"):
            return len(self.record["processes"])
        return len(group_codes(self.processes, ["run", "process"])[1])

    @property
    def tests(self) -> Mapping[str, Test]:
        """What another suite calls its tests, by their names in the cells; none of a run of ours."""
        return self.files.tests

    # How it is read.

    @property
    def has_estimates(self) -> bool:
        """Whether its estimates need not be made: they are kept beside it, or were made before."""
        return "cells" in self.__dict__ or self.files.kept is not None

    @property
    def table(self) -> Any | None:
        """The cells as an Arrow table, where they are kept as they are: of thousands, no frame of each is made."""
        whole = self._whole or self
        kept = None if whole.longer_names(whole) else self._kept_table
        return None if kept is None else renamed(kept, self.name)

    def release(self) -> None:
        """Forget the rounds and what takes as much memory; they are read again where they are needed."""
        self.files.release()
        for name in ("rounds", "processes", "replicates"):
            self.__dict__.pop(name, None)

    @property
    def _kept_table(self) -> Any | None:
        """The kept cells, of an arm its own; None where none are kept, or a frame has been made of them."""
        if self.parts or self._where is not None or "cells" in self.__dict__:
            return None
        if self._whole is None:
            return None if self.files.kept is None else self.files.kept.table
        kept = self._whole._kept_table
        return kept if kept is None or not self.arm else rows_of_arm(kept, self.arm)

    def _distinct(self, column: str) -> list[str]:
        """Return the known values of a column of the cells, in order of appearance."""
        kept = self._kept_table
        if kept is not None:
            return [str(value) for value in kept.column(column).unique().to_pylist() if value is not None]
        return [str(value) for value in self.cells[column].dropna().unique()]

    def _of_arm(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame[self._is_of_arm(frame)].reset_index(drop=True)

    def _is_of_arm(self, frame: pd.DataFrame) -> np.ndarray:
        """Return which rows are of the arm, and meet the conditions; all where there are none."""
        chosen = np.ones(len(frame), dtype=bool)
        if self.arm:
            chosen &= (frame["arm"] == self.arm).to_numpy(dtype=bool, na_value=False)
        return chosen if self._where is None else chosen & self._where.among(frame)

    def _named(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return rounds or cells with the name of the run, and names of tests that keep those of all runs apart."""
        runs = [str(run) for run in frame["run"].dropna().unique()]
        # A folder or file of another suite may hold several reports, each a run by a name of its own.
        names = {run: f"{self.name}/{run}" if self.among_others else run for run in runs}
        if len(runs) == 1:
            names = {runs[0]: self.name}
        longer = self.longer_names(self)
        return frame.assign(
            run=_renamed(frame["run"], names),
            **({"conversion": _renamed(frame["conversion"], longer)} if longer else {}),
        )


def without_references(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of the conversions that people asked for."""
    wanted = (cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True)
    return cells[wanted].reset_index(drop=True)


def _renamed(column: pd.Series, names: Mapping[str, str]) -> pd.Series:
    if all(old == new for old, new in names.items()):
        return column
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.rename_categories(dict(names))
    return column.map(lambda value: names.get(value, value)).astype(column.dtype)
