"""The cluster job: the main job on every host of a cluster, and what the hosts differ by."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from copycost.errors import UsageError
from copycost.run.cluster.cluster_record import FILE, ClusterRecord
from copycost.run.cluster.fleet import Fleet
from copycost.run.cluster.fleet_display import FleetDisplay
from copycost.run.cluster.link import Link
from copycost.run.cluster.order import Order, settle_here
from copycost.run.cluster.place import Address, opened, parse
from copycost.run.cluster.resume import record_of
from copycost.run.execution import INTERRUPTED
from copycost.run.failures import failure_lines
from copycost.run.folder import leave_empty, locked
from copycost.run.settings import Settings
from copycost.show.host_spread_view import parse_pool, print_fleet
from copycost.show.table import plain
from copycost.store.places import run_folders
from copycost.store.record import RECORD, read_record
from copycost.units import parse_seconds


@dataclass(frozen=True)
class Request:
    """A cluster's run as it was typed.

    Args:
        cluster: an address, a scheduler file, a key of Dask's configuration or ``local:N``.
        typed: what `settle` takes, without the three below.
        name: the run's name.
        out: the folder for the run.
        conversions_file: the user's conversions.
        pool: which facts make hosts one kind, or ``none``.
        wait: how long to wait for a host or the scheduler when it has gone.
        resume: the run that is to go on, or nothing for the latest; None begins one.
        given: options that were typed and not left to their defaults, by name.
    """

    cluster: str
    typed: Mapping[str, Any]
    name: str | None = None
    out: Path = Path("results")
    conversions_file: Path | None = None
    pool: str = "cpu_model"
    wait: str = "60s"
    resume: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)


def cluster_job(request: Request) -> int:
    """Measure a cluster and return the exit status: 0, 1 when a host is missing or failed, 130 after Ctrl-C.

    Raises:
        UsageError: a value is not valid, the cluster does not answer, or no host can do what is asked.
    """
    console = Console(stderr=True)
    place, kinds, patience = parse(request.cluster), parse_pool(request.pool), parse_seconds(request.wait)
    record, settings = _begun(request) if request.resume is None else _going_on(request)
    file = Path(settings.conversions_file) if settings.conversions_file else None
    order = Order(record.folder, record.asked, file, patience)
    display = FleetDisplay(console, settings.precision, settings.budget)
    try:
        with locked(record.folder), _kept(record, request.resume is not None), opened(place) as address:
            _measure(order, record, address, display)
    finally:
        leave_empty(record.folder)
    if record.status == "interrupted":
        return _say_how_to_go_on(record, console)
    _refuse_what_nobody_can(record)
    measured, failures = run_folders(record.folder), _failures(record)
    if measured:
        print_fleet(record.folder, kinds)
    for line in failures:
        print(plain(line))
    if not measured:
        console.print("nothing was measured", highlight=False)
        return 1
    print(f"results: {record.folder}")
    return 0 if record.status == "complete" and not failures else 1


def _begun(request: Request) -> tuple[ClusterRecord, Settings]:
    settings = settle_here(
        name=request.name, out=request.out, conversions_file=request.conversions_file, typed=request.typed
    )
    return ClusterRecord(settings.folder, dict(request.typed), settings.as_record()["conversions_file"]), settings


def _going_on(request: Request) -> tuple[ClusterRecord, Settings]:
    assert request.resume is not None
    record = record_of(request.resume, request.out, request.given)
    with tempfile.TemporaryDirectory() as elsewhere:
        settings = settle_here(
            name=None, out=Path(elsewhere), conversions_file=request.conversions_file, typed=record.asked
        )
    return record, settings


def _measure(order: Order, record: ClusterRecord, address: Address, display: FleetDisplay) -> None:
    """Measure, and keep in the record how it ended."""

    async def measure() -> None:
        link = Link(address, order.patience)
        await Fleet(order, record, link, address.workers, display.tell).measure()

    record.status = "running"
    record.write()
    try:
        with display:
            asyncio.run(measure())
    except KeyboardInterrupt:
        record.status = "interrupted"
    else:
        complete = all(entry.status == "complete" for entry in record.hosts)
        record.status = "complete" if complete else "incomplete"
    record.write()


def _say_how_to_go_on(record: ClusterRecord, console: Console) -> int:
    if (record.folder / FILE).is_file():
        said = f"interrupted: what came back is kept in {record.folder}; go on with: --resume {record.folder.name}"
    else:
        said = "interrupted before anything was measured; nothing was kept"
    console.print(said, markup=False, highlight=False, soft_wrap=True)
    return INTERRUPTED


@contextmanager
def _kept(record: ClusterRecord, resumed: bool) -> Iterator[None]:
    """Take away the record of a new run that has measured nothing; that of a resumed one stays, whatever happens."""
    try:
        yield
    finally:
        if not resumed and not record.has_processes:
            (record.folder / FILE).unlink(missing_ok=True)


def _failures(record: ClusterRecord) -> list[str]:
    """Return what failed on hosts, a line for each host and failure, and hosts of which there is nothing."""
    lines = []
    for entry in record.hosts:
        if entry.folder is None:
            lines.append(f"{entry.node or entry.machine or 'a host'}: {entry.status}: {entry.reason}")
        elif (record.folder / entry.folder / RECORD).is_file():
            failed = read_record(record.folder / entry.folder)["failed"]
            lines += [f"{entry.folder}: {line}" for line in failure_lines(failed)]
    return lines


def _refuse_what_nobody_can(record: ClusterRecord) -> None:
    """Refuse what every host refuses for the same reason, as it would be refused here."""
    reasons = {entry.reason for entry in record.hosts}
    if all(entry.status == "refused" for entry in record.hosts) and len(reasons) == 1:
        raise UsageError(f"no host can be measured: {reasons.pop()}")
