"""The probes around each round, outside the timing: canary, clock, page faults, a plain copy."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any, NamedTuple

try:
    from resource import RUSAGE_SELF, getrusage
except ImportError:  # Windows has no such counter

    def minor_faults() -> int | None:
        """Return None: this platform does not count minor page faults."""
        return None

else:

    def minor_faults() -> int | None:
        """Return how many minor page faults this process has had so far."""
        return getrusage(RUSAGE_SELF).ru_minflt


CANARY_NAME = "python-100"
CLOCK_NAME = "crc_hqx-1024"

_CLOCK_BYTES = bytes(range(256)) * 4


class Probe(NamedTuple):
    """One look at the core, in nanoseconds."""

    canary: int
    clock: int


def canary() -> None:
    """Do a few microseconds of plain Python: slowed 1.5 to 2 times by a neighbour on the same core."""
    total = 0
    for number in range(100):
        total += number * number


def clock() -> None:
    """Do a few microseconds of dependent C steps: slowed by a lower core clock, hardly by a neighbour.

    The CRC takes one byte at a time and every step waits for the one before, so its time is a
    number of cycles. Measured beside a contending neighbour it slows 1.04 times where the canary
    slows 1.7 times; the ratio of the two tells contention from a slower clock.
    """
    crc_hqx(_CLOCK_BYTES, 0)


def probe() -> Probe:
    """Time the canary and the clock, each after one untimed turn.

    The untimed turn brings code and data back into the caches, so that what a large copy evicted
    is not taken for contention.
    """
    canary()
    clock()
    start = perf_counter_ns()
    canary()
    middle = perf_counter_ns()
    clock()
    end = perf_counter_ns()
    return Probe(middle - start, end - middle)


@dataclass
class RoundLog:
    """The probe that pytest-benchmark calls after every round, and what it saw.

    With `copy_from` and `copy_to`, arrays of one shape, a plain copy is timed beside every round.
    `end_round` is called as soon as the round's page faults are counted. `next_round` is given the probe that a round
    ended with and returns the one that the next round begins with, when the core is fit for it.
    """

    copy_from: Any = None
    copy_to: Any = None
    end_round: Callable[[], None] | None = None
    next_round: Callable[[Probe], Probe] | None = None
    probes: list[tuple[Probe, Probe]] = field(default_factory=list)
    faults: list[int | None] = field(default_factory=list)
    copies: list[int] = field(default_factory=list)

    def __call__(self, *_: Any) -> None:
        """Take the page-fault counter, the plain copy beside the round, and the canary."""
        self.faults.append(minor_faults())
        if self.end_round is not None:
            self.end_round()
        if self.copy_from is not None:
            import numpy as np

            start = perf_counter_ns()
            np.copyto(self.copy_to, self.copy_from)
            self.copies.append(perf_counter_ns() - start)
        ended = probe()
        self.probes.append((ended, ended if self.next_round is None else self.next_round(ended)))
        # What the plain copy and the probe fault in is not the next round's.
        self.faults.append(minor_faults())

    def of_rounds(self, warmup: int, rounds: int) -> dict[str, Any]:
        """Return one entry for each timed round.

        The log must have been called once before the first round; `warmup` rounds are left out.
        The canary is the slower, the clock the mean of those before and after the round.
        """
        first = 1 + warmup
        # Two readings a call: on entering, which ends a round, and on leaving, which starts one.
        pairs = [(self.probes[first - 1 + number][1], self.probes[first + number][0]) for number in range(rounds)]
        faults = [
            _difference(self.faults[2 * (first + number)], self.faults[2 * (first + number) - 1])
            for number in range(rounds)
        ]
        entries: dict[str, Any] = {
            "canary_ns": [max(before.canary, after.canary) for before, after in pairs],
            "clock_ns": [(before.clock + after.clock) // 2 for before, after in pairs],
            "page_faults": faults,
        }
        if self.copies:
            entries["copy_ns"] = self.copies[first : first + rounds]
        return entries


def _difference(end: int | None, start: int | None) -> int | None:
    return None if end is None or start is None else end - start
