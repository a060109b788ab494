"""Hosts: which workers of a cluster run on the same one, and whether it can be measured."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from copycost.run.privacy import redacted


@dataclass
class Host:
    """One distinct host: whatever runs under one kernel.

    A loopback address other than 127.0.0.1 is a host of its own, so that a cluster can be tried out on one machine;
    such hosts share a kernel and are measured one after the other.

    Args:
        mark: what tells it from the others, another whenever it is started anew; no name or address can be read
            from it.
        address: as its first worker gave it.
        facts: of its first worker that fits, or else of its first worker.
        reasons: why it cannot be measured; empty when it can.
        workers: addresses of those of its workers that fit.
        seen: addresses of all of its workers.
    """

    mark: str
    address: str
    facts: Mapping[str, Any]
    reasons: list[str] = field(default_factory=list)
    workers: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)

    @property
    def machine(self) -> str | None:
        """Return the machine's name, as it stands in results."""
        return _machine(self.facts)

    @property
    def kernel(self) -> str:
        """Return what at most one benchmark at a time runs under."""
        return str(self.facts.get("kernel") or self.address)

    @property
    def label(self) -> str:
        """Return the host's name as it is shown on the terminal, never in results."""
        node = self.facts.get("node")
        return f"{node} ({self.address})" if node and node != self.address else self.address

    def unnamed(self, text: str) -> str:
        """Return a text of this host, such as an error's, without folders, names and addresses."""
        text = redacted(text)
        node = str(self.facts.get("node") or "")
        for name in sorted({node, node.partition(".")[0], self.address}, key=len, reverse=True):
            if len(name) > 1:
                text = re.sub(rf"(?<![\w.]){re.escape(name)}(?!\w)", "<host>", text)
        return text


class Hosts:
    """The hosts that are known so far, by the marks that they had first; grows as workers join."""

    def __init__(self) -> None:
        """Start with none."""
        self.by_mark: dict[str, Host] = {}
        self._by_any_mark: dict[str, Host] = {}

    def add(
        self, worker: str, address: str, facts: Mapping[str, Any], reasons: list[str], present: Collection[str] = ()
    ) -> Host:
        """Take in an examined worker and return its host; `present` are the workers that the cluster has now."""
        mark = _mark(address, facts)
        host = self._by_any_mark.get(mark)
        if host is None and worker in present:
            host = self._before_it_was_started_anew(address, facts, present)
        if host is None:
            host = self.by_mark[mark] = Host(mark, address, facts, reasons)
        host.mark, self._by_any_mark[mark] = mark, host
        host.seen.add(worker)
        if not reasons:
            if not host.workers:
                host.facts, host.reasons = facts, []
            host.workers.add(worker)
        return host

    def _before_it_was_started_anew(
        self, address: str, facts: Mapping[str, Any], present: Collection[str]
    ) -> Host | None:
        """Return the known host that this must be, under another kernel than before; None where it can be another.

        It is the only one of its machine id, which clones of one disk share, has the same name or address, and none of
        its workers is there any more.
        """
        machine = _machine(facts)
        same = [host for host in self.by_mark.values() if machine is not None and host.machine == machine]
        if len(same) != 1 or same[0].seen.intersection(present):
            return None
        (host,) = same
        same_name = facts.get("node") is not None and facts["node"] == host.facts.get("node")
        alike = same_name and _of_its_own(address) == _of_its_own(host.address)
        return host if alike or address == host.address else None


def _machine(facts: Mapping[str, Any]) -> str | None:
    machine = facts.get("machine")
    return machine.get("machine") if isinstance(machine, Mapping) else None


def _mark(address: str, facts: Mapping[str, Any]) -> str:
    kernel, own = facts.get("kernel"), _of_its_own(address)
    if kernel is None:  # no Linux: all that is known of a host is its address
        import hashlib

        kernel = hashlib.sha256(f"copycost:{facts.get('node')}:{address}".encode()).hexdigest()[:12]
    return f"{kernel}/{own}" if own else str(kernel)


def _of_its_own(address: str) -> str | None:
    """Return the loopback address that is a host of its own, or None where it is none."""
    try:
        loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        return None
    return address if loopback and address not in ("127.0.0.1", "::1") else None
