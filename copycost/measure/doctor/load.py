"""Checks of what else runs here: other processes, the queue for the cores."""

from __future__ import annotations

import re
from statistics import fmean

from copycost.measure.doctor.finding import Check, Finding, disturbs, fine, note
from copycost.measure.doctor.processes import Use, ancestors, stat_files, uses
from copycost.measure.doctor.system import System, Untold

STAT = "/proc/stat"
_LOAD = "/proc/loadavg"
_PRESSURE = "/proc/pressure/cpu"

# Shares of one core. A desktop at rest uses a few hundredths.
_NOTED_LOAD, _DISTURBING_LOAD = 0.05, 0.25
_NAMED_LOAD = 0.02
_MOST_NAMED = 3
_DISTURBING_WAIT = 0.1


def cpu_ticks(stat: str) -> list[int]:
    """Return the counters of all CPUs together: user, nice, system, idle, iowait, irq, … steal."""
    return [int(count) for count in stat.splitlines()[0].split()[1:9]]


def _other_load(system: System) -> Finding:
    recent = float(system.text(_LOAD).split()[0])
    first, last = (cpu_ticks(text) for text in system.twice(STAT))
    idle, iowait, steal = 3, 4, 7
    busy = sum(
        last[n] - first[n] for n in range(len(last)) if n not in (idle, iowait, steal)
    ) / (system.ticks * system.sample.seconds)
    everyone = uses(system)
    others = [use for use in everyone if use.process.pid != system.pid]
    own = sum(use.share for use in everyone) - sum(use.share for use in others)
    load = max(0.0, busy - own)
    named = [use for use in others if use.share >= _NAMED_LOAD][:_MOST_NAMED]
    evidence = (
        f"{load:.2f} of {system.cores} cores ({STAT}), load average {recent:.2f} ({_LOAD})"
        + "".join(f"; {use.process.name} (pid {use.process.pid}) {use.share:.0%}" for use in named)
        + (" of a core (/proc/PID/stat)" if named else "")
    )
    if load >= _NOTED_LOAD:
        kind = disturbs if load >= _DISTURBING_LOAD else note
        sentence = "Other processes use the cores, their caches and the memory while you measure."
        return kind(sentence, evidence, _pause(system, named, everyone))
    if recent >= system.cores / 2:
        return note("Idle now, but busy in the last minute: what ran may come back.", evidence)
    return fine("Nothing else of weight runs.", evidence)


def _pause(system: System, named: list[Use], everyone: list[Use]) -> str:
    """Return how to pause the busiest process that may be paused."""
    own = ancestors(system.pid, (use.process for use in everyone)) | {1}
    for process, _ in named:
        if not process.kernel and process.pid not in own:
            stop, resume = (system.as_root(f"kill -{s} {process.pid}") for s in ("STOP", "CONT"))
            return f"{stop}  # afterwards: {resume}"
    return ""


def _run_queue(system: System) -> Finding:
    running = system.sample.running
    if not running:
        raise system.untold(STAT)
    mean = fmean(running)
    evidence = f"{mean:.1f} other threads on {system.cores} cores (procs_running in {STAT})"
    waited = 0.0
    if system.sample.before.get(_PRESSURE):
        grown = system.growth(_PRESSURE, r"^some .*total=(\d+)")
        waited = grown / 1e6 / system.sample.seconds
        evidence += f"; {waited:.0%} of the time something waited for a core ({_PRESSURE})"
    if mean + 1 > system.cores or waited >= _DISTURBING_WAIT:
        return disturbs("More threads want to run than there are cores; see other load.", evidence)
    return fine("A core is free whenever one is wanted.", evidence)


def _swap(system: System) -> Finding:
    areas = [line.split() for line in system.text("/proc/swaps").splitlines()[1:]]
    used = sum(int(area[3]) for area in areas) * 1024
    evidence = f"{used / 1024**2:.0f} MiB used in {len(areas)} areas (/proc/swaps)"
    try:
        moved = system.growth(VMSTAT, r"^pswpin (\d+)") + system.growth(VMSTAT, r"^pswpout (\d+)")
        evidence += f"; {moved} pages moved during the sample (pswpin, pswpout in {VMSTAT})"
    except Untold:
        moved = 0
    command = system.as_root("swapoff --all")
    if moved:
        return disturbs("Memory is being swapped right now.", evidence, command)
    if used:
        sentence = "Some memory is swapped out and is slow to come back at its first use."
        return note(sentence, evidence, command)
    return fine("No memory is swapped out.", evidence)


VMSTAT = "/proc/vmstat"
_MEMORY_PRESSURE = "/proc/pressure/memory"
_LITTLE_MEMORY = 0.1


def _memory_pressure(system: System) -> Finding:
    if not re.search(r"^MemAvailable:", system.text("/proc/meminfo"), re.MULTILINE):
        raise Untold("/proc/meminfo has no MemAvailable")
    free, total = system.facts["available_bytes"], system.facts["memory_bytes"]
    evidence = f"{free / 1024**3:.1f} of {total / 1024**3:.1f} GiB available (/proc/meminfo)"
    waited = 0.0
    if system.sample.before.get(_MEMORY_PRESSURE):
        grown = system.growth(_MEMORY_PRESSURE, r"^some .*total=(\d+)")
        waited = grown / 1e6 / system.sample.seconds
        evidence += f"; {waited:.0%} of the time something waited for memory ({_MEMORY_PRESSURE})"
    if waited >= 0.01 or free < _LITTLE_MEMORY * total:
        sentence = "Memory is short: the kernel reclaims pages while large arrays are measured."
        return disturbs(sentence, evidence, "ps -eo pid,rss,comm --sort=-rss | head")
    return fine("There is memory enough.", evidence)
