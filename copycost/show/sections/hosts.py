"""The hosts of a cluster: how they rank, the figures of each kind of host, and what hosts of a kind differ by."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from copycost.analyse.host_spread import host_spread, kind_names, pooled, process_clocks, relative_times
from copycost.analyse.run import Run
from copycost.show.document import Block, Column, Document, Lines, Note, Table
from copycost.show.sections.costs import cost_tables, legend
from copycost.show.sections.doubts import better_beside_a_copy, notes

_EXPLAINED = (
    "between: standard deviation of the hosts' figures; within: of the processes of one host.",
    "apart: the slowest host over the fastest. Conversions are compared with the clock taken out.",
    "Hosts differ where the ratio is more than identical ones show in one of a hundred at most.",
)
_NO_SPREAD = "what hosts of one kind differ by is not known: it takes two, of three processes each"


def hosts_document(runs: Sequence[Run], by: Sequence[str]) -> Document:
    """Return what a cluster's run says of its hosts.

    Args:
        runs: one for each host, of one arm each. Their rounds are not kept: those of all hosts may not fit in memory.
        by: the facts that make hosts one kind; without any, each is a kind of its own, and hosts are only ranked.

    Raises:
        UsageError: a run cannot be read.
    """
    cells, clocks, machines = [], [], []
    for run in runs:
        cells.append(run.estimates.assign(run=run.name))
        if by:
            clocks.append(process_clocks(run.rounds.assign(run=run.name)))
        machines.append(run.machine)
        run.release()
    kinds = dict(zip([run.name for run in runs], kind_names(machines, by), strict=True))
    of_all = pd.concat(cells, ignore_index=True)
    of_all = of_all.assign(kind=of_all["run"].map(kinds))
    hosts = _hosts(runs, kinds, relative_times(of_all))
    said: list[Block] = [
        hosts,
        Lines(("others: tasks of others that Dask ran there; time: geometric mean, the fastest is 1",)),
    ]
    if not by:
        return Document("", tuple(said), data={"hosts": hosts.frame})
    # A kind's cells are named by it twice: as their run and as their machine.
    of_kinds = pooled(of_all).assign(run=None)
    spread = host_spread(of_all, pd.concat(clocks))
    said += [*cost_tables(of_kinds), legend(of_kinds), *notes(of_kinds, table="cells"), *better_beside_a_copy(of_kinds)]
    said += [_spread(spread), Lines(_EXPLAINED)] if len(spread) else [Note(_NO_SPREAD)]
    return Document("", tuple(said), data={"hosts": hosts.frame, "cells": of_kinds, "spread": spread})


def _hosts(runs: Sequence[Run], kinds: dict[str, str], times: pd.DataFrame) -> Table:
    rows = pd.DataFrame(
        [
            {
                "run": run.name,
                "kind": kinds[run.name],
                "status": run.unfinished or "complete",
                "processes": run.process_count,
                "quiet_share": run.estimates["quiet_share"].mean(),
                "others": (run.record.get("cluster") or {}).get("other_tasks"),
            }
            for run in runs
        ]
    )
    columns = (
        Column("run", "host", "name"),
        Column("kind", "kind", "name"),
        Column("status", "status", "name"),
        Column("processes", "processes", "count"),
        Column("quiet_share", "quiet", "share"),
        Column("others", "others", "count"),
        Column("relative", "time", "ratio"),
    )
    return Table("hosts", times.merge(rows, on="run", how="left"), columns, caption="hosts, the fastest first")


def _spread(spread: pd.DataFrame) -> Table:
    rows = spread.assign(
        title=[f"what hosts of one kind differ by: {kind}" for kind in spread["kind"]],
        alike=["differ" if differ else "alike" for differ in spread["differ"]],
        # With two decimals, since good hosts differ by less than a unit of the usual one.
        **{name: [f"{100 * value:.2f}%" for value in spread[name]] for name in ("between", "within")},
    )
    columns = (
        Column("conversion", "conversion", "name"),
        Column("hosts", "hosts", "count"),
        Column("between", "between"),
        Column("within", "within"),
        Column("ratio", "ratio", "ratio"),
        Column("alike", ""),
        Column("apart", "apart", "ratio"),
        Column("slowest", "slowest", "name"),
    )
    return Table("spread", rows, columns, titles="title")
