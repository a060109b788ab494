"""One run as the commands see it: its estimates and its record, read together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.analyse.estimates import estimate
from copycost.analyse.quiet import mark_quiet
from copycost.store.rounds import load
from copycost.store.run_folder import RECORD, read_record


@dataclass(frozen=True)
class RunView:
    """The rounds (with `quiet`), the cells and, for a run folder of ours, the record."""

    rounds: pd.DataFrame
    cells: pd.DataFrame
    record: dict[str, Any] | None


def read_run(path: Path) -> RunView:
    """Return a run folder or a pytest-benchmark file, estimated.

    Raises:
        UsageError: the path holds no results that can be read.
    """
    record = read_record(path) if (path / RECORD).is_file() else None
    rounds = mark_quiet(load(path))
    precision = record["plan"].get("precision") if record else None
    return RunView(rounds, estimate(rounds, precision=precision), record)
