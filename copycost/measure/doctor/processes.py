"""The other processes: who used how much of a core during the sample."""

from __future__ import annotations

import re
from typing import Iterable, NamedTuple

from copycost.measure.doctor.system import System

_STAT_FILE = re.compile(r"/proc/\d+/stat")
_KERNEL_THREAD = 0x00200000  # PF_KTHREAD


class Process(NamedTuple):
    """One line of `/proc/<pid>/stat`, as far as it matters here; `ticks` of CPU time."""

    pid: int
    name: str
    parent: int
    kernel: bool
    ticks: int


class Use(NamedTuple):
    """A process and the share of one core that it used."""

    process: Process
    share: float


def stat_files(system: System) -> list[str]:
    """Return the files that tell the processes' CPU time."""
    names = system.entries("/proc") or []
    return [f"/proc/{name}/stat" for name in names if name.isdigit()]


def uses(system: System) -> list[Use]:
    """Return what each process used over the sample, the busiest first, this one included.

    A process that started or ended meanwhile is not among them.
    """
    found = []
    for path, text in system.sample.before.items():
        later = system.sample.after.get(path)
        if text and later and _STAT_FILE.fullmatch(path):
            first, last = parse(text), parse(later)
            if first.name == last.name:
                spent = (last.ticks - first.ticks) / system.ticks
                found.append(Use(last, spent / system.sample.seconds))
    return sorted(found, key=lambda use: -use.share)


def ancestors(pid: int, processes: Iterable[Process]) -> set[int]:
    """Return a process and those that it was started from."""
    parents = {process.pid: process.parent for process in processes}
    found: set[int] = set()
    while pid and pid not in found:
        found.add(pid)
        pid = parents.get(pid, 0)
    return found


def parse(text: str) -> Process:
    """Return what a `/proc/<pid>/stat` says; a name may hold blanks and brackets (proc(5))."""
    pid, _, rest = text.partition(" (")
    name, _, rest = rest.rpartition(") ")
    fields = rest.split()
    used = int(fields[11]) + int(fields[12])
    return Process(int(pid), name, int(fields[1]), bool(int(fields[6]) & _KERNEL_THREAD), used)
