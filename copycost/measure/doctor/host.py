"""Checks of what carries this process: hypervisor, container, control groups, power, timer, address layout."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from typing import NamedTuple

from copycost.measure.doctor.check import Check, Finding, System, Untold, disturbs, fine, note

_MEMBERSHIP = "/proc/self/cgroup"
_MOUNT = "/sys/fs/cgroup"
_CPUINFO = "/proc/cpuinfo"
_CONTAINER_FILES = ("/.dockerenv", "/run/.containerenv")
_POWER = "/sys/class/power_supply"
_TIMERS = "/sys/devices/system/clocksource/clocksource0"
_TIMER = f"{_TIMERS}/current_clocksource"
_RANDOMISE = "/proc/sys/kernel/randomize_va_space"
_NO_LIMIT = 1 << 60  # version 1 writes "none" as the largest number of whole pages

# Read in user space, by one instruction; the others are a system call or a slow device.
_FAST_TIMERS = ("tsc", "arch_sys_counter", "kvm-clock", "hyperv_clocksource_tsc_page")


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
    root, group = _MOUNT, "/"
    for line in membership.splitlines():
        number, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            root, group = f"{_MOUNT}/{controller}", path
            break
        if number == "0":
            group = path
    parts = [part for part in group.split("/") if part and part != ".."]
    return ["/".join([root, *parts[:count]]) for count in range(len(parts), -1, -1)]


def _cpu_quota(system: System, folder: str) -> Limit | None:
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


def _memory_limit(system: System, folder: str) -> Limit | None:
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
    groups = folders(system, "cpu")
    limits = [limit for limit in (_cpu_quota(system, folder) for folder in groups) if limit]
    stats = [path for path in _stat_files(system) if "nr_throttled" in (system.read(path) or "")]
    throttled = max([system.growth(path, r"^nr_throttled (\d+)") for path in stats], default=0)
    counted = f"throttled {throttled} times during the sample (cpu.stat)" if stats else ""
    if not limits:
        evidence = f"no quota in {groups[0]} or above"
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
    groups = folders(system, "memory")
    limits = [limit for limit in (_memory_limit(system, folder) for folder in groups) if limit]
    if not limits:
        return fine("No control group limits the memory.", f"no limit in {groups[0]} or above")
    least = min(limits, key=lambda limit: limit.amount)
    evidence = f"{least.amount / 1024**3:.2f} GiB ({least.path})"
    sentence = "A control group limits the memory: near the limit pages are taken back, or the run ends."
    return note(sentence, evidence, _lift(system, least))


def _virtual(system: System) -> Finding:
    name = system.facts.get("virtual")
    if name:
        return note(
            "A virtual machine: other guests may use the same cores, caches and memory unseen, and "
            "frequency and siblings are the host's; the canary is the only witness.",
            f"{name} (hypervisor flag in {_CPUINFO})",
        )
    if not re.search(r"^flags\s*:", system.text(_CPUINFO), re.MULTILINE):
        raise Untold(f"{_CPUINFO} has no flags on this kind of CPU")
    return fine("No hypervisor lies between.", f"no hypervisor flag ({_CPUINFO})")


def _container(system: System) -> Finding:
    membership = system.text(_MEMBERSHIP)
    signs = [path for path in _CONTAINER_FILES if system.read(path) is not None]
    named = re.search(r"docker|kubepods|containerd|libpod|lxc", membership)
    if named:
        signs.append(f"{named[0]} in {_MEMBERSHIP}")
    if system.environment.get("container"):
        signs.append(f"container={system.environment['container']} in the environment")
    if not signs:
        return fine("No container.", f"none of {', '.join(_CONTAINER_FILES)}, {_MEMBERSHIP}")
    return note(
        "A container: the kernel's settings are the host's and are changed there, and other "
        "containers may share the cores.",
        ", ".join(signs),
    )


def _power(system: System) -> Finding:
    supplies = system.entries(_POWER)
    if supplies is None:
        raise system.untold(_POWER)
    batteries = []
    for name in supplies:
        if system.read(f"{_POWER}/{name}/type") == "Battery" and (
            # A mouse has a battery too; its scope is Device.
            system.read(f"{_POWER}/{name}/scope") != "Device"
        ):
            batteries.append((name, system.read(f"{_POWER}/{name}/status") or "status unknown"))
    if not batteries:
        return fine("No battery.", f"none in {_POWER}")
    evidence = ", ".join(f"{name} {status} ({_POWER}/{name}/status)" for name, status in batteries)
    if any(status == "Discharging" for _, status in batteries):
        sentence = "On battery, where frequency and turbo are held back: plug the power in."
        return disturbs(sentence, evidence)
    return fine("The power is plugged in.", evidence)


def _timer(system: System) -> Finding:
    current = system.text(_TIMER)
    available = (system.read(f"{_TIMERS}/available_clocksource") or "").split()
    evidence = f"{current} ({_TIMER}); available: {', '.join(available) or 'unknown'}"
    command = system.setting("tsc", _TIMER) if "tsc" in available else ""
    if current in _FAST_TIMERS:
        return fine("Reading the time takes nanoseconds, without a system call.", evidence)
    sentence = "Reading the time is a system call or asks a slow device: short rounds are blurred."
    return disturbs(sentence, evidence, command)


def _address_layout(system: System) -> Finding:
    value = system.text(_RANDOMISE)
    evidence = f"{value} ({_RANDOMISE})"
    if value == "0":
        return fine("Addresses are the same in every process.", evidence)
    if system.layout_refused is None:
        evidence += "; personality(ADDR_NO_RANDOMIZE) works"
        return fine("Addresses are random, and a run can switch that off for its own.", evidence)
    return disturbs(
        "Addresses are random and a run cannot switch that off: short calls differ by some 2% between processes.",
        f"{evidence}; {system.layout_refused}",
        system.as_root("sysctl kernel.randomize_va_space=0"),
    )


CHECKS = (
    Check("CPU limit", "Does a control group limit the cores?", _cpu, _stat_files),
    Check("memory limit", "Does a control group limit the memory?", _memory),
    Check("virtual machine", "Does a hypervisor lie between?", _virtual),
    Check("container", "Is this a container?", _container),
    Check("power", "Is it on battery?", _power),
    Check("timer", "How is the time read?", _timer),
    Check("address layout", "Can the address layout be fixed?", _address_layout),
)
