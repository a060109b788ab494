"""The `dataset` command: all estimates of a tree with what is known of each run beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.show.many_runs import expanded, read_many
from copycost.store.bad_files import OnBad
from copycost.store.cell_table import require_pyarrow
from copycost.store.dataset import write_dataset
from copycost.store.foreign import created

FACTS = ("cpu_model", "virtual", "python", "numpy", "torch")


def write_runs(typed: Sequence[str], results: Path, folder: Path, on_bad: OnBad | None = None) -> str:
    """Write the estimates of runs and of trees as a Parquet dataset and return a sentence about it.

    Args:
        typed: runs and trees.
        results: the folder that holds the runs.
        folder: for the dataset.
        on_bad: as for ``load``.

    Raises:
        UsageError: a run cannot be read or the dataset cannot be written.
    """
    require_pyarrow("dataset")
    read = read_many(expanded(typed, results, on_bad), on_bad)
    files = write_dataset(with_facts(read.cells, read.facts), folder)
    size = sum(path.stat().st_size for path in files) / 1e6
    counts = f"{len(read.cells)} cells of {len(read.facts)} runs on {len(files)} machines"
    return f"{folder}: {counts}, {size:.1f} MB of Parquet"


def with_facts(cells: pd.DataFrame, facts: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return cells with facts of their run beside them, null where unknown.

    They are ``created`` (UTC), ``status``, ``cores``, ``memory_bytes``, ``cpu_model``, ``virtual`` and the versions
    ``python``, ``numpy`` and ``torch``.
    """
    of_run = {fact["name"]: fact for fact in facts}
    runs = pd.Index(cells["run"])

    def column(values: Mapping[str, Any], dtype: str) -> pd.Series:
        own: pd.Series = pd.Series([values.get(run) for run in runs], index=cells.index, dtype=object)
        return own.astype(dtype)  # type: ignore[call-overload, no-any-return]

    def machine(name: str) -> dict[str, Any]:
        return {run: fact["machine"].get(name) for run, fact in of_run.items()}

    def whole(name: str) -> dict[str, int | None]:
        return {run: value if isinstance(value, int) else None for run, value in machine(name).items()}

    moments = {run: _created(fact["record"].get("created")) for run, fact in of_run.items()}
    own = {
        "created": column(moments, "datetime64[us, UTC]"),
        "status": column({run: fact["record"].get("status") for run, fact in of_run.items()}, "object"),
        "cores": column(whole("cores"), "Int64"),
        "memory_bytes": column(whole("memory_bytes"), "Int64"),
    }
    texts = {name: column({run: _text(value) for run, value in machine(name).items()}, "object") for name in FACTS}
    return cells.assign(**own, **texts)


def _created(value: object) -> datetime | None:
    moment = created(value)
    return datetime.fromisoformat(moment) if moment is not None else None


def _text(value: object) -> str | None:
    return None if value is None else str(value)
