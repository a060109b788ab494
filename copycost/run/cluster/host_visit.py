"""The visit of one host: tried, collected from while it measures, tried again a bounded number of times."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

from distributed import Client
from distributed.client import FutureCancelledError
from distributed.scheduler import KilledWorker

from copycost.run.cluster import errands
from copycost.run.cluster.cluster_record import ClusterRecord, HostEntry
from copycost.run.cluster.host_plugin import OUR_KEYS
from copycost.run.cluster.hosted import COMPLETE, REFUSED
from copycost.run.cluster.hosts import Host
from copycost.run.cluster.job import Job
from copycost.run.cluster.landing import Landing
from copycost.run.cluster.link import ClusterLost, Link, WorkerLost, hear, lost_with
from copycost.run.cluster.order import Order
from copycost.run.cluster.parcel import Damaged

RESOURCE = "copycost"

_LOOK_SECONDS = 0.5
_NOTICED_SECONDS = 2.0  # by then the scheduler no longer has a worker that is gone
_DAMAGED_AT_MOST = 3
_LEAVE_SECONDS = 30.0
_LONGEST_REASON = 300

Tell = Callable[[HostEntry, Host, dict[str, Any]], None]


class HostVisit:
    """Measures one host and lands its results."""

    def __init__(
        self, host: Host, entry: HostEntry, order: Order, record: ClusterRecord, link: Link, tell: Tell
    ) -> None:
        """Be ready to visit; `tell` hears how it goes."""
        self.host = host
        self.entry = entry
        self.order = order
        self.record = record
        self.link = link
        self.landing = Landing(record.folder_of(entry))
        self.tell = tell

    async def run(self, turn: asyncio.Lock) -> None:
        """Measure when it is this host's turn, until it is complete, refused or given up."""
        try:
            async with turn:
                await self._until_settled()
        except ClusterLost as error:
            self.settle("incomplete", str(error))
        except asyncio.CancelledError:
            self.settle("interrupted", None)
            raise

    def settle(self, status: str, reason: str | None) -> None:
        """Keep how it ended in the record and in the host's own, and tell it; all that has landed is complete."""
        if self.landing.complete:
            status, reason = "complete", None
        self.entry.processes = len(self.landing.have)
        if status == "incomplete" and not self.landing.have:
            status = "lost"
        if not self.landing.have:
            self.entry.folder = None
        kept = self.order.kept(reason, self.host)
        self.entry.status, self.entry.reason = status, kept
        other = {key: getattr(self.entry, key) for key in ("workers", "resource", "other_tasks", "other_seconds")}
        self.landing.close("incomplete" if status == "refused" else status, kept, other)
        self.record.write()
        self.tell(self.entry, self.host, {"event": "settled", "status": status, "reason": reason})

    async def _until_settled(self) -> None:
        reason: str | None = None
        for attempt in range(1, self.order.attempts + 1):
            worker = await self._worker()
            if worker is None:
                reason = reason or "it has no worker any more"
                break
            self.entry.attempts, self.entry.status, self.entry.mark = attempt, "measuring", self.host.mark
            self.record.write()
            try:
                ending = await self._attempt(worker, attempt)
            except WorkerLost as error:
                reason = str(error)
            else:
                if ending["status"] == COMPLETE:
                    return self.settle("complete", None)
                reason = ending["event"].get("reason") or ending["last_words"] or "it ended before it was done"
                if ending["status"] == REFUSED:
                    return self.settle("refused", reason)
            if self.landing.complete:  # it was lost after its last word
                return self.settle("complete", None)
            self.tell(self.entry, self.host, {"event": "again", "attempt": attempt, "reason": reason})
            await asyncio.sleep(_NOTICED_SECONDS)
        self.settle("incomplete", reason)

    async def _worker(self) -> str | None:
        """Return a worker of the host, best one that declares the resource; wait for one that is to come back."""
        deadline = time.monotonic() + self.order.patience
        while True:
            there = sorted(self.host.workers & set(self.link.workers))
            if there:
                self.entry.workers = len(there)
                declared = [worker for worker in there if self._declared(worker)]
                return (declared or there)[0]
            if time.monotonic() > deadline:
                return None
            await asyncio.sleep(_LOOK_SECONDS)

    def _declared(self, worker: str) -> float:
        """Return how much of our resource a worker declares; all of it is asked for."""
        return float(self.link.workers.get(worker, {}).get("resources", {}).get(RESOURCE, 0))

    async def _attempt(self, worker: str, attempt: int) -> dict[str, Any]:
        """Measure on one worker and return the end that the host's process had."""
        name = f"copycost-{self.order.token}-{self.entry.number}-{attempt}"
        key = OUR_KEYS + name
        earlier = await asyncio.to_thread(self.landing.earlier)
        job = Job(self.landing.folder.name, self.order.typed, self.order.suite, self.order.conversions, earlier)
        client = await self.link.client()
        self.entry.resource = bool(self._declared(worker))
        resources = {RESOURCE: self._declared(worker)} if self.entry.resource else None
        try:
            await self._on(worker, client, errands.install, name, key, job)
            for other in self._beside(worker):
                with contextlib.suppress(WorkerLost):
                    await self._on(other, client, errands.install, name, key, None)
            news = asyncio.Event()
            await self.link.subscribe(name, self._hear(news))
            with lost_with(client):
                future: Any = client.submit(
                    errands.measure, name, key=key, workers=[worker], resources=resources, pure=False, retries=0
                )
            try:
                return await self._collect_until(future, news, worker, client, name)
            finally:
                await _soon(future.cancel(), client)
        finally:
            await _soon(self._leave(worker, client, name), client)

    async def _collect_until(
        self, future: Any, news: asyncio.Event, worker: str, client: Client, name: str
    ) -> dict[str, Any]:
        """Return the task's result; whenever the host tells that a file is kept, fetch it."""
        ended = asyncio.ensure_future(self.link.unless_gone(worker, client, _result(future)))
        ended.add_done_callback(hear)
        try:
            while not ended.done():
                heard = asyncio.ensure_future(news.wait())
                await asyncio.wait({ended, heard}, return_when=asyncio.FIRST_COMPLETED)
                heard.cancel()
                if news.is_set() and not ended.done():
                    news.clear()
                    await self._fetch(worker, client, name)
            ending = ended.result()
            await self._fetch(worker, client, name)
            return ending
        finally:
            ended.cancel()

    async def _fetch(self, worker: str, client: Client, name: str) -> None:
        """Land every file that the host has and this machine has not; one that arrives damaged is asked for again."""
        damaged = 0
        while True:
            have = frozenset(self.landing.have)
            collected = await self._on(worker, client, errands.collect, name, self.landing.folder.name, have)
            try:
                complete = await asyncio.to_thread(self.landing.take, collected)
            except Damaged as error:
                damaged += 1
                if damaged >= _DAMAGED_AT_MOST:
                    raise WorkerLost(f"its files arrive damaged: {error}") from error
                continue
            if self.entry.processes != len(self.landing.have):
                self.entry.processes = len(self.landing.have)
                self.record.write()
            if complete:
                return

    async def _on(self, worker: str, client: Client, errand: Callable[..., Any], *arguments: Any) -> Any:
        """Return what an errand on a worker returns.

        Raises:
            WorkerLost: the worker is gone, or the errand failed there.
        """
        answers = await self.link.unless_gone(
            worker, client, client.run(errand, *arguments, workers=[worker], on_error="return")
        )
        answer = answers.get(worker, OSError("no answer"))
        if isinstance(answer, Exception):
            raise WorkerLost(f"its worker failed: {_told(answer)}") from answer
        return answer

    async def _leave(self, worker: str, client: Client, name: str) -> None:
        """Take the plugins away and keep what they saw of others' tasks."""
        for one in [worker, *self._beside(worker)]:
            with contextlib.suppress(WorkerLost):
                count, seconds = await self._on(one, client, errands.other_tasks, name)
                self.entry.other_tasks += count
                self.entry.other_seconds = round(self.entry.other_seconds + seconds, 3)
                await self._on(one, client, errands.remove, name)

    def _beside(self, worker: str) -> list[str]:
        """Return the host's other workers, whose tasks would be in the way."""
        return sorted((self.host.workers & set(self.link.workers)) - {worker})

    def _hear(self, news: asyncio.Event) -> Callable[[tuple[float, dict[str, Any]]], Any]:
        async def hear(event: tuple[float, dict[str, Any]]) -> None:
            self.tell(self.entry, self.host, event[1])
            if event[1]["event"] == "kept":
                news.set()

        return hear


async def _result(future: Any) -> dict[str, Any]:
    """Return what the measuring task returns.

    Raises:
        WorkerLost: it has failed, for whatever reason, or Dask has given it up.
    """
    try:
        result: dict[str, Any] = await future
    except (FutureCancelledError, KilledWorker) as error:
        raise WorkerLost("its worker was lost") from error
    except Exception as error:  # the host's, which is no reason to end what others measure
        raise WorkerLost(f"its task failed: {_told(error)}") from error
    return result


async def _soon(work: Any, client: Client) -> None:
    """Wait for what tidies up, but not for ever, and not with a worker or a scheduler that is gone."""
    with contextlib.suppress(OSError, WorkerLost), lost_with(client):
        await asyncio.wait_for(work, _LEAVE_SECONDS)


def _told(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_REASON]
