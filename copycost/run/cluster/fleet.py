"""The fleet: every host of a cluster, found as workers join, measured each once and all at the same time."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict

from copycost.errors import UsageError
from copycost.run.cluster.cluster_record import ClusterRecord
from copycost.run.cluster.fitness import EXAMINATION, misfits
from copycost.run.cluster.host_visit import HostVisit, Tell
from copycost.run.cluster.hosts import Host, Hosts
from copycost.run.cluster.link import ClusterLost, Link, WorkerLost
from copycost.run.cluster.order import Order

_LOOK_SECONDS = 0.5


class Fleet:
    """Measures a cluster."""

    def __init__(self, order: Order, record: ClusterRecord, link: Link, expected: int, tell: Tell) -> None:
        """Wait for `expected` workers as long as the order's patience lasts, but for one at least."""
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
        await self.link.open()
        try:
            with contextlib.suppress(ClusterLost):  # each visit has told so
                while True:
                    await self.link.look()
                    self._begin()
                    waited = time.monotonic() - began > self.order.patience
                    if self._all_settled() and (waited or len(self._examined) >= max(1, self.expected)):
                        break
                    await self._something()
            if not self._examined:
                raise UsageError(f"the cluster has no workers after {self.order.patience:.3g} s")
            await asyncio.gather(*self._visits.values())
        finally:
            await self._end()

    def _begin(self) -> None:
        """Examine workers that are new, and visit hosts that are."""
        for worker in self.link.workers:
            if worker not in self._examined:
                self._examined[worker] = asyncio.create_task(self._examine(worker))
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

    async def _examine(self, worker: str) -> None:
        """Find out on which host a worker is, and whether the host can be measured."""
        address = str(self.link.workers[worker]["host"])
        client = await self.link.client()
        try:
            answers = await self.link.unless_gone(
                worker, client.run(eval, EXAMINATION, workers=[worker], on_error="return")
            )
        except WorkerLost:
            return
        facts = answers.get(worker)
        if not isinstance(facts, dict):
            reasons = [f"its worker cannot be examined: {type(facts).__name__}: {facts}"]
            facts = {}
        else:
            reasons = misfits(self.order.own, facts, self.order.address_layout)
        known = set(self.hosts.by_mark)
        host = self.hosts.add(worker, address, facts, reasons)
        if host.mark not in known and reasons:
            self._refuse(host)

    def _refuse(self, host: Host) -> None:
        entry = self.record.entry(host, self.order.with_hostname)
        entry.status, entry.reason = "refused", "; ".join(host.reasons)
        self.record.write()
        self.tell(entry, host, {"event": "settled", "status": "refused", "reason": entry.reason})

    async def _visit(self, host: Host) -> None:
        entry = self.record.entry(host, self.order.with_hostname)
        if entry.status == "complete":  # in the run that goes on
            self.tell(entry, host, {"event": "settled", "status": "complete", "reason": None})
            return
        entry.status, entry.reason = "waiting", None
        visit = HostVisit(host, entry, self.order, self.record, self.link, self.tell)
        await visit.run(self._turns[host.kernel])

    async def _end(self) -> None:
        tasks = [*self._visits.values(), *self._examined.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.link.close()
