"""Folding: the visits of one cell become one entry of the pytest-benchmark file."""

from __future__ import annotations

from typing import Any, Sequence

from copycost.catalogue.cell import Cell

_PER_ROUND = ("visit", "at", "canary_ns", "clock_ns", "page_faults", "copy_ns")


def fold(benchmarks: list[Any], order: Sequence[Cell] = ()) -> list[Any]:
    """Return one benchmark a cell, holding the rounds of all its visits in the order they were made.

    `benchmarks` are pytest-benchmark's `Metadata` records, cells come back in the order given.
    Other people's benchmarks pass unchanged and come first.
    """
    folded: dict[Any, Any] = {}
    for bench in benchmarks:
        cell = _cell_of(bench)
        if cell is None:
            folded[id(bench)] = bench
        elif cell in folded:
            _append(folded[cell], bench)
        else:
            _name_after(bench, cell)
            folded[cell] = bench
    places = {cell: number for number, cell in enumerate(order)}
    return [folded[key] for key in sorted(folded, key=lambda key: places.get(key, -1))]


def _cell_of(bench: Any) -> Cell | None:
    info = bench.extra_info
    return Cell.from_dict(info) if "canary_ns" in info and not bench.has_error else None


def _append(first: Any, bench: Any) -> None:
    visit = first.extra_info["visit"][-1] + 1
    bench.extra_info["visit"] = [visit] * len(bench.stats.data)
    first.stats.data.extend(bench.stats.data)
    for key in _PER_ROUND:
        if key in first.extra_info:
            first.extra_info[key].extend(bench.extra_info[key])


def _name_after(bench: Any, cell: Cell) -> None:
    """Take the visit out of the name: it counts within one process only."""
    bench.name = f"{bench.name.partition('[')[0]}[{cell.id}]"
    bench.fullname = f"{bench.fullname.partition('[')[0]}[{cell.id}]"
    bench.param = cell.id
    bench.params = {key: value for key, value in (bench.params or {}).items() if key != "visit"}
    bench.group = cell.direction
