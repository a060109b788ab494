"""What is seen after each round of a visit, outside the timing."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any, Callable, Optional

from copycost.measure.canary import Probe, probe
from copycost.measure.page_faults import minor_faults


@dataclass
class RoundLog:
    """The probe that pytest-benchmark calls after every round, and what it saw.

    With `copy_from` and `copy_to`, arrays of one shape, a plain copy is timed beside every round.
    `end_round` is called as soon as the round's page faults are counted.
    """

    copy_from: Any = None
    copy_to: Any = None
    end_round: Optional[Callable[[], None]] = None
    probes: list[Probe] = field(default_factory=list)
    faults: list[Optional[int]] = field(default_factory=list)
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
        self.probes.append(probe())
        # What the plain copy and the probe fault in is not the next round's.
        self.faults.append(minor_faults())

    def of_rounds(self, warmup: int, rounds: int) -> dict[str, Any]:
        """Return one entry for each timed round.

        The log must have been called once before the first round; `warmup` rounds are left out.
        The canary is the slower, the clock the mean of those before and after the round.
        """
        first = 1 + warmup
        pairs = [self.probes[first - 1 + number : first + 1 + number] for number in range(rounds)]
        # Two readings a call: on entering, which ends a round, and on leaving, which starts one.
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


def _difference(end: Optional[int], start: Optional[int]) -> Optional[int]:
    return None if end is None or start is None else end - start
