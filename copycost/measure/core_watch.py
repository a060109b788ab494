"""Whether the core is shared right now, so that a visit can be made at a better moment or on another core.

A neighbour stays for milliseconds to seconds, longer than a visit: a visit begun beside one is lost as a whole.
"""

from __future__ import annotations

import os
import random
from bisect import insort
from collections.abc import Callable
from statistics import median
from time import perf_counter, sleep

from copycost.measure.probes import Probe, probe

#: Above this multiple of the undisturbed level the core is shared: a neighbour slows the canary 1.5 times and more.
SHARED = 1.3

_PROBES = 5

#: The undisturbed level is this quantile of what was seen: readings can be too low when the clock was disturbed.
_LEVEL_SHARE = 0.05

_PAUSE = 20e-3
#: Waiting may take so much of a process's time.
_WAITING_SHARE = 0.1

#: With fewer cores there is none to move to that nobody needs.
_LEAST_CORES = 4
_MOST_CORES_TRIED = 4


class CoreWatch:
    """Watches the core that a measuring process runs on, and how often each of its visits was put back.

    Args:
        level: the undisturbed canary / clock that other processes of the arm have seen; None when none has.
        can_move: whether the process may be moved to another core, which one with several threads may not.
        take: takes one probe.
        clock: reads the time, in seconds.
        pause: waits so many seconds.
    """

    def __init__(
        self,
        level: float | None = None,
        can_move: bool = False,
        *,
        take: Callable[[], Probe] = probe,
        clock: Callable[[], float] = perf_counter,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        """Begin with nothing seen."""
        self._take = take
        self._clock = clock
        self._pause = pause
        self._seen: list[float] = []
        self._known = level
        self._cores = sorted(os.sched_getaffinity(0)) if can_move and hasattr(os, "sched_getaffinity") else []
        self._began = clock()
        self._waited = 0.0
        self._visits: set[object] = set()
        #: How often visits were put back.
        self.put_back = 0

    @property
    def level(self) -> float | None:
        """Return the undisturbed level as far as it is known."""
        own = self._seen[int(_LEVEL_SHARE * len(self._seen))] if self._seen else None
        levels = [level for level in (self._known, own) if level is not None]
        return min(levels, default=None)

    def look(self) -> bool:
        """Return whether the core is shared right now."""
        index = median(canary / max(clock, 1) for canary, clock in (self._take() for _ in range(_PROBES)))
        insort(self._seen, index)
        level = self.level
        return level is not None and index > SHARED * level

    def puts_back(self, visit: object) -> bool:
        """Return whether a visit should be made after all others, because the core is shared and no other was found.

        What comes back was put back before, and so was all that is left: a while is waited then, up to a tenth of
        the process's time in all. After that, visits are made as it is.
        """
        if not self.look() or self._moved():
            return False
        if visit in self._visits:
            if self._waited > _WAITING_SHARE * (self._clock() - self._began):
                return False
            self._pause(_PAUSE)
            self._waited += _PAUSE
        self._visits.add(visit)
        self.put_back += 1
        return True

    def _moved(self) -> bool:
        """Move to a core that is not shared, where there are cores enough; return whether one was found."""
        if len(self._cores) < _LEAST_CORES:
            return False
        for core in random.sample(self._cores, _MOST_CORES_TRIED):
            os.sched_setaffinity(0, {core})
            if not self.look():
                return True
        os.sched_setaffinity(0, self._cores)
        return False
