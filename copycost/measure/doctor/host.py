"""Checks of what carries this process: hypervisor, container, power, timer, address layout."""

from __future__ import annotations

import re

from copycost.measure.doctor.finding import Check, Finding, disturbs, fine, note
from copycost.measure.doctor.system import System, Untold

_CPUINFO = "/proc/cpuinfo"
_MEMBERSHIP = "/proc/self/cgroup"
_CONTAINER_FILES = ("/.dockerenv", "/run/.containerenv")
_POWER = "/sys/class/power_supply"
_TIMERS = "/sys/devices/system/clocksource/clocksource0"
_TIMER = f"{_TIMERS}/current_clocksource"
_RANDOMISE = "/proc/sys/kernel/randomize_va_space"

# Read in user space, by one instruction; the others are a system call or a slow device.
_FAST_TIMERS = ("tsc", "arch_sys_counter", "kvm-clock", "hyperv_clocksource_tsc_page")


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
    Check("virtual machine", "Does a hypervisor lie between?", _virtual),
    Check("container", "Is this a container?", _container),
    Check("power", "Is it on battery?", _power),
    Check("timer", "How is the time read?", _timer),
    Check("address layout", "Can the address layout be fixed?", _address_layout),
)
