"""Checks of control groups: less of a core, or of the memory, than the machine has."""

from __future__ import annotations

import shlex
from typing import Iterable, NamedTuple, Optional

from copycost.measure.doctor.finding import Check, Finding, disturbs, fine, note
from copycost.measure.doctor.system import System

_MEMBERSHIP = "/proc/self/cgroup"
_MOUNT = "/sys/fs/cgroup"
_NO_LIMIT = 1 << 60  # version 1 writes "none" as the largest number of whole pages


class Limit(NamedTuple):
    """An amount, and the file and text that set it; `free` is what lifts it."""

    amount: float
    path: str
    text: str
    free: str


def folders(system: System, controller: str) -> list[str]:
    """Return this process's control groups for a controller, its own first, then those around it.

    Raises:
        Untold: the system has no control groups, or does not show them.
    """
    membership = system.text(_MEMBERSHIP)
    if system.entries(_MOUNT) is None:
        raise system.untold(_MOUNT)
    root, own = _MOUNT, "/"
    for line in membership.splitlines():
        number, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            root, own = f"{_MOUNT}/{controller}", path
            break
        if number == "0":
            own = path
    parts = [part for part in own.split("/") if part and part != ".."]
    return ["/".join([root, *parts[:count]]) for count in range(len(parts), -1, -1)]


def _cpu_quota(system: System, folder: str) -> Optional[Limit]:
    text = system.read(f"{folder}/cpu.max")
    if text is not None:
        quota, _, period = text.partition(" ")
        if quota == "max":
            return None
        return Limit(int(quota) / int(period), f"{folder}/cpu.max", text, "max")
    text = system.read(f"{folder}/cpu.cfs_quota_us")
    period = system.read(f"{folder}/cpu.cfs_period_us") or "100000"
    if text is None or int(text) < 0:
        return None
    return Limit(int(text) / int(period), f"{folder}/cpu.cfs_quota_us", text, "-1")


def _memory_limit(system: System, folder: str) -> Optional[Limit]:
    for name, free in (("memory.max", "max"), ("memory.limit_in_bytes", "-1")):
        text = system.read(f"{folder}/{name}")
        if text and text.isdigit() and int(text) < _NO_LIMIT:
            return Limit(int(text), f"{folder}/{name}", text, free)
    return None


def _lift(system: System, limit: Limit) -> str:
    return system.setting(limit.free, shlex.quote(limit.path))


def _stat_files(system: System) -> Iterable[str]:
    return [f"{folder}/cpu.stat" for folder in folders(system, "cpu")]


def _cpu(system: System) -> Finding:
    own = folders(system, "cpu")
    limits = [limit for limit in (_cpu_quota(system, folder) for folder in own) if limit]
    stats = [path for path in _stat_files(system) if "nr_throttled" in (system.read(path) or "")]
    throttled = max([system.growth(path, r"^nr_throttled (\d+)") for path in stats], default=0)
    counted = f"throttled {throttled} times during the sample (cpu.stat)" if stats else ""
    if not limits:
        evidence = f"no quota in {own[0]} or above"
        return fine("No control group limits the cores.", "; ".join(filter(None, [evidence, counted])))
    least = min(limits, key=lambda limit: limit.amount)
    evidence = f"{least.amount:g} of {system.cores} cores ({least.path}: {least.text})"
    evidence = "; ".join(filter(None, [evidence, counted]))
    command = _lift(system, least)
    if throttled:
        return disturbs("A control group stops this process again and again.", evidence, command)
    if least.amount >= system.cores:
        return fine("A control group's limit leaves every core in full.", evidence)
    sentence = "A control group limits the cores: busy threads are stopped for milliseconds at a time."
    return note(sentence, evidence, command)


def _memory(system: System) -> Finding:
    own = folders(system, "memory")
    limits = [limit for limit in (_memory_limit(system, folder) for folder in own) if limit]
    if not limits:
        return fine("No control group limits the memory.", f"no limit in {own[0]} or above")
    least = min(limits, key=lambda limit: limit.amount)
    evidence = f"{least.amount / 1024**3:.2f} GiB ({least.path})"
    sentence = "A control group limits the memory: near the limit pages are taken back, or the run ends."
    return note(sentence, evidence, _lift(system, least))


CHECKS = (
    Check("CPU limit", "Does a control group limit the cores?", _cpu, _stat_files),
    Check("memory limit", "Does a control group limit the memory?", _memory),
)
