"""Checks of the memory: swap, pressure, transparent hugepages."""

from __future__ import annotations

import re

from copycost.measure.doctor.check import Check, Finding, System, Untold, disturbs, fine, note
from copycost.program import program

_SWAPS = "/proc/swaps"
_VMSTAT = "/proc/vmstat"
_MEMINFO = "/proc/meminfo"
_PRESSURE = "/proc/pressure/memory"

_LITTLE = 0.1
_DISTURBING_WAIT = 0.01

_HUGEPAGES = "/sys/kernel/mm/transparent_hugepage"
_ENABLED = f"{_HUGEPAGES}/enabled"
_DEFRAG = f"{_HUGEPAGES}/defrag"
_COLLAPSED = f"{_HUGEPAGES}/khugepaged/pages_collapsed"
_SLEEP = f"{_HUGEPAGES}/khugepaged/scan_sleep_millisecs"
_NUMPY_ASKS = "NUMPY_MADVISE_HUGEPAGE"  # 1 where not set, since Linux 4.6
_TORCH_ASKS = "THP_MEM_ALLOC_ENABLE"


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
    waited = system.waited(_PRESSURE)
    if waited is not None:
        evidence += f"; {waited:.0%} of the time something waited for memory ({_PRESSURE})"
    if (waited or 0) >= _DISTURBING_WAIT or free < _LITTLE * total:
        sentence = "Memory is short: the kernel takes pages back while large arrays are measured."
        return disturbs(sentence, evidence)
    return fine("There is memory enough.", evidence)


def _mode(system: System) -> str:
    mode: object = system.facts.get("hugepages")
    if mode is None:
        raise system.untold(_ENABLED)
    return str(mode)


def _hugepages(system: System) -> Finding:
    mode = _mode(system)
    evidence = f"{mode} ({_ENABLED})"
    if mode == "never":
        return fine("All pages are small, for NumPy and torch alike.", evidence)
    if mode == "always":
        return note(
            "Large fresh blocks get huge pages where some are free, so page faults of large copies "
            "depend on what ran before.",
            evidence,
        )
    settings = {name: system.environment.get(name) for name in (_NUMPY_ASKS, _TORCH_ASKS)}
    evidence += "".join(f"; {name} {value or 'not set'}" for name, value in settings.items())
    numpy, torch = settings[_NUMPY_ASKS] in (None, "1"), settings[_TORCH_ASKS] == "1"
    if numpy == torch:
        return fine("Huge pages are for those who ask, and NumPy and torch do alike.", evidence)
    if torch:
        sentence = "torch asks for huge pages and NumPy does not: large results fault differently."
        return note(sentence, evidence, system.unset([_NUMPY_ASKS]))
    return note(
        "NumPy asks for huge pages from 4 MiB on and torch does not: large results take more page "
        "faults where torch allocates them. Huge pages slow torch down at some sizes: measure before they are set.",
        evidence,
        f"{program()} run --arm base --arm thp:{_TORCH_ASKS}=1 --allocator found",
    )


def _defrag(system: System) -> Finding:
    chosen = re.search(r"\[([\w+]+)\]", system.text(_DEFRAG))
    if chosen is None:
        raise Untold(f"{_DEFRAG} marks no choice")
    evidence = f"{chosen[1]} ({_DEFRAG})"
    if _mode(system) == "never" or chosen[1] not in ("always", "madvise"):
        return fine("A page fault does not wait for memory to be moved together.", evidence)
    command = system.setting("defer", _DEFRAG)
    if chosen[1] == "always" and _mode(system) == "always":
        sentence = "Any page fault may wait until the kernel has moved memory together."
        return disturbs(sentence, evidence, command)
    return note(
        "A page fault of who asks for huge pages, as NumPy does from 4 MiB on, may wait until the "
        "kernel has moved memory together.",
        evidence,
        command,
    )


def _khugepaged(system: System) -> Finding:
    grown = system.growth(_COLLAPSED, r"^(\d+)")
    evidence = f"{grown} more during the sample ({_COLLAPSED})"
    if grown:
        sentence = "The kernel is making huge pages of small ones while you measure."
        return disturbs(sentence, evidence, system.setting(600000, _SLEEP))
    return fine("The kernel made no huge pages of small ones meanwhile.", evidence)


CHECKS = (
    Check("swap", "Is memory swapped out?", _swap, lambda system: [_VMSTAT]),
    Check("memory pressure", "Is memory short?", _pressure, lambda system: [_PRESSURE]),
    Check("hugepages", "Who gets huge pages?", _hugepages),
    Check("hugepage defrag", "May a page fault wait for a huge page?", _defrag),
    Check("khugepaged", "Is the kernel making huge pages of small ones?", _khugepaged, lambda system: [_COLLAPSED]),
)
