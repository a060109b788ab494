"""Whether the core is shared right now, so that a visit can be made at a better moment or on another core.

A neighbour stays for less than a millisecond to seconds: a visit begun beside one that stays is lost as a whole, and
one that comes for a moment again and again spoils one round in two.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from statistics import median_low
from time import perf_counter
from typing import Any

from copycost.measure.probes import Probe, probe

#: Above this multiple of the undisturbed level the core is shared: a neighbour slows the canary 1.5 times and more.
SHARED = 1.3

_PROBES = 5

#: Below this multiple of the undisturbed level it was the clock's reading that was disturbed: the probe tells nothing.
_DISTURBED = 0.75

#: A visit is put back again when it has waited so many seconds.
_MOST_AT_ONCE = 1.0
#: A neighbour that comes for a moment is gone after so many seconds; one that stays longer stays for long.
_MOMENT = 1e-3
#: A visit that has so many quiet rounds waits for moments only, and no visit has its rounds wait longer together.
_QUIET_ROUNDS = 5
_MOST_BETWEEN_ROUNDS = 50e-3

_MOST_CORES_TRIED = 4


class CoreWatch:
    """Watches the core that a measuring process runs on, and how often each of its visits was put back.

    Args:
        level: the undisturbed canary / clock that other processes of the arm have seen; None when none has.
        waiting: seconds that may be waited for a quiet core.
        can_move: whether the process may be moved to another core, which one with several threads may not.
        take: takes one probe.
        clock: reads the time, in seconds.
    """

    def __init__(
        self,
        level: float | None = None,
        waiting: float = 0.0,
        can_move: bool = False,
        *,
        take: Callable[[], Probe] = probe,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        """Begin with nothing seen."""
        self._take = take
        self._clock = clock
        #: The undisturbed level as far as it is known: the core can be shared for nearly all of the time.
        self.level = level
        self._cores = sorted(os.sched_getaffinity(0)) if can_move and hasattr(os, "sched_getaffinity") else []
        self._waiting = waiting
        self._visits: set[object] = set()
        self.begin_visit(0, 0)
        #: How often visits were put back.
        self.put_back = 0
        #: Seconds that were waited for a quiet core.
        self.waited = 0.0

    def seen(self) -> dict[str, Any]:
        """Return what is kept in a process's file, as results-files.md describes it."""
        return {"put_back": self.put_back, "waited": round(self.waited, 3), "level": self.level}

    def look(self) -> bool:
        """Return whether the core is shared right now.

        An interrupt makes a reading longer, never shorter: of several clocks the shortest is undisturbed.
        """
        canaries, clocks = zip(*(self._take() for _ in range(_PROBES)), strict=True)
        taken = Probe(median_low(canaries), min(clocks))
        self.level = _index(taken) if self.level is None else min(self.level, _index(taken))
        return _index(taken) > SHARED * self.level

    def puts_back(self, visit: object) -> bool:
        """Return whether a visit should be made after all others, because the core is shared and no other was found.

        What comes back was put back before, and so was all that is left: then a quiet core is waited for, a second at
        once. When all that may be waited is, visits are made as it is.
        """
        if not self.look() or self._moved():
            return False
        if visit in self._visits:
            began, before = self._clock(), self.waited
            most = min(self._waiting, before + _MOST_AT_ONCE)
            while self.waited < most:
                if not self.look() or self._moved():
                    return False
                self.waited = before + self._clock() - began
            if self.waited >= self._waiting:
                return False
        self._visits.add(visit)
        self.put_back += 1
        return True

    def begin_visit(self, warmup: int, rounds: int) -> None:
        """Begin a visit of so many untimed and timed rounds, which has no quiet round yet."""
        self._warmup, self._rounds = warmup, rounds
        self._between_rounds, self._quiet_rounds, self._quiet_before, self._stays = 0.0, 0, False, False

    def next_round(self, last: Probe) -> Probe:
        """Return the probe that the next round begins with: the last one, or a later one when the core is quiet again.

        A moment is waited for a neighbour to go, and longer as long as the visit has few quiet rounds, within what may
        be waited in all; a neighbour that has stayed once is not waited for again before it has gone. Nothing is waited
        for before a round that is not timed, or after the last.
        """
        if self._warmup > 0 or self._rounds == 0:
            self._warmup -= 1
            return last
        self._rounds -= 1
        self._quiet_rounds += self._quiet_before and self._quiet(last)
        began, waited = self._clock(), 0.0
        while not self._quiet(last) and not self._stays:
            waited = self._clock() - began
            if waited >= _MOMENT:
                left = min(self._waiting - self.waited, _MOST_BETWEEN_ROUNDS - self._between_rounds) - waited
                self._stays = self._quiet_rounds >= _QUIET_ROUNDS or left <= 0
            last = self._take()
        self._quiet_before = self._quiet(last)
        self._stays = self._stays and not self._quiet_before
        self.waited += waited
        self._between_rounds += waited
        return last

    def _quiet(self, taken: Probe) -> bool:
        """Return whether a probe says that the core is quiet; a probe that tells nothing does not say so."""
        level = self.level
        return level is None or _DISTURBED * level <= _index(taken) <= SHARED * level

    def _moved(self) -> bool:
        """Go to a core that is not shared; return whether one was found.

        The process is not bound to it: the system moves it on when somebody else's work comes to that core.
        """
        try:
            for core in random.sample(self._cores, min(_MOST_CORES_TRIED, len(self._cores))):
                os.sched_setaffinity(0, {core})
                if not self.look():
                    return True
            return False
        finally:
            if self._cores:
                os.sched_setaffinity(0, self._cores)


def _index(taken: Probe) -> float:
    """Return the index of contention."""
    return taken.canary / max(taken.clock, 1)
