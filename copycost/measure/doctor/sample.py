"""About a second of looking: what the kernel's counters and the core itself did meanwhile."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Callable, Iterable, Mapping, Optional, Sequence

from copycost.measure.canary import Probe, probe

Read = Callable[[str], Optional[str]]

#: Work and pause take turns, so that half a second of work looks at a whole second.
TURNS = 10
TURN_SECONDS = 0.05

_STAT = "/proc/stat"


@dataclass(frozen=True)
class Sample:
    """Files read before and after, and what was seen between.

    `probes` are looks at the core, in nanoseconds; `running` is how many other threads the kernel
    counted as running or ready to run, once for each turn (empty where it does not tell).
    """

    seconds: float = 0.0
    before: Mapping[str, Optional[str]] = field(default_factory=dict)
    after: Mapping[str, Optional[str]] = field(default_factory=dict)
    probes: Sequence[Probe] = ()
    running: Sequence[int] = ()


def take(
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
        count = re.search(r"^procs_running (\d+)", read(_STAT) or "", re.MULTILINE)
        if count:
            running.append(max(0, int(count[1]) - 1))  # the one that reads the file is this one
    seconds = now() - start
    after = {path: read(path) for path in watched}
    return Sample(seconds, before, after, probes, running)
