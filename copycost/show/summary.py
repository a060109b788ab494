"""A run's summary in the terminal: the tables, the doubts, what is missing."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from copycost.analyse.missing import missing
from copycost.errors import UsageError
from copycost.show.run_view import CellsView, RunView, read_cells
from copycost.show.table import cells_view, plain
from copycost.store.bad_files import OnBad

WIDTH_ON_A_PIPE = 100


def print_run(path: Path, on_bad: OnBad | None = None) -> None:
    """Print the summary of a run folder or a pytest-benchmark file; ``on_bad`` as for ``load``."""
    view = read_cells(path, on_bad)
    if view.cells.empty:
        raise UsageError(f"{path}: holds no conversion to show")
    print_view(view)


def print_view(view: RunView | CellsView) -> None:
    """Print tables, doubts and missing cells; no control characters where output is not a terminal."""
    console = Console(highlight=False)
    console.width = width = console.width if console.is_terminal else WIDTH_ON_A_PIPE
    if view.record is not None:
        console.print(Text(_heading(view)))
        console.print()
    lost = missing(view.record, view.cells) if view.record is not None else None
    console.print(cells_view(view.cells, lost, width=width))


def _heading(view: RunView | CellsView) -> str:
    record = view.record or {}
    machine = record["machine"]
    parts = [
        record["name"],
        machine.get("machine") or "unknown machine",
        f"torch {machine.get('torch') or '?'}, NumPy {machine.get('numpy') or '?'}",
        f"{len(record['processes'])} processes",
    ]
    if record["status"] != "complete":
        parts.append(record["status"])
    return plain(" · ".join(parts))
