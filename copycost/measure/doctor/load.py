"""Checks of the load that others put on these cores: processes, unseen neighbours, stolen time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import fmean, median
from typing import NamedTuple

from copycost.measure.doctor.check import Check, Finding, System, Untold, disturbs, fine, note
from copycost.measure.probes import Probe

_STAT = "/proc/stat"
_LOAD = "/proc/loadavg"
_PRESSURE = "/proc/pressure/cpu"

# Shares of one core. A desktop at rest uses a few hundredths.
_NOTED_LOAD, _DISTURBING_LOAD = 0.05, 0.25
_NAMED_LOAD = 0.02
_MOST_NAMED = 3
_DISTURBING_WAIT = 0.1

# The places of these counters in the first line of /proc/stat.
_IDLE, _IOWAIT, _STEAL = 3, 4, 7
_NOTED_STEAL, _DISTURBING_STEAL = 0.01, 0.05

#: The undisturbed level is this quantile of canary / clock, and contended what is this much above.
LEVEL_SHARE, CONTENDED = 0.02, 1.15
_NOTED_SHARE, _DISTURBING_SHARE = 0.03, 0.15

_FEWEST_PROBES = 100

_STAT_FILE = re.compile(r"/proc/\d+/stat")
_KERNEL_THREAD = 0x00200000  # PF_KTHREAD


def cpu_ticks(stat: str) -> list[int]:
    """Return the counters of all CPUs together: user, nice, system, idle, iowait, irq, … steal."""
    return [int(count) for count in stat.splitlines()[0].split()[1:9]]


def _other_load(system: System) -> Finding:
    recent = float(system.text(_LOAD).split()[0])
    first, last = (cpu_ticks(text) for text in system.twice(_STAT))
    busy = sum(last[n] - first[n] for n in range(len(last)) if n not in (_IDLE, _IOWAIT, _STEAL)) / (
        system.ticks * system.sample.seconds
    )
    everyone = uses(system)
    others = [use for use in everyone if use.process.pid != system.pid]
    ours = sum(use.share for use in everyone if use.process.pid == system.pid)
    load = max(0.0, busy - ours)
    named = [use for use in others if use.share >= _NAMED_LOAD][:_MOST_NAMED]
    evidence = (
        f"{load:.2f} of {system.cores} cores ({_STAT}), load average {recent:.2f} ({_LOAD})"
        + "".join(f"; {use.process.name} (pid {use.process.pid}) {use.share:.0%}" for use in named)
        + (" of a core (/proc/PID/stat)" if named else "")
    )
    passing = load - sum(use.share for use in others)
    if passing >= _NOTED_LOAD:
        evidence += f"; {passing:.2f} cores by processes that came or went meanwhile"
    if load >= _NOTED_LOAD:
        grade = disturbs if load >= _DISTURBING_LOAD else note
        sentence = "Other processes use the cores, their caches and the memory while you measure."
        # What they are is for a person to look at: what may be ended or put off, no count of ticks can tell.
        pids = ",".join(str(use.process.pid) for use in named if not use.process.kernel)
        return grade(sentence, evidence, f"ps -o pid,user,etime,args -p {pids}" if pids else "")
    if recent >= system.cores / 2:
        return note("Idle now, but busy in the last minute: what ran may come back.", evidence)
    return fine("Nothing else of weight runs.", evidence)


def _run_queue(system: System) -> Finding:
    running = system.sample.running
    if not running:
        raise system.untold(_STAT)
    mean = fmean(running)
    evidence = f"{mean:.1f} other threads on {system.cores} cores (procs_running in {_STAT})"
    waited = system.waited(_PRESSURE)
    if waited is not None:
        evidence += f"; {waited:.0%} of the time something waited for a core ({_PRESSURE})"
    if mean + 1 > system.cores or (waited or 0) >= _DISTURBING_WAIT:
        return disturbs("More threads want to run than there are cores; see other load.", evidence)
    return fine("A core is free whenever one is wanted.", evidence)


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
    processes = []
    for path, text in system.sample.before.items():
        later = system.sample.after.get(path)
        if text and later and _STAT_FILE.fullmatch(path):
            first, last = parse_stat(text), parse_stat(later)
            if first.name == last.name:
                spent = (last.ticks - first.ticks) / system.ticks
                processes.append(Use(last, spent / system.sample.seconds))
    return sorted(processes, key=lambda use: -use.share)


def parse_stat(text: str) -> Process:
    """Return what a `/proc/<pid>/stat` says; a name may hold blanks and brackets (proc(5))."""
    pid, _, rest = text.partition(" (")
    name, _, rest = rest.rpartition(") ")
    fields = rest.split()
    used = int(fields[11]) + int(fields[12])
    return Process(int(pid), name, int(fields[1]), bool(int(fields[6]) & _KERNEL_THREAD), used)


class Contention(NamedTuple):
    """The share of probes that a neighbour slowed, how many times, and the undisturbed level."""

    share: float
    slower: float
    level: float


def contention(probes: Sequence[Probe]) -> Contention:
    """Return how often canary / clock shows a neighbour; a neighbour that stays throughout does not show."""
    index = sorted(look.canary / look.clock for look in probes)
    level = index[int(LEVEL_SHARE * len(index))]
    slowed = [value for value in index if value > CONTENDED * level]
    slower = median(slowed) / level if slowed else 1.0
    return Contention(len(slowed) / len(index), slower, level)


def _contention(system: System) -> Finding:
    probes = system.sample.probes
    if len(probes) < _FEWEST_PROBES:
        raise Untold(f"only {len(probes)} canaries could be timed")
    share, slower, level = contention(probes)
    evidence = f"{share:.0%} of {len(probes)} canaries contended"
    evidence += f", {slower:.2f} times slower" if share else ""
    evidence += f" (canary / clock above {CONTENDED} times its low quantile, {level:.2f})"
    if share < _NOTED_SHARE:
        return fine("No neighbour came and went on the core while the canary ran.", evidence)
    grade = disturbs if share >= _DISTURBING_SHARE else note
    return grade(
        "Something shares the core and slows it, whether the kernel counts it or not; a run drops "
        "those rounds and takes longer.",
        evidence,
    )


def _steal(system: System) -> Finding:
    first, last = (cpu_ticks(text) for text in system.twice(_STAT))
    spent = [last[n] - first[n] for n in range(len(last))]
    share = spent[_STEAL] / sum(spent)
    evidence = f"{share:.1%} of all CPU time stolen (steal in {_STAT})"
    if share < _NOTED_STEAL:
        return fine("The hypervisor takes no time; a neighbour on the core does not show here.", evidence)
    grade = disturbs if share >= _DISTURBING_STEAL else note
    return grade("The hypervisor takes the cores away for others: a dedicated host would not.", evidence)


CHECKS = (
    Check("other load", "Do other processes use the cores?", _other_load, lambda system: [_STAT, *stat_files(system)]),
    Check("run queue", "Do more threads want to run than there are cores?", _run_queue, lambda system: [_PRESSURE]),
    Check("contention", "Does something slow the core that the kernel does not see?", _contention),
    Check("steal time", "Does the hypervisor take time away?", _steal, lambda system: [_STAT]),
)
