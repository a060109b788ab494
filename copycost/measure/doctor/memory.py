"""Checks of whether memory is short: swap in use, pressure."""

from __future__ import annotations

import re

from copycost.measure.doctor.finding import Check, Finding, disturbs, fine, note
from copycost.measure.doctor.system import System, Untold

_SWAPS = "/proc/swaps"
_VMSTAT = "/proc/vmstat"
_MEMINFO = "/proc/meminfo"
_PRESSURE = "/proc/pressure/memory"

_LITTLE = 0.1
_DISTURBING_WAIT = 0.01


def _swap(system: System) -> Finding:
    areas = [line.split() for line in system.text(_SWAPS).splitlines()[1:]]
    used = sum(int(area[3]) for area in areas) / 1024
    evidence = f"{used:.0f} MiB used in {len(areas)} swap areas ({_SWAPS})"
    moved = 0
    if system.sample.before.get(_VMSTAT):
        moved = sum(system.growth(_VMSTAT, rf"^{name} (\d+)") for name in ("pswpin", "pswpout"))
        evidence += f"; {moved} pages moved during the sample (pswpin, pswpout in {_VMSTAT})"
    command = system.as_root("swapoff --all")
    if moved:
        return disturbs("Memory is being swapped right now.", evidence, command)
    if used:
        sentence = "Some memory is swapped out and is slow to come back at its first use."
        return note(sentence, evidence, command)
    return fine("No memory is swapped out.", evidence)


def _pressure(system: System) -> Finding:
    if not re.search(r"^MemAvailable:", system.text(_MEMINFO), re.MULTILINE):
        raise Untold(f"{_MEMINFO} has no MemAvailable")
    free, total = system.facts.get("available_bytes"), system.facts.get("memory_bytes")
    if free is None or total is None:
        raise Untold("the amount of memory is not known (sysconf)")
    evidence = f"{free / 1024**3:.1f} of {total / 1024**3:.1f} GiB available ({_MEMINFO})"
    waited = 0.0
    if system.sample.before.get(_PRESSURE):
        grown = system.growth(_PRESSURE, r"^some .*total=(\d+)")
        waited = grown / 1e6 / system.sample.seconds
        evidence += f"; {waited:.0%} of the time something waited for memory ({_PRESSURE})"
    if waited >= _DISTURBING_WAIT or free < _LITTLE * total:
        sentence = "Memory is short: the kernel takes pages back while large arrays are measured."
        return disturbs(sentence, evidence)
    return fine("There is memory enough.", evidence)


CHECKS = (
    Check("swap", "Is memory swapped out?", _swap, lambda system: [_VMSTAT]),
    Check("memory pressure", "Is memory short?", _pressure, lambda system: [_PRESSURE]),
)
