"""The pytest hooks by which `benchmarks/` is measured, alone or under the runner."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from copycost.catalogue.cell import Cell
from copycost.catalogue.conversions import CannotConvert, select_conversions
from copycost.catalogue.device import device_conversions
from copycost.measure import machine
from copycost.measure.fork_server import ForkServer
from copycost.measure.placement import place
from copycost.measure.plan import MeasurePlan
from copycost.measure.worker import Worker

SCHEMA = 1
AXES = ("conversion", "dtype", "size", "threads", "cache", "layout")
_PER_ROUND = ("visit", "at", "canary_ns", "clock_ns", "page_faults", "copy_ns")

_plan = pytest.StashKey[MeasurePlan]()
_worker = pytest.StashKey[Worker]()
_server = pytest.StashKey[ForkServer | None]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options by which the runner speaks to a measuring process."""
    group = parser.getgroup("copycost")
    group.addoption("--copycost-plan", type=Path, help="JSON file with the cells to measure")
    group.addoption(
        "--copycost-serve", choices=("fork", "once"), help="measure on request, as the runner asks on standard input"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Read the plan and make the worker."""
    config.addinivalue_line("markers", "cells(direction): measure the plan's cells of a direction")
    path = config.getoption("--copycost-plan")
    plan = MeasurePlan.read(path) if path else MeasurePlan.default()
    if plan.address_layout is not None:
        place(plan.address_layout)
    mode = config.getoption("--copycost-serve")
    config.stash[_server] = ForkServer(mode) if mode else None  # before a user's file prints what is no event
    user_file = Path(plan.conversions_file) if plan.conversions_file else None
    of_device = device_conversions(plan.device) if plan.device else []
    known = [*select_conversions(None, "all"), *select_conversions(None, "all", user_file, of_device)]
    config.stash[_plan] = plan
    config.stash[_worker] = Worker({conversion.name: conversion for conversion in known}, plan.protocol, plan.device)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each benchmark the plan's cells of its direction, and its visits."""
    marker = metafunc.definition.get_closest_marker("cells")
    if marker is None:
        return
    plan = metafunc.config.stash[_plan]
    cells = [cell for cell in plan.cells if cell.direction == marker.args[0]]
    values = [tuple(getattr(cell, axis) for axis in AXES) for cell in cells]
    metafunc.parametrize(AXES, values, ids=[cell.id for cell in cells])
    if plan.visits > 1:
        metafunc.fixturenames.append("visit")
        metafunc.parametrize("visit", range(plan.visits), indirect=True)


@pytest.fixture
def visit(request: pytest.FixtureRequest) -> int:
    """Return the number of this visit of the cell within the process."""
    return int(request.param)


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> Worker:
    """Return what this process keeps between visits."""
    return request.config.stash[_worker]


@pytest.fixture
def cell(
    request: pytest.FixtureRequest,
    worker: Worker,
    conversion: str,
    dtype: str,
    size: int,
    threads: int,
    cache: str,
    layout: str,
) -> Cell:
    """Return the cell to visit; skips a pair of conversion and dtype that cannot work."""
    direction = request.node.get_closest_marker("cells").args[0]
    wanted = Cell(conversion, direction, dtype, size, threads, cache, layout)
    try:
        worker.prepare(wanted)
    except CannotConvert as error:
        pytest.skip(str(error))
    return wanted


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Under the runner: prepare every cell, then measure as often as it asks."""
    server = session.config.stash[_server]
    if server is None or session.testsfailed:
        return None
    return server.run(session, session.config.stash[_worker], session.config.stash[_plan])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Under the runner, put a visit back while its core is shared."""
    server = item.config.stash[_server]
    if server is None or not server.puts_back(item):
        return None
    # What the visit before has left set up for this one is not what the next one needs.
    item.ihook.pytest_runtest_teardown(item=item, nextitem=nextitem)
    return True


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell the runner how each visit ended."""
    if ForkServer.current is not None:
        ForkServer.current.report_visit(report)


@pytest.hookimpl(tryfirst=True)
def pytest_benchmark_generate_machine_info(config: pytest.Config) -> dict[str, Any]:
    """Describe the machine from its own sources, without its host name."""
    server = config.stash[_server]
    facts = server.machine if server else machine.describe()
    return machine.for_pytest_benchmark(facts)


@pytest.hookimpl(tryfirst=True)
def pytest_benchmark_generate_commit_info(config: pytest.Config) -> dict[str, Any] | None:
    """Under the runner, spare every process the version control system's start."""
    server = config.stash[_server]
    return server.commit_info if server else None


@pytest.hookimpl(tryfirst=True)
def pytest_benchmark_generate_json(config: pytest.Config, benchmarks: list[Any]) -> None:
    """Merge the visits of each cell into one entry; pytest-benchmark's own hook then writes them."""
    benchmarks[:] = merge_visits(benchmarks, config.stash[_plan].cells)


def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    """Say which run, arm and process the file belongs to."""
    plan, server = config.stash[_plan], config.stash[_server]
    output_json["copycost"] = {
        "schema": SCHEMA,
        "run": plan.run,
        "arm": plan.arm,
        "process": server.process if server else 1,
        **(server.watch.seen() if server else {}),
    }


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """End a forked process here, so that what its parent set up is not taken down."""
    server = session.config.stash[_server]
    if server is not None:
        server.finish(session)


def merge_visits(benchmarks: list[Any], order: Sequence[Cell] = ()) -> list[Any]:
    """Return one benchmark a cell, holding the rounds of all its visits in the order they were made.

    `benchmarks` are pytest-benchmark's `Metadata` records, cells come back in the order given.
    Other people's benchmarks pass unchanged and come first.
    """
    merged: dict[Any, Any] = {}
    for bench in benchmarks:
        cell = _cell_of(bench)
        if cell is None:
            merged[id(bench)] = bench
        elif cell in merged:
            _append(merged[cell], bench)
        else:
            _name_after(bench, cell)
            merged[cell] = bench
    places = {cell: number for number, cell in enumerate(order)}
    return [merged[key] for key in sorted(merged, key=lambda key: places.get(key, -1))]


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
    """Name a benchmark after its cell, without the number of the visit, which counts within one process only."""
    bench.name = f"{bench.name.partition('[')[0]}[{cell.id}]"
    bench.fullname = f"{bench.fullname.partition('[')[0]}[{cell.id}]"
    bench.param = cell.id
    bench.params = {key: value for key, value in (bench.params or {}).items() if key != "visit"}
    bench.group = cell.direction
