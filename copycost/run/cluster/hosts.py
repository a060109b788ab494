"""Hosts: which workers of a cluster run on the same one, and whether it can be measured with the others."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from copycost.run.cluster.cluster_record import HostEntry
from copycost.run.cluster.connection import RESOURCE
from copycost.run.privacy import redacted
from copycost.run.settings import RANDOM

REFUSED = 2
"""Exit status of the process that measures a host which cannot do what is asked."""

_SAME_VERSION = ("copycost", "torch", "numpy")
_NEEDED = ("pytest", "pytest-benchmark")


def facts() -> dict[str, Any]:
    """Return this host's name, versions, machine and method as JSON values; unknown facts are None.

    ``kernel`` is equal for whatever runs under one kernel: workers, containers and pods of one host. The source of
    this function is sent to workers as text, since copycost may be missing there: no syntax is newer than Python 3.8.
    """
    import hashlib
    import platform
    from importlib import metadata

    known = dict.fromkeys(("kernel", "machine", "method", "layout", "fault"))
    known.update(node=platform.node() or None, python=platform.python_version())
    for package in ("copycost", "torch", "numpy", "pytest", "pytest-benchmark"):
        try:
            known[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            known[package] = None
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            known["kernel"] = hashlib.sha256(b"copycost:" + file.read().strip().encode()).hexdigest()[:12]
    except OSError:
        pass
    try:
        from copycost.measure.machine import describe
        from copycost.measure.protocol import Protocol
        from copycost.run.address_layout import why_not_fixed

        known.update(machine=describe(), method=Protocol().fingerprint(), layout=why_not_fixed())
    except Exception as error:  # whatever another version of copycost does
        known["fault"] = "%s: %s" % (type(error).__name__, error)  # noqa: UP031
    return known


EXAMINATION = (
    f"exec({'from __future__ import annotations' + chr(10) + inspect.getsource(facts)!r}, n := {{}}) or n['facts']()"
)
"""An expression whose value, in any Python, is its host's facts."""


def misfits(yardstick: Mapping[str, Any], host: Mapping[str, Any], typed: Mapping[str, Any]) -> list[str]:
    """Return why a host cannot be measured with the others, in words; nothing when it can.

    Args:
        yardstick: the facts of the machine that starts the run, which are the yardstick.
        host: the host's facts.
        typed: what `settle` takes on a host.
    """
    reasons = []
    minor = yardstick["python"].rpartition(".")[0]
    if not host["python"].startswith(f"{minor}."):
        reasons.append(f"Python {host['python']}, not {minor}")
    for package in (*_SAME_VERSION, *_NEEDED):
        if host[package] is None:
            reasons.append(f"{package} is not installed")
        elif host[package] != yardstick[package] and package in _SAME_VERSION:
            reasons.append(f"{package} {host[package]}, not {yardstick[package]}")
    if reasons:  # another version may well have another method, which need not be told as well
        return reasons
    if host["fault"]:
        return [str(host["fault"])]
    here, there = yardstick["method"], host["method"]
    for key in sorted({*here, *there}):
        if here.get(key) != there.get(key):
            reasons.append(f"method: {key} {there.get(key)!r}, not {here.get(key)!r}")
    if typed.get("address_layouts") != RANDOM and host["layout"]:
        reasons.append(f"address layouts cannot be chosen ({host['layout']}); --layouts random can be had")
    return reasons


@dataclass
class Host:
    """One distinct host: whatever runs under one kernel.

    A loopback address other than 127.0.0.1 is a host of its own, so that a cluster can be tried out on one machine.

    Args:
        facts: of its first worker that fits, or else of its first worker.
        address: as its first worker gave it.
        reasons: why it cannot be measured; empty when it can.
        workers: addresses of its workers that fit.
        unfit: addresses of its workers that do not.
        addresses: network addresses of all its workers.
        entry: the host's in the record.
        task: the Dask future, while one is under way.
        begun: how often a task was submitted: again only when it was taken back, since Dask itself retries.
        places: where Dask may run the task.
        resource: how much of our resource the task takes.
        seen: when a worker that could run the task last gave a sign of life, by the monotonic clock.
    """

    facts: Mapping[str, Any]
    address: str
    reasons: list[str]
    workers: set[str] = field(default_factory=set)
    unfit: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    entry: HostEntry = field(default_factory=HostEntry)
    task: Any = None
    begun: int = 0
    places: list[str] = field(default_factory=list)
    resource: float = 0.0
    seen: float = 0.0

    @property
    def mark(self) -> str:
        """Return what tells the host from the others; no name or address but a loopback one can be read from it."""
        kernel = self.facts.get("kernel")
        if kernel is None:  # no Linux: all that is known of a host is its address
            told = f"copycost:{self.facts.get('node')}:{self.address}"
            kernel = hashlib.sha256(told.encode()).hexdigest()[:12]
        own = self.address.startswith("127.") and self.address != "127.0.0.1"
        return f"{kernel}/{self.address}" if own else str(kernel)

    @property
    def machine(self) -> str | None:
        """Return the machine's name, as it stands in results."""
        machine = self.facts.get("machine")
        return machine.get("machine") if isinstance(machine, Mapping) else None

    @property
    def label(self) -> str:
        """Return the host's name as it is shown on the terminal, never in results."""
        node = self.facts.get("node")
        return f"{node} ({self.address})" if node and node != self.address else self.address

    def is_same(self, other: Host) -> bool:
        """Return whether another was found to be this host: under one kernel, or started anew at an address of it."""
        return other.mark == self.mark or other.address in self.addresses

    def add(self, worker: str, other: Host) -> None:
        """Take in a worker, and what was found on it."""
        self.addresses.add(other.address)
        (self.unfit if other.reasons else self.workers).add(worker)
        if not other.reasons and self.reasons:
            self.facts, self.reasons = other.facts, []

    def pin(self, described: Iterable[Mapping[str, Any]]) -> None:
        """Settle where Dask may run the task: at the host's addresses, which workers that come later have too.

        Where some of its workers do not fit, or Dask takes an address for that of a worker, only on those that fit.
        The task takes all that a worker declares of our resource.
        """
        whole = not self.unfit and not any(":" in address for address in self.addresses)
        self.places = sorted(self.addresses if whole else self.workers)
        self.resource = max(float(worker["resources"].get(RESOURCE, 0)) for worker in described)

    def take_back(self, silent: set[str]) -> None:
        """Take the task back from workers that say nothing, to have it run on another, and never on them."""
        self.unfit |= silent
        self.workers -= silent
        self.end_task()

    def end_task(self) -> None:
        """Have Dask end the task, where one is under way."""
        task, self.task = self.task, None
        if task is not None:
            with contextlib.suppress(Exception):  # of a client that has lost its scheduler, and the task with it
                task.cancel()

    def can_run_on(self, worker: str, described: Mapping[str, Any]) -> bool:
        """Return whether Dask can run the task on a worker."""
        pinned = worker in self.places or described["host"] in self.places
        return pinned and float(described["resources"].get(RESOURCE, 0)) >= self.resource

    def unnamed(self, text: str) -> str:
        """Return a text of this host, such as an error's, without folders, names and addresses."""
        text = redacted(text)
        node = str(self.facts.get("node") or "")
        for name in sorted({node, node.partition(".")[0], *self.addresses, self.address}, key=len, reverse=True):
            if len(name) > 1:
                text = re.sub(rf"(?<![\w.]){re.escape(name)}(?!\w)", "<host>", text)
        return text


def absent_host(entry: HostEntry) -> Host:
    """Return what is known of a host that has not been met: little, unless names and addresses were asked for."""
    label = entry.address or entry.folder or entry.machine or f"number {entry.number}"
    return Host({"node": entry.node}, label, [], entry=entry)
