"""Hosts: which workers of a cluster run on the same one, and whether it can be measured."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Host:
    """One distinct host: whatever runs under one kernel.

    A loopback address other than 127.0.0.1 is a host of its own, so that a cluster can be tried out on one machine;
    such hosts share a kernel and are measured one after the other.

    Args:
        mark: what tells it from the others; no name or address can be read from it.
        address: as its first worker gave it.
        facts: of its first worker that fits, or else of its first worker.
        reasons: why it cannot be measured; empty when it can.
        workers: addresses of those of its workers that fit.
    """

    mark: str
    address: str
    facts: Mapping[str, Any]
    reasons: list[str] = field(default_factory=list)
    workers: set[str] = field(default_factory=set)

    @property
    def machine(self) -> str | None:
        """Return the machine's name, as it stands in results."""
        machine = self.facts.get("machine")
        return machine.get("machine") if isinstance(machine, Mapping) else None

    @property
    def kernel(self) -> str:
        """Return what at most one benchmark at a time runs under."""
        return str(self.facts.get("kernel") or self.address)

    @property
    def label(self) -> str:
        """Return the host's name as it is shown on the terminal, never in results."""
        node = self.facts.get("node")
        return f"{node} ({self.address})" if node and node != self.address else self.address


class Hosts:
    """The hosts that are known so far; grows as workers join."""

    def __init__(self) -> None:
        """Start with none."""
        self.by_mark: dict[str, Host] = {}

    def add(self, worker: str, address: str, facts: Mapping[str, Any], reasons: list[str]) -> Host:
        """Take in an examined worker and return its host."""
        mark = _mark(address, facts)
        host = self.by_mark.setdefault(mark, Host(mark, address, facts, reasons))
        if not reasons:
            if not host.workers:
                host.facts, host.reasons = facts, []
            host.workers.add(worker)
        return host


def _mark(address: str, facts: Mapping[str, Any]) -> str:
    kernel = facts.get("kernel")
    loopback = _loopback(address)
    if kernel is None:  # no Linux: all that is known of a host is its address
        import hashlib

        kernel = hashlib.sha256(f"copycost:{facts.get('node')}:{address}".encode()).hexdigest()[:12]
    return f"{kernel}/{address}" if loopback and address not in ("127.0.0.1", "::1") else str(kernel)


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
