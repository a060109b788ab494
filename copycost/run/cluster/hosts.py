"""Hosts: which workers of a cluster run on the same one, and whether it can be measured with the others."""

from __future__ import annotations

import hashlib
import inspect
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from copycost.run.privacy import redacted

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

    found = dict.fromkeys(("copycost", "torch", "numpy", "pytest", "pytest-benchmark"))
    for package in found:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            pass
    found.update(node=platform.node() or None, python=platform.python_version())
    found.update(dict.fromkeys(("kernel", "machine", "method", "layout", "fault")))
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            found["kernel"] = hashlib.sha256(b"copycost:" + file.read().strip().encode()).hexdigest()[:12]
    except OSError:
        pass
    try:
        from copycost.measure.machine import describe
        from copycost.measure.protocol import Protocol
        from copycost.run.address_layout import why_not_fixed

        found.update(machine=describe(), method=Protocol().fingerprint(), layout=why_not_fixed())
    except Exception as error:  # whatever another version of copycost does
        found["fault"] = "%s: %s" % (type(error).__name__, error)  # noqa: UP031
    return found


EXAMINATION = (
    f"exec({'from __future__ import annotations' + chr(10) + inspect.getsource(facts)!r}, n := {{}}) or n['facts']()"
)
"""An expression whose value, in any Python, is its host's facts."""


def misfits(own: Mapping[str, Any], found: Mapping[str, Any], address_layout: str) -> list[str]:
    """Return why a host cannot be measured with the others, in words; nothing when it can.

    Args:
        own: the facts of the machine that starts the run, which are the yardstick.
        found: the host's facts.
        address_layout: the layout asked for: fixed or random.
    """
    reasons = []
    minor = own["python"].rpartition(".")[0]
    if not found["python"].startswith(f"{minor}."):
        reasons.append(f"Python {found['python']}, not {minor}")
    for package in (*_SAME_VERSION, *_NEEDED):
        if found[package] is None:
            reasons.append(f"{package} is not installed")
        elif found[package] != own[package] and package in _SAME_VERSION:
            reasons.append(f"{package} {found[package]}, not {own[package]}")
    if reasons:  # another version may well have another method, which need not be told as well
        return reasons
    if found["fault"]:
        return [str(found["fault"])]
    here, there = own["method"], found["method"]
    for key in sorted({*here, *there}):
        if here.get(key) != there.get(key):
            reasons.append(f"method: {key} {there.get(key)!r}, not {here.get(key)!r}")
    if address_layout == "fixed" and found["layout"]:
        reasons.append(f"the address layout cannot be fixed ({found['layout']}); --address-layout random can be had")
    return reasons


@dataclass
class Host:
    """One distinct host: whatever runs under one kernel.

    A loopback address other than 127.0.0.1 is a host of its own, so that a cluster can be tried out on one machine.

    Args:
        mark: tells the host from the others; no name or address can be read from it.
        address: as its first worker gave it.
        facts: of its first worker that fits, or else of its first worker.
        reasons: why it cannot be measured; empty when it can.
        workers: addresses of its workers that fit.
        unfit: addresses of its workers that do not.
        addresses: network addresses of all its workers.
    """

    mark: str
    address: str
    facts: Mapping[str, Any]
    reasons: list[str]
    workers: set[str] = field(default_factory=set)
    unfit: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)

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

    @property
    def places(self) -> list[str]:
        """Return where Dask may run this host's task: at its addresses, which workers that come later have too.

        Where some of its workers do not fit, or Dask takes an address for that of a worker, only on those that fit.
        """
        whole = not self.unfit and not any(":" in address for address in self.addresses)
        return sorted(self.addresses if whole else self.workers)

    def unnamed(self, text: str) -> str:
        """Return a text of this host, such as an error's, without folders, names and addresses."""
        text = redacted(text)
        node = str(self.facts.get("node") or "")
        for name in sorted({node, node.partition(".")[0], *self.addresses, self.address}, key=len, reverse=True):
            if len(name) > 1:
                text = re.sub(rf"(?<![\w.]){re.escape(name)}(?!\w)", "<host>", text)
        return text


def host_of(hosts: list[Host], worker: str, address: str, found: Mapping[str, Any], reasons: list[str]) -> Host:
    """Return the host that an examined worker belongs to, which is added to `hosts` where it is new.

    A host that was started anew has another kernel's mark and is known by its address.
    """
    mark = _mark(address, found)
    host = next((host for host in hosts if host.mark == mark or address in host.addresses), None)
    if host is None:
        host = Host(mark, address, found, reasons)
        hosts.append(host)
    host.addresses.add(address)
    (host.unfit if reasons else host.workers).add(worker)
    if not reasons and host.reasons:
        host.facts, host.reasons = found, []
    return host


def _mark(address: str, found: Mapping[str, Any]) -> str:
    kernel = found.get("kernel")
    if kernel is None:  # no Linux: all that is known of a host is its address
        kernel = hashlib.sha256(f"copycost:{found.get('node')}:{address}".encode()).hexdigest()[:12]
    try:
        loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        loopback = False
    return f"{kernel}/{address}" if loopback and address not in ("127.0.0.1", "::1") else str(kernel)
