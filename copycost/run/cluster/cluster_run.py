"""A run on a cluster: one Dask task for each host, pinned there, whose results land as it finishes."""

from __future__ import annotations

import contextlib
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distributed import Client, Future, as_completed
from distributed.scheduler import KilledWorker

from copycost.catalogue.grid import parse_sizes, parse_threads
from copycost.errors import UsageError, one_line
from copycost.run.cluster.cluster_record import FILE, ClusterRecord, HostEntry, resumed
from copycost.run.cluster.connection import RESOURCE, connected, parse
from copycost.run.cluster.host_task import PREFIX, Job, leave, measure_host, suite, watch
from copycost.run.cluster.hosts import EXAMINATION, Host, facts, host_of, misfits
from copycost.run.lock import FolderLock
from copycost.run.new_folder import leave_empty
from copycost.run.settings import settle
from copycost.units import parse_seconds

Tell = Callable[[str, bool], None]
"""Shows a line about a host; True for lines that last, False for how far a host has come."""

_LOOK_SECONDS = 0.5
_ATTEMPTS = 3
_RETRIES = 2
_LONGEST_REASON = 300


@dataclass(frozen=True)
class Request:
    """A cluster's run as it was typed.

    Args:
        cluster: an address, a scheduler file or ``local:N``.
        typed: what `settle` takes, without the three below.
        name: the run's name.
        out: the folder for the run.
        conversions_file: the user's conversions.
        wait: how long to wait for workers, a host that has gone, or the scheduler.
        resume: the run that is to go on, or nothing for the latest; None begins one.
        given: options that were typed and not left to their defaults, by name.
    """

    cluster: str
    typed: Mapping[str, Any]
    name: str | None = None
    out: Path = Path("results")
    conversions_file: Path | None = None
    wait: str = "60s"
    resume: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)


def measure_cluster(request: Request, tell: Tell) -> ClusterRecord:
    """Measure every host of a cluster once and return the record, whose status says whether Ctrl-C has ended it.

    Raises:
        UsageError: a value is not valid, the cluster does not answer, or no host can do what is asked.
    """
    cluster, wait = parse(request.cluster), parse_seconds(request.wait)
    if request.resume is not None:
        record = resumed(request.resume, request.out, request.given)
    else:
        record = _begun(request)
    try:
        with FolderLock(record.folder):
            try:
                with connected(cluster, wait) as client:
                    expected = cluster if isinstance(cluster, int) else 1
                    ClusterRun(client, record, request.conversions_file, wait, expected, tell).measure()
            finally:
                if request.resume is None and not any(entry.processes for entry in record.hosts):
                    (record.folder / FILE).unlink(missing_ok=True)  # of a new run that has measured nothing
    finally:
        leave_empty(record.folder)
    reasons = {entry.reason for entry in record.hosts}
    if all(entry.status == "refused" for entry in record.hosts) and len(reasons) == 1:
        raise UsageError(f"no host can be measured: {reasons.pop()}")
    return record


def _begun(request: Request) -> ClusterRecord:
    """Refuse here what every host would refuse, and return the record of a new run, whose folder is made now.

    What depends on a host is left to it: its cores, its memory, its address layout, the interpreters of arms.
    """
    typed = request.typed
    if typed.get("sizes") is not None:
        parse_sizes(typed["sizes"])
    if typed.get("threads") is not None:
        parse_threads(typed["threads"])
    arms = [arm for arm in typed.get("arms") or () if not re.search(r"[:,](python|threads)=", arm)]
    anywhere = {**typed, "sizes": "1", "threads": "1", "arms": arms}
    if typed.get("address_layout") == "fixed":  # which is tried by starting a process, and says nothing of the hosts
        anywhere["address_layout"] = "random"
    settings = settle(**anywhere, name=request.name, out=request.out, conversions_file=request.conversions_file)
    return ClusterRecord(settings.folder, dict(typed), settings.as_record()["conversions_file"])


@dataclass
class Visit:
    """One host that is to be measured, and its Dask task.

    Args:
        places: where Dask may run the task.
        resource: how much of our resource the task takes.
        begun: how often a task was submitted: again only when the scheduler was started anew, for Dask itself retries.
        seen: when a worker was last there that could run the task, by the monotonic clock.
    """

    host: Host
    entry: HostEntry
    seen: float
    places: list[str] = field(default_factory=list)
    resource: float = 0.0
    begun: int = 0
    task: Future[Any] | None = None

    def can_run_on(self, worker: str, described: Mapping[str, Any]) -> bool:
        """Return whether Dask can run the task on a worker."""
        pinned = worker in self.places or described["host"] in self.places
        return pinned and float(described["resources"].get(RESOURCE, 0)) >= self.resource


class ClusterRun:
    """Measures the hosts of a cluster, each as soon as a worker of it is there."""

    def __init__(
        self, client: Client, record: ClusterRecord, conversions: Path | None, wait: float, expected: int, tell: Tell
    ) -> None:
        """Wait for `expected` workers, for hosts that have gone and for a resumed run's, `wait` seconds at most."""
        self.client: Any = client
        self.record = record
        self.conversions = (conversions.name, conversions.read_bytes()) if conversions else None
        self.wait = wait
        self.expected = expected
        self.tell = tell
        self.own = facts()
        self.topic = f"copycost-{secrets.token_hex(4)}"
        self.present: Mapping[str, Mapping[str, Any]] = {}
        self.unheard: Counter[str] = Counter()
        self.examined: set[str] = set()
        self.hosts: list[Host] = []
        self.visits: dict[int, Visit] = {}
        untyped: Any = as_completed
        self.ended = untyped(loop=self.client.loop, with_results=True)

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
            for visit in self._under_way():
                self._settle(visit.entry, visit.host, "interrupted", None)
            self.record.status = "interrupted"
        else:
            complete = all(entry.status == "complete" for entry in self.record.hosts)
            self.record.status = "complete" if complete else "incomplete"
        finally:
            self._end()
        self.record.write()

    def _until_settled(self, deadline: float) -> None:
        lost = f"none of its workers came within {self.wait:.3g} s"
        while True:
            try:
                self._step()
            except OSError:  # the scheduler's loss, which the client will have noted when it is asked again
                pass
            except Exception:
                if self.client.status == "running":
                    raise
            if self.client.status not in ("running", "connecting"):
                lost = "the scheduler was lost"
                break
            waited = time.monotonic() > deadline
            there = len(self.examined) >= self.expected and not self._absent()
            if not self._under_way() and (waited or there):
                break
            time.sleep(_LOOK_SECONDS)
        if not self.examined:
            raise UsageError(f"the cluster has no workers after {self.wait:.3g} s")
        for visit in self._under_way():
            self._settle(visit.entry, visit.host, "lost", lost)
        for entry in self._absent():
            label = entry.address or entry.folder or entry.machine or f"number {entry.number}"
            known = {"node": entry.node, "machine": {"machine": entry.machine}}
            self._settle(entry, Host(entry.mark, label, known, []), "lost", lost)

    def _under_way(self) -> list[Visit]:
        return [visit for visit in self.visits.values() if visit.entry.status == "waiting"]

    def _absent(self) -> list[HostEntry]:
        """Return the unfinished hosts of a resumed run that have not been met."""
        entries = self.record.hosts
        return [entry for entry in entries if entry.number not in self.record.met and entry.status != "complete"]

    def _step(self) -> None:
        """Take in workers that are new and tasks that have ended, and submit those of hosts that are new."""
        workers = self.client.scheduler_info(n_workers=-1)["workers"]
        self.present = {name: worker for name, worker in workers.items() if worker["status"] == "running"}
        self._examine([worker for worker in self.present if worker not in self.examined])
        for future, result in self.ended.next_batch(block=False):
            status = str(future.status)
            for visit in self._under_way():
                if visit.task is future:
                    visit.task = None
                    self._take(visit, status, result)
        for visit in self._under_way():
            if any(visit.can_run_on(*worker) for worker in self.present.items()):
                visit.seen = time.monotonic()
            elif time.monotonic() - visit.seen > self.wait:
                lost = f"its worker was lost, and none came back within {self.wait:.3g} s"
                self._settle(visit.entry, visit.host, "lost", lost)
                continue
            if visit.task is None and visit.host.workers & set(self.present):
                self._submit(visit)

    def _examine(self, workers: list[str]) -> None:
        """Find out on which hosts workers are, and whether those can be measured."""
        answers = self.client.run(eval, EXAMINATION, workers=workers, on_error="return") if workers else {}
        layout = str(self.record.asked.get("address_layout", "fixed"))
        for worker, answer in answers.items():
            if isinstance(answer, Mapping):
                found, reasons = answer, misfits(self.own, answer, layout)
            else:
                self.unheard[worker] += 1
                if self.unheard[worker] < _ATTEMPTS:  # it may have gone, and then is not asked again
                    continue
                found, reasons = {}, [f"its worker cannot be examined: {_words(answer)}"]
            self.examined.add(worker)
            known = len(self.hosts)
            host = host_of(self.hosts, worker, str(self.present[worker]["host"]), found, reasons)
            if len(self.hosts) > known or not reasons:
                self._meet(host, worker)

    def _meet(self, host: Host, worker: str) -> None:
        """Begin the visit of a host that is new, or that has been refused until this worker came."""
        entry = self.record.entry(host)
        visit = self.visits.get(entry.number)
        if visit is not None and (visit.begun or entry.status != "refused"):
            self._on_workers(watch, [worker])
            return
        self.visits[entry.number] = Visit(host, entry, time.monotonic())
        if entry.status == "complete":  # in the run that goes on
            self._show(host, "complete")
        elif host.reasons:
            self._settle(entry, host, "refused", "; ".join(host.reasons))
        else:
            entry.status, entry.reason = "waiting", None

    def _submit(self, visit: Visit) -> None:
        """Have Dask run the host's task on any worker there, again where a worker dies or the task fails."""
        host, entry = visit.host, visit.entry
        visit.begun += 1
        if visit.begun > _ATTEMPTS:
            self._settle(entry, host, "lost", "the scheduler took its task back again and again")
            return
        visit.places = host.places
        there = host.workers & set(self.present)
        visit.resource = max(float(self.present[worker]["resources"].get(RESOURCE, 0)) for worker in there)
        entry.workers = len(there)
        key = f"{PREFIX}{self.topic}-{entry.number}-{visit.begun}"
        name = self.record.name_folder(entry)
        job = Job(key, self.topic, entry.number, name, self.record.asked, self.own, suite(), self.conversions)
        self.client.subscribe_topic(self.topic, self._hear)  # which a scheduler that was started anew does not know
        self._on_workers(watch, sorted(there))
        visit.task = self.client.submit(
            measure_host,
            job,
            key=key,
            workers=visit.places,
            allow_other_workers=False,
            resources={RESOURCE: visit.resource} if visit.resource else None,
            retries=_RETRIES,
            pure=False,
        )
        self.ended.add(visit.task)

    def _take(self, visit: Visit, status: str, result: Any) -> None:
        """Land what a task has returned, or note why it has not; one that was taken back is submitted again."""
        if status == "cancelled":
            return
        host, entry = visit.host, visit.entry
        if status == "error":
            _, error, _ = result
            reason = "its worker died again and again" if isinstance(error, KilledWorker) else _words(error)
            self._settle(entry, host, "lost", reason)
            return
        if isinstance(result, str):
            self._settle(entry, host, "refused", result)
            return
        counts = self._on_workers(leave, sorted(host.workers & set(self.present)))
        entry.other_tasks = sum(count for count in counts.values() if isinstance(count, int))
        try:
            record = self.record.land(entry, result)
        except UsageError as error:
            self._settle(entry, host, "lost", str(error))
            return
        reasons = [str(failed["error"]) for failed in record["failed"] if failed.get("cell", "") is None]
        complete = record["status"] == "complete"
        self._settle(entry, host, "complete" if complete else "incomplete", None if complete else "; ".join(reasons))

    def _settle(self, entry: HostEntry, host: Host, status: str, reason: str | None) -> None:
        """Keep how a host's visit ended, and tell it."""
        if entry.processes and status == "lost":  # those of an earlier command are there
            status = "incomplete"
        if not entry.processes:
            entry.folder = None
        kept = reason if reason is None or self.record.with_hostname else host.unnamed(reason)
        entry.status, entry.reason = status, kept
        visit = self.visits.get(entry.number)
        if visit is not None and visit.task is not None:
            task: Any = visit.task
            visit.task = None
            task.cancel()
        self.record.write()
        self._show(host, status + (f": {reason}" if reason else ""))

    def _show(self, host: Host, text: str, lasting: bool = True) -> None:
        self.tell(one_line(f"host {host.label}: {text}"), lasting)

    def _hear(self, event: tuple[float, Mapping[str, Any]]) -> None:
        visit = self.visits.get(event[1]["host"])
        if visit is not None and visit.entry.status == "waiting" and not event[1]["ended"]:
            self._show(visit.host, str(event[1]["text"]), lasting=False)

    def _on_workers(self, errand: Callable[..., Any], workers: list[str]) -> dict[str, Any]:
        """Return what a function of this run's watch returns on each worker, or what it raised."""
        if not workers:
            return {}
        answers: dict[str, Any] = self.client.run(errand, self.topic, workers=workers, on_error="return")
        return answers

    def _end(self) -> None:
        """Leave the workers as they were; one whose task is taken back ends measuring."""
        if self.client.status == "running":
            with contextlib.suppress(OSError):
                fit = {worker for host in self.hosts for worker in host.workers}
                self._on_workers(leave, sorted(fit & set(self.present)))


def _words(error: object) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_REASON]
