"""The fleet: every host of a cluster, found as workers join, measured each once and all at the same time."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from copycost.errors import UsageError
from copycost.run.cluster.cluster_record import ClusterRecord, HostEntry
from copycost.run.cluster.fitness import EXAMINATION, misfits
from copycost.run.cluster.host_visit import HostVisit, Tell
from copycost.run.cluster.hosts import Host, Hosts
from copycost.run.cluster.landing import Landing
from copycost.run.cluster.link import ClusterLost, Link, WorkerLost
from copycost.run.cluster.order import Order

_LOOK_SECONDS = 0.5
_NOTICED_SECONDS = 2.0  # by then the scheduler no longer has a worker that is gone


class Fleet:
    """Measures a cluster."""

    def __init__(self, order: Order, record: ClusterRecord, link: Link, expected: int, tell: Tell) -> None:
        """Wait for `expected` workers, but for one at least, and for a resumed run's hosts, while patience lasts."""
        self.order = order
        self.record = record
        self.link = link
        self.expected = expected
        self.tell = tell
        self.hosts = Hosts()
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._examined: dict[str, asyncio.Task[None]] = {}
        self._visits: dict[str, asyncio.Task[None]] = {}

    async def measure(self) -> None:
        """Measure every host once, and return when all have settled.

        Raises:
            UsageError: the cluster does not answer, or has no workers.
        """
        began = time.monotonic()
        self._settle_what_landed()
        await self.link.open()
        why_absent = f"none of its workers came within {self.order.patience:.3g} s"
        try:
            try:
                while True:
                    await self.link.look()
                    self._begin()
                    waited = time.monotonic() - began > self.order.patience
                    if self._all_settled() and (waited or self._all_there()):
                        break
                    await self._something()
            except ClusterLost as error:  # each visit has told so
                why_absent = str(error)
            if not self._examined:
                raise UsageError(f"the cluster has no workers after {self.order.patience:.3g} s")
            await asyncio.gather(*self._visits.values())
            for entry in self._absent():
                self._host_visit(_absent_host(entry), entry).settle("incomplete", why_absent)
        finally:
            await self._end()

    def _settle_what_landed(self) -> None:
        """Mark hosts of a resumed run as complete of which everything came back before that could be noted."""
        for entry in self.record.hosts:
            if entry.folder is not None and Landing(self.record.folder_of(entry)).complete:
                entry.status, entry.reason = "complete", None

    def _begin(self) -> None:
        """Examine workers that are new, and visit hosts that are."""
        for worker in self.link.workers:
            if worker not in self._examined:
                address = str(self.link.workers[worker]["host"])
                self._examined[worker] = asyncio.create_task(self._examine(worker, address))
        for mark, host in self.hosts.by_mark.items():
            if mark not in self._visits and host.workers:
                self._visits[mark] = asyncio.create_task(self._visit(host))

    async def _something(self) -> None:
        """Wait until something has ended, or for a moment, since workers may join."""
        pending = [task for task in (*self._examined.values(), *self._visits.values()) if not task.done()]
        moment = asyncio.ensure_future(asyncio.sleep(_LOOK_SECONDS))
        await asyncio.wait([moment, *pending], return_when=asyncio.FIRST_COMPLETED)
        moment.cancel()

    def _all_settled(self) -> bool:
        tasks = [*self._examined.values(), *self._visits.values()]
        for task in tasks:
            if task.done():
                task.result()  # what is no fault of a host is a bug and shows here
        begun = all(mark in self._visits or not host.workers for mark, host in self.hosts.by_mark.items())
        return begun and all(task.done() for task in tasks)

    def _all_there(self) -> bool:
        return len(self._examined) >= max(1, self.expected) and not self._absent()

    def _absent(self) -> list[HostEntry]:
        """Return the unfinished hosts of a resumed run that have not been met."""
        met = self.record.met
        return [entry for entry in self.record.hosts if entry.number not in met and entry.status != "complete"]

    async def _examine(self, worker: str, address: str) -> None:
        """Find out on which host a worker is, and whether the host can be measured."""
        for _ in range(self.order.attempts):
            try:
                facts, reasons = await self._found(worker)
                break
            except WorkerLost as error:
                facts, reasons = {}, [f"its worker cannot be examined: {error}"]
            await asyncio.sleep(_NOTICED_SECONDS)
            if worker not in self.link.workers:
                del self._examined[worker]  # another may come with its address, and is examined then
                return
        host = self.hosts.add(worker, address, facts, reasons, self.link.workers)
        if reasons and host.seen == {worker}:
            self._refuse(host)

    async def _found(self, worker: str) -> tuple[Mapping[str, Any], list[str]]:
        """Return what is found out on a worker, and why its host cannot be measured with the others.

        Raises:
            WorkerLost: it has not answered.
        """
        client = await self.link.client()
        answers = await self.link.unless_gone(
            worker, client, client.run(eval, EXAMINATION, workers=[worker], on_error="return")
        )
        facts = answers[worker]
        if isinstance(facts, OSError):  # the connection's: what is examined there raises nothing
            raise WorkerLost(f"{type(facts).__name__}: {facts}") from facts
        if isinstance(facts, dict):
            return facts, misfits(self.order.own, facts, self.order.address_layout)
        return {}, [f"its worker cannot be examined: {type(facts).__name__}: {facts}"]

    def _refuse(self, host: Host) -> None:
        entry = self.record.entry(host, self.order.with_hostname)
        if entry.status == "complete":  # whatever has become of it since
            return
        reason = "; ".join(host.reasons)
        entry.status, entry.reason = "refused", self.order.kept(reason, host)
        self.record.write()
        self.tell(entry, host, {"event": "settled", "status": "refused", "reason": reason})

    async def _visit(self, host: Host) -> None:
        entry = self.record.entry(host, self.order.with_hostname)
        if entry.status == "complete":  # in the run that goes on
            self.tell(entry, host, {"event": "settled", "status": "complete", "reason": None})
            return
        entry.status, entry.reason = "waiting", None
        await self._host_visit(host, entry).run(self._turns[host.kernel])

    def _host_visit(self, host: Host, entry: HostEntry) -> HostVisit:
        return HostVisit(host, entry, self.order, self.record, self.link, self.tell)

    async def _end(self) -> None:
        tasks = [*self._visits.values(), *self._examined.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.link.close()


def _absent_host(entry: HostEntry) -> Host:
    """Return what is known of a host that has not been met: little, unless names and addresses were asked for."""
    label = entry.address or entry.folder or entry.machine or f"number {entry.number}"
    return Host(entry.mark, label, {"node": entry.node, "machine": {"machine": entry.machine}})
