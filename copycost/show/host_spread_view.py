"""A fleet as its owner reads it: how its hosts rank, the figures of each kind, what hosts of a kind differ by."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from copycost.analyse.host_spread import host_spread, kind_names, pooled, process_clocks, relative_times
from copycost.analyse.machines import FACTS
from copycost.errors import UsageError, nearest
from copycost.show.compare_text import ratio_text
from copycost.show.run_view import CellsView, read_run
from copycost.show.summary import WIDTH_ON_A_PIPE
from copycost.show.table import cells_view, plain
from copycost.store.places import run_folders

NONE = "none"
EXPLAINED = (
    "between: standard deviation of the hosts' figures; within: of the processes of one host.",
    "apart: the slowest host over the fastest. Conversions are compared with the clock taken out.",
    "Hosts differ where the ratio is more than identical ones show in one of a hundred at most.",
)
NO_SPREAD = ("what hosts of one kind differ by is not known: it takes two, of three processes each",)


def parse_pool(text: str) -> tuple[str, ...]:
    """Return the facts that make machines one kind: names such as ``cpu_model,memory_bytes``, or ``none``.

    Raises:
        UsageError: a name is no fact.
    """
    if text.strip() == NONE:
        return ()
    names = tuple(dict.fromkeys(word.strip() for word in text.split(",")))
    valid = [name for name, _ in FACTS]
    for name in names:
        if name not in valid:
            raise UsageError(f"pool {name!r} is not a fact of a machine: {nearest(name, [*valid, NONE])}")
    return names


def print_fleet(folder: Path, by: tuple[str, ...]) -> None:
    """Print what a folder of run folders, one for each host, says of its hosts.

    Args:
        folder: a cluster's run.
        by: the facts that make hosts one kind; without, each is a kind of its own.
    """
    read = {run.name: _cells_and_clocks(run) for run in run_folders(folder)}
    views = {name: view for name, (view, _) in read.items()}
    machines = [(view.record or {})["machine"] for view in views.values()]
    kinds = dict(zip(views, kind_names(machines, by), strict=True))
    cells = pd.concat([view.cells.assign(run=name) for name, view in views.items()], ignore_index=True)
    cells = cells.assign(kind=cells["run"].map(kinds))
    console = Console(highlight=False)
    console.width = width = console.width if console.is_terminal else WIDTH_ON_A_PIPE
    console.print(hosts_table(views, kinds, relative_times(cells)))
    console.print(Text("others: tasks of others that Dask ran there; time: geometric mean, the fastest is 1"))
    console.print()
    if not by:
        return
    console.print(cells_view(pooled(cells), width=width))
    console.print()
    spread = host_spread(cells, pd.concat([clocks for _, clocks in read.values()]))
    for kind, own in spread.groupby("kind", sort=False):
        console.print(spread_table(str(kind), own))
        console.print()
    for line in EXPLAINED if len(spread) else NO_SPREAD:
        console.print(Text(line))


def _cells_and_clocks(run: Path) -> tuple[CellsView, pd.DataFrame]:
    """Return what is needed of a host; its rounds are not kept, since those of all hosts may not fit in memory."""
    view = read_run(run)
    return CellsView(view.cells, view.record), process_clocks(view.rounds.assign(run=run.name))


def hosts_table(views: dict[str, CellsView], kinds: dict[str, str], times: pd.DataFrame) -> Table:
    """Return one row for each host, the fastest first."""
    table = _table("hosts, the fastest first", ("host", "kind", "status", "processes", "quiet", "others", "time"))
    for _, row in times.iterrows():
        view = views[row["run"]]
        record = view.record or {}
        beside = record.get("cluster", {}).get("other_tasks")
        table.add_row(
            *map(
                Text,
                (
                    plain(row["run"]),
                    plain(kinds[row["run"]]),
                    plain(record["status"]),
                    str(len(record["processes"])),
                    f"{view.cells['quiet_share'].mean():.0%}",
                    "?" if beside is None else str(beside),
                    ratio_text(row["relative"]),
                ),
            )
        )
    return table


def spread_table(kind: str, spread: pd.DataFrame) -> Table:
    """Return one row for each conversion that several hosts of a kind have."""
    names = ("conversion", "hosts", "between", "within", "ratio", "", "apart", "slowest")
    table = _table(f"what hosts of one kind differ by: {plain(kind)}", names)
    for _, row in spread.iterrows():
        values = (
            plain(row["conversion"]),
            str(row["hosts"]),
            f"{100 * row['between']:.2f}%",
            f"{100 * row['within']:.2f}%",
            f"{row['ratio']:.1f}",
            "differ" if row["differ"] else "alike",
            ratio_text(row["apart"]),
            plain(row["slowest"]),
        )
        table.add_row(*map(Text, values))
    return table


def _table(title: str, names: tuple[str, ...]) -> Table:
    table = Table(title=Text(title), title_justify="left", box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in names:
        table.add_column(Text(name), overflow="fold")
    return table
