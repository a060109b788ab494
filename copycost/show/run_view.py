"""One run as the commands see it: its estimates and its record, read together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.analyse.estimates import estimate
from copycost.analyse.quiet import mark_quiet
from copycost.analyse.run_estimates import frame_of, read_runs
from copycost.errors import UsageError
from copycost.store.bad_files import OnBad
from copycost.store.loading import load
from copycost.store.places import is_run_folder, is_tree, places
from copycost.store.record import RECORD, read_record


@dataclass(frozen=True)
class RunView:
    """The rounds (with `quiet`), the cells and, for a run folder of ours, the record."""

    rounds: pd.DataFrame
    cells: pd.DataFrame
    record: dict[str, Any] | None


def read_run(path: Path, on_bad: OnBad | None = None) -> RunView:
    """Return a run folder or a pytest-benchmark file, estimated; ``on_bad`` as for ``load``.

    Raises:
        UsageError: the path holds no results that can be read.
    """
    record = read_record(path) if (path / RECORD).is_file() else None
    rounds = mark_quiet(load(path, on_bad))
    precision = record["plan"].get("precision") if record else None
    return RunView(rounds, estimate(rounds, precision=precision), record)


@dataclass(frozen=True)
class CellsView:
    """The cells and, for a run folder of ours, the record."""

    cells: pd.DataFrame
    record: dict[str, Any] | None


def read_cells(path: Path, on_bad: OnBad | None = None) -> CellsView:
    """Return what `read_run` does but for the rounds, from the estimates that are kept beside the run; of trees too.

    Raises:
        UsageError: the path holds no results that can be read.
    """
    if not is_tree(path) and not is_run_folder(path):
        view = read_run(path, on_bad)
        return CellsView(view.cells, view.record)
    record = read_record(path) if (path / RECORD).is_file() else None

    def refuse(error: UsageError) -> None:
        if on_bad is None:
            raise error
        on_bad(error)

    return CellsView(frame_of(list(read_runs(places(path), refuse))), record)
