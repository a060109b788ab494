"""A run on a cluster: one Dask task for each host, pinned there, whose results land as it finishes."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from concurrent.futures import Future
from pathlib import Path
from types import MappingProxyType
from typing import Any

from distributed import Client, as_completed
from distributed.scheduler import KilledWorker

from copycost.catalogue.grid import parse_sizes, parse_threads
from copycost.errors import UsageError, one_line, told
from copycost.regular import bytes_of
from copycost.run.cluster.cluster_record import FILE, ClusterRecord, HostEntry, clear, resumed
from copycost.run.cluster.connection import RESOURCE, connected, parse
from copycost.run.cluster.host_task import PREFIX, Job, leave, measure_host, suite, watch
from copycost.run.cluster.hosts import EXAMINATION, Host, absent_host, facts, misfits
from copycost.run.folder import leave_empty, locked
from copycost.run.settings import RANDOM, Settings, parse_layouts, settle
from copycost.store.writing import SCRATCH
from copycost.units import parse_seconds

Tell = Callable[[str, bool], None]
"""Shows a line about a host; True for lines that last, False for how far a host has come."""

_LOOK_SECONDS = 0.5
_LEAST_SILENCE = 10.0  # of a worker whose heart beats every 0.5 to 5 s, by Dask's own rule
_ERRAND_SECONDS = 10.0
_MOMENTS = 6
_ATTEMPTS = 3
_RETRIES = 2
_LONGEST_REASON = 300


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Take SIGTERM, by which systems that hand out machines ask a program to end, for Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def measure_cluster(
    cluster: str,
    typed: Mapping[str, Any],
    tell: Tell,
    *,
    name: str | None = None,
    out: Path = Path("results"),
    conversions_file: Path | None = None,
    wait: str = "60s",
    resume: str | None = None,
    given: Mapping[str, Any] = MappingProxyType({}),
) -> ClusterRecord:
    """Measure every host of a cluster once and return the record, whose status says whether Ctrl-C has ended it.

    Args:
        cluster: an address, a scheduler file or ``local:N``.
        typed: what `settle` takes, without the name, the folder and the conversions file.
        tell: hears how it goes.
        name: the run's name.
        out: the folder for the run.
        conversions_file: the user's conversions.
        wait: how long to wait for workers, a host that has gone, or the scheduler.
        resume: the run that is to go on, or nothing for the latest; None begins one.
        given: options that were typed and not left to their defaults, by name.

    Raises:
        UsageError: a value is not valid, the cluster does not answer, or no host can do what is asked.
    """
    place, seconds = parse(cluster), parse_seconds(wait)
    if resume is not None:
        record = resumed(resume, out, given)
    else:
        settings = _settled(typed, name=name, out=out, conversions_file=conversions_file)
        record = ClusterRecord(settings.folder, dict(typed), settings.as_record()["conversions_file"])
    scratch = record.folder / SCRATCH
    try:
        with _terminable(), locked(record.folder):
            clear(record.folder)
            try:
                scratch.mkdir()
                with connected(place, seconds, scratch) as client:
                    expected = place if isinstance(place, int) else 1
                    ClusterRun(client, record, conversions_file, seconds, expected, tell).measure()
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
                if resume is None and not any(entry.processes for entry in record.hosts):
                    (record.folder / FILE).unlink(missing_ok=True)  # of a new run that has measured nothing
    finally:
        leave_empty(record.folder)
    reasons = {entry.reason for entry in record.hosts}
    if all(entry.status == "refused" for entry in record.hosts) and len(reasons) == 1:
        raise UsageError(f"no host can be measured: {reasons.pop()}")
    return record


def _settled(typed: Mapping[str, Any], **place: Any) -> Settings:
    """Refuse here what every host would refuse, and return settings with the run's folder, made now.

    What depends on a host is left to it: its cores, its memory, its address layout, the interpreters of arms.
    """
    if typed.get("sizes") is not None:
        parse_sizes(typed["sizes"])
    if typed.get("threads") is not None:
        parse_threads(typed["threads"])
    arms = [arm for arm in typed.get("arms") or () if not re.search(r"[:,](python|threads|numa)=", arm)]
    anywhere = {**typed, "sizes": "1", "threads": "1", "arms": arms}
    if typed.get("address_layouts") is not None:  # to choose is tried by a process, which says nothing of the hosts
        parse_layouts(typed["address_layouts"])
        anywhere["address_layouts"] = RANDOM
    return settle(**anywhere, **place)


class ClusterRun:
    """Measures the hosts of a cluster, each as soon as a worker of it is there."""

    def __init__(
        self, client: Client, record: ClusterRecord, conversions: Path | None, wait: float, expected: int, tell: Tell
    ) -> None:
        """Wait for `expected` workers, for hosts that have gone and for a resumed run's, `wait` seconds at most."""
        self.client: Any = client  # whose functions have no types for their arguments
        self.record = record
        self.conversions = (conversions.name, bytes_of(conversions)) if conversions else None
        self.wait = wait
        self.silence = max(wait, _LEAST_SILENCE)
        self.expected = expected
        self.tell = tell
        self.yardstick = facts()
        self.topic = f"copycost-{secrets.token_hex(4)}"
        #: What the scheduler says of its workers, and of those that were heard of late.
        self.listed: Mapping[str, Mapping[str, Any]] = {}
        self.present: Mapping[str, Mapping[str, Any]] = {}
        #: The last sign of life of each worker, by the scheduler's clock, and when that was here.
        self.signs: dict[str, tuple[float, float]] = {}
        self.asked: dict[str, tuple[Future[Any], float]] = {}
        self.unheard: Counter[str] = Counter()
        self.examined: set[str] = set()
        self.hosts: list[Host] = []
        tasks: Any = as_completed
        self.ended = tasks(loop=self.client.loop, with_results=True)

    def measure(self) -> None:
        """Measure until every host has settled, and keep in the record how it ended.

        Raises:
            UsageError: the cluster has no workers.
        """
        self.record.status = "running"
        self.record.write()
        try:
            self._until_settled(time.monotonic() + self.wait)
        except KeyboardInterrupt:
            for host in self._under_way():
                self._settle(host, "interrupted")
            self.record.status = "interrupted"
        else:
            complete = all(entry.status == "complete" for entry in self.record.hosts)
            self.record.status = "complete" if complete else "incomplete"
        finally:
            if self.client.status == "running":
                with contextlib.suppress(OSError):  # a worker whose task is taken back ends measuring
                    self._on_workers(leave, {worker for host in self.hosts for worker in host.workers})
        self.record.write()

    def _until_settled(self, deadline: float) -> None:
        lost = f"none of its workers came within {self.wait:.3g} s"
        while True:
            try:
                self._step()
            except _SchedulerSilent:
                lost = f"the scheduler has said nothing for {self.silence:.3g} s"
                break
            except OSError:  # the scheduler's loss, which the client will have noted when it is asked again
                pass
            except Exception:
                if not self._scheduler_goes():
                    raise
            if self.client.status not in ("running", "connecting"):
                lost = "the scheduler was lost"
                break
            there = len(self.examined) >= self.expected and not self._absent()
            if not self._under_way() and not self.asked and (there or time.monotonic() > deadline):
                break
            time.sleep(_LOOK_SECONDS)
        if not self.examined:
            raise UsageError(f"the cluster has no workers after {self.wait:.3g} s")
        for host in [*self._under_way(), *map(absent_host, self._absent())]:
            self._settle(host, "lost", lost)

    def _scheduler_goes(self) -> bool:
        """Return whether the client loses its scheduler, which it notes a moment after what is under way has failed."""
        for _ in range(_MOMENTS):
            if self.client.status != "running":
                return True
            time.sleep(_LOOK_SECONDS)
        return False

    def _under_way(self) -> list[Host]:
        return [host for host in self.hosts if host.entry.status == "waiting"]

    def _absent(self) -> list[HostEntry]:
        """Return the unfinished hosts of a resumed run that have not been met."""
        entries = self.record.hosts
        return [entry for entry in entries if entry.number not in self.record.met and entry.status != "complete"]

    def _step(self) -> None:
        """Take in workers that are new and tasks that have ended, and submit those of hosts that are new."""
        self._look()
        self._examine([worker for worker in self.present if worker not in self.examined])
        for future, result in self.ended.next_batch(block=False):
            for host in self._under_way():
                if host.task is future:
                    host.task = None
                    self._take(host, future.status, result)
        for host in self._under_way():
            self._look_after(host)
            if host.entry.status == "waiting" and host.task is None and not host.workers.isdisjoint(self.present):
                self._submit(host)

    def _look(self) -> None:
        """Learn which workers there are, and which of them live.

        A worker that is stopped, or whose host is gone without a word, stays on the scheduler's list for minutes.

        Raises:
            _SchedulerSilent: the scheduler is such a one.
        """
        asked = self._begin(self.client.scheduler.identity, n_workers=-1)
        if asked in futures.wait([asked], self.silence).not_done:
            asked.cancel()
            if self.client.status == "running":
                raise _SchedulerSilent
            raise OSError("the scheduler is looked for")
        self.listed, now = asked.result()["workers"], time.monotonic()
        for name, worker in self.listed.items():
            if name not in self.signs or worker["last_seen"] != self.signs[name][0]:
                self.signs[name] = worker["last_seen"], now
        self.present = {
            name: worker
            for name, worker in self.listed.items()
            if worker["status"] == "running" and now - self.signs[name][1] <= self.silence
        }

    def _look_after(self, host: Host) -> None:
        """Give a host up of which no worker was heard for too long, and take its task back from one that was not."""
        now = time.monotonic()
        able = {name for name, worker in self.listed.items() if host.can_run_on(name, worker)}
        silent, places = able - set(self.present), ", ".join(sorted(able))
        host.seen = max([host.seen, *(self.signs[name][1] for name in able)])
        if self.client.status != "running":  # without a scheduler nobody knows which workers there are
            host.seen = now
        elif able == silent and now - host.seen > self.wait:
            said = f"its worker was lost, and none came back within {self.wait:.3g} s"
            if silent:
                said = f"nothing was heard of its worker {places} for {now - host.seen:.3g} s"
            self._settle(host, "lost", said)
        elif silent and host.task is not None:
            working = self._begin(self.client.scheduler.processing, workers=sorted(silent)).result(self.silence)
            if any(host.task.key in keys for keys in working.values()):
                host.take_back(silent)

    def _examine(self, workers: list[str]) -> None:
        """Find out on which hosts workers are and whether those can be measured, and meet hosts that are new."""
        for worker in workers:
            if worker not in self.asked:
                self.asked[worker] = self._begin(self._run_on, worker, eval, EXAMINATION), time.monotonic()
        for worker, (asked, began) in list(self.asked.items()):
            late = time.monotonic() - began > self.silence
            if not asked.done() and not late:
                continue
            del self.asked[worker]
            found: Mapping[str, Any] = {}
            if worker not in self.listed or asked.cancelled():  # it has gone meanwhile, or the scheduler
                continue
            if not asked.done():
                asked.cancel()
                reasons = [f"its worker {worker} did not answer within {self.silence:.3g} s"]
            elif isinstance(answer := asked.exception() or asked.result(), Mapping):
                found, reasons = answer, misfits(self.yardstick, answer, self.record.asked)
            else:
                self.unheard[worker] += 1
                if self.unheard[worker] < _ATTEMPTS:  # it may have gone, and then is not asked again
                    continue
                reasons = [f"its worker cannot be examined: {_words(answer)}"]
            self.examined.add(worker)
            self._meet(worker, Host(found, str(self.listed[worker]["host"]), reasons))

    def _meet(self, worker: str, found: Host) -> None:
        """Take in what was found on a worker: of a new host, or of one of those that are known."""
        host = next((host for host in self.hosts if host.is_same(found)), found)
        first_that_fits = bool(host.reasons) and not found.reasons
        host.add(worker, found)
        if host is found:
            self.hosts.append(host)
            host.entry = self.record.entry(host.mark, host.machine)
            if self.record.with_hostname:
                host.entry.node, host.entry.address = host.facts.get("node"), host.address
        elif not first_that_fits:
            self._on_workers(watch, {worker} - host.unfit)
            return
        if host.entry.status == "complete":  # in the run that goes on
            self._show(host, "complete")
        elif host.reasons:
            self._settle(host, "refused", "; ".join(host.reasons))
        else:
            host.entry.status, host.entry.reason, host.seen = "waiting", None, time.monotonic()

    def _submit(self, host: Host) -> None:
        """Have Dask run the host's task on a worker there, and again where the worker dies or the task fails."""
        host.begun += 1
        if host.begun > _ATTEMPTS:
            self._settle(host, "lost", "its task was taken back again and again")
            return
        there = host.workers & set(self.present)
        host.pin(self.present[worker] for worker in there)
        host.entry.workers = len(there)
        key = f"{PREFIX}{self.topic}-{host.entry.number}-{host.begun}"
        name = self.record.name_folder(host.entry)
        job = Job(
            key, self.topic, host.entry.number, name, self.record.asked, self.yardstick, suite(), self.conversions
        )
        self.client.subscribe_topic(self.topic, self._hear)  # which a scheduler that was started anew does not know
        self._on_workers(watch, there)
        host.task = self.client.submit(
            measure_host,
            job,
            key=key,
            workers=host.places,
            allow_other_workers=False,
            resources={RESOURCE: host.resource} if host.resource else None,
            retries=_RETRIES,
            pure=False,
        )
        self.ended.add(host.task)

    def _take(self, host: Host, status: str, result: Any) -> None:
        """Land what a task has returned, or note why it has not; one that was taken back is submitted again."""
        if status == "error":
            _, error, _ = result
            reason = "its worker died again and again" if isinstance(error, KilledWorker) else _words(error)
            self._settle(host, "lost", reason)
        elif isinstance(result, str):
            self._settle(host, "refused", result)
        elif status == "finished":
            counts = self._on_workers(leave, host.workers).values()
            host.entry.other_tasks = sum(count for count in counts if isinstance(count, int))
            try:
                record = self.record.land(host.entry, result)
            except UsageError as error:
                self._settle(host, "lost", str(error))
                return
            reasons = [str(failed["error"]) for failed in record["failed"] if failed.get("cell", "") is None]
            complete = record["status"] == "complete"
            self._settle(host, "complete" if complete else "incomplete", None if complete else "; ".join(reasons))

    def _settle(self, host: Host, status: str, reason: str | None = None) -> None:
        """Keep how a host's visit ended, and tell it."""
        entry = host.entry
        if not entry.processes:
            entry.folder = None
        elif status == "lost":  # and the processes that an earlier command has landed are there
            status = "incomplete"
        kept = reason if reason is None or self.record.with_hostname else host.unnamed(reason)
        entry.status, entry.reason = status, kept
        host.end_task()
        self.record.write()
        self._show(host, status + (f": {reason}" if reason else ""))

    def _show(self, host: Host, text: str, lasting: bool = True) -> None:
        self.tell(one_line(f"host {host.label}: {text}"), lasting)

    def _hear(self, event: tuple[float, Mapping[str, Any]]) -> None:
        for host in self._under_way():
            if host.entry.number == event[1]["host"]:
                self._show(host, str(event[1]["text"]), lasting=False)

    def _on_workers(self, errand: Callable[..., Any], workers: set[str]) -> dict[str, Any]:
        """Return what a function of this run's watch returns on each worker that is there and answers soon."""
        begun = {name: self._begin(self._run_on, name, errand, self.topic) for name in workers & set(self.present)}
        done, _ = futures.wait(begun.values(), _ERRAND_SECONDS)
        answered = {name: one for name, one in begun.items() if one in done and not one.cancelled()}
        return {name: one.result() for name, one in answered.items() if one.exception() is None}

    async def _run_on(self, worker: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a function returns on a worker, or what it raised there."""
        answers = await self.client.run(function, *arguments, workers=[worker], on_error="return")
        return answers[worker]

    def _begin(self, function: Callable[..., Any], *arguments: Any, **more: Any) -> Future[Any]:
        """Begin a coroutine in the client's own loop: what it waits for may never answer."""

        async def begun() -> Any:
            return await function(*arguments, **more)

        return asyncio.run_coroutine_threadsafe(begun(), self.client.loop.asyncio_loop)


class _SchedulerSilent(Exception):
    """The scheduler takes what it is sent, and says nothing."""


def _words(error: BaseException) -> str:
    return told(error)[:_LONGEST_REASON]
