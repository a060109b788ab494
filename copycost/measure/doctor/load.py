"""Checks of what else runs here: other processes, the queue for the cores."""

from __future__ import annotations

import re
from statistics import fmean

from copycost.measure.doctor.finding import Check, Finding, disturbs, fine, note
from copycost.measure.doctor.processes import Use, ancestors, stat_files, uses
from copycost.measure.doctor.system import System

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
    busy = sum(last[n] - first[n] for n in range(len(last)) if n not in (idle, iowait, steal)) / (
        system.ticks * system.sample.seconds
    )
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
    passing = load - sum(use.share for use in others)
    if passing >= _NOTED_LOAD:
        evidence += f"; {passing:.2f} cores by processes that came or went meanwhile"
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
            theirs = not re.search(
                rf"^Uid:\t\d+\t{system.uid}\t",
                system.read(f"/proc/{process.pid}/status") or "",
                re.MULTILINE,
            )
            stop, resume = (f"kill -{signal} {process.pid}" for signal in ("STOP", "CONT"))
            if theirs:
                stop, resume = system.as_root(stop), system.as_root(resume)
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


CHECKS = (
    Check(
        "other load",
        "Do other processes use the cores?",
        _other_load,
        lambda system: [STAT, *stat_files(system)],
    ),
    Check(
        "run queue",
        "Do more threads want to run than there are cores?",
        _run_queue,
        lambda system: [_PRESSURE],
    ),
)
