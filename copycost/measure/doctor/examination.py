"""The examination: about a second of looking at this machine, and what every check finds."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
import time
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import replace

from copycost.measure import machine
from copycost.measure.doctor import cores, environment, host, load, memory
from copycost.measure.doctor.check import SEVERITIES, Check, Finding, Interpreter, Read, Sample, System
from copycost.measure.probes import Probe, probe

CHECKS: tuple[Check, ...] = (*load.CHECKS, *cores.CHECKS, *memory.CHECKS, *host.CHECKS, *environment.CHECKS)

#: Work and pause take turns, so that half a second of work looks at a whole second.
TURNS = 10
TURN_SECONDS = 0.05


def examine_machine(system: System) -> list[Finding]:
    """Return what every check finds, what disturbs first; takes a sample of about a second."""
    taken = take_sample(system.read, watched(system))
    return findings(replace(system, sample=taken))


def findings(system: System) -> list[Finding]:
    """Return what every check finds on a system whose sample is taken, what disturbs first."""
    return sorted((check.finding(system) for check in CHECKS), key=lambda finding: SEVERITIES.index(finding.severity))


def watched(system: System) -> list[str]:
    """Return the files that some check wants read before and after the sample."""
    return list(dict.fromkeys(path for check in CHECKS for path in check.watched(system)))


def take_sample(
    read: Read,
    paths: Iterable[str],
    *,
    now: Callable[[], float] = time.perf_counter,
    pause: Callable[[float], None] = time.sleep,
    look: Callable[[], Probe] = probe,
) -> Sample:
    """Return what changes in these files and in the core's speed over about a second."""
    watched = dict.fromkeys(paths)
    probes: list[Probe] = []
    running: list[int] = []
    before = {path: read(path) for path in watched}
    start = now()
    for _ in range(TURNS):
        end = now() + TURN_SECONDS
        while now() < end:
            probes.append(look())
        pause(TURN_SECONDS)
        count = re.search(r"^procs_running (\d+)", read("/proc/stat") or "", re.MULTILINE)
        if count:
            running.append(max(0, int(count[1]) - 1))  # the one that reads the file is this one
    seconds = now() - start
    after = {path: read(path) for path in watched}
    return Sample(seconds, before, after, probes, running)


def this_system(layout_refused: str | None = None) -> System:
    """Return the machine this process runs on, with no sample taken yet."""
    return System(
        platform=sys.platform,
        read=machine.read,
        entries=_entries,
        environment=os.environ,
        facts={**machine.describe(), "available_bytes": machine.available_bytes()},
        cpus=machine.allowed_cpus(),
        pid=os.getpid(),
        uid=os.geteuid() if hasattr(os, "geteuid") else None,
        ticks=os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100,
        interpreter=Interpreter(bool(sysconfig.get_config_var("Py_DEBUG")), _tracers()),
        layout_refused=layout_refused,
    )


def _entries(folder: str) -> list[str] | None:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return None


def _tracers() -> tuple[str, ...]:
    on = {
        "sys.gettrace()": sys.gettrace() is not None,
        "sys.getprofile()": sys.getprofile() is not None,
        "sys.flags.dev_mode": sys.flags.dev_mode,
        "tracemalloc.is_tracing()": tracemalloc.is_tracing(),
    }
    monitoring = getattr(sys, "monitoring", None)  # Python 3.12; coverage tools use it
    if monitoring is not None:
        on["sys.monitoring"] = any(monitoring.get_tool(number) for number in range(6))
    return tuple(name for name, active in on.items() if active)
