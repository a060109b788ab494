"""The schedule: which cells the next pass visits, how often, and how much of the budget is spent.

In a pass every session makes one process, and all of them make the same visits: so each cell's figure has every
session alike, and a run that ends with a pass is balanced. The run is done when the cells that were asked for are
precise: references are measured for their sake.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

#: Every session makes so many processes before a run may end early: what differs between the processes of one session
#: is not known from one.
LEAST_PASSES = 2

#: A process shorter than this spends more of its time starting and reporting than measuring. One that is longer than
#: one visit of each cell needs says little more: processes differ by more than visits do.
_PROCESS_SECONDS = 0.3

_ITEM_SECONDS = 1.5e-3
_PROCESS_OVERHEAD = 0.15

#: A process may wait for a quiet core so many times as long as it works: on a core that is shared for three quarters of
#: the time it still meets quiet ones. Where the budget has no time left, it may wait the least.
_MOST_WAITING = 3.0
_LEAST_WAITING = 0.1

#: Half-width that a cell of unknown precision is taken to have: wider than anything that is worth more.
_UNKNOWN_WIDTH = 1.0


class Stopwatch:
    """Seconds of the budget that are spent, without what failures have cost; a resumed run goes on where it stood."""

    def __init__(self, clock: Callable[[], float], earlier: float = 0.0, lost: float = 0.0) -> None:
        """Start now, with what earlier parts of the run have spent and lost."""
        self._clock = clock
        self._began = clock()
        self._earlier = earlier
        self._lost = 0.0
        self._lost_earlier = lost

    @property
    def now(self) -> float:
        """Return the clock's reading, for differences."""
        return self._clock()

    @property
    def spent(self) -> float:
        """Return the seconds spent, what was lost left out."""
        return self._earlier + self._clock() - self._began - self._lost

    @property
    def lost(self) -> float:
        """Return the seconds lost, in all parts of the run."""
        return self._lost_earlier + self._lost

    def lose(self, seconds: float) -> None:
        """Count seconds as lost."""
        self._lost += seconds


@dataclass(frozen=True)
class Schedule:
    """Prices of a visit of each cell, in seconds, and the limits of a run.

    Args:
        visit_seconds: cell id -> seconds of one visit; of all arms together.
        precision: the half-width asked for, as a share of the figure.
        budget: seconds of the whole run, preparing included.
        most_visits: the most visits of one cell that a process can make.
        most_turns: the most processes of each arm, or None.
        start_seconds: what starting one more process takes, beside what a forked one does.
        arms: how many arms take turns.
        slowness: how much longer processes have worked than these prices foretell.
        waiting: how long processes have waited for a quiet core, as a multiple of what they have worked.
        bounds: reference's id -> the ids of the cells that it bounds; without any, it is not visited.
    """

    visit_seconds: Mapping[str, float]
    precision: float
    budget: float
    most_visits: int
    most_turns: int | None = None
    start_seconds: float = 0.0
    arms: int = 1
    slowness: float = 1.0
    waiting: float = 0.0
    bounds: Mapping[str, Collection[str]] = field(default_factory=dict)

    def least_budget(self, turns: int, elapsed: float) -> int:
        """Return the smallest budget, in whole seconds, in which every session visits every cell once.

        Args:
            turns: how many sessions of each arm there are.
            elapsed: seconds that are spent already, on preparing.
        """
        turns = turns if self.most_turns is None else min(turns, self.most_turns)
        return math.ceil(elapsed + turns * self.turn_seconds(dict.fromkeys(self._wanted({}, 0), 1)) + 0.5)

    def next_pass(
        self, half_widths: Mapping[str, float], passes: int, turns: int, made: int, elapsed: float
    ) -> dict[str, int]:
        """Return the visits of each process of the next pass, cell id -> count; empty when the run is done.

        Args:
            half_widths: cell id -> half-width of its interval as a share of its figure; a cell
                without an interval yet is missing or NaN.
            passes: how many passes are complete.
            turns: how many turns the pass has.
            made: how many turns were made in all.
            elapsed: seconds of the budget that are spent.
        """
        if self.most_turns is not None:
            turns = min(turns, self.most_turns - made)
        if turns <= 0:
            return {}
        seconds = (self.budget - elapsed) / turns
        wanted = self._wanted(half_widths, passes)
        visits = self._affordable(dict.fromkeys(wanted, 1), half_widths, seconds)
        return self._more(visits, seconds) if visits else {}

    def turn_seconds(self, visits: Mapping[str, int]) -> float:
        """Return how long one process of each arm takes that makes these visits, waiting as others have."""
        return self.working_seconds(visits) * (1 + self.waiting) + self.arms * self.start_seconds

    def waiting_seconds(self, visits: Mapping[str, int], turns: int, elapsed: float) -> float:
        """Return how long each process of a turn may wait for a quiet core: what the budget has beyond the work.

        A round beside a neighbour counts for nothing as long as there are others, so that waiting for a quiet core
        costs no more than going on beside a neighbour, and every process has quiet rounds of every cell.

        Args:
            visits: of each process, cell id -> count.
            turns: how many turns the pass has yet to make.
            elapsed: seconds of the budget that are spent.
        """
        work = self.working_seconds(visits)
        left = (self.budget - elapsed) / turns - work - self.arms * self.start_seconds
        return min(max(left, _LEAST_WAITING * work), _MOST_WAITING * work) / self.arms

    def working_seconds(self, visits: Mapping[str, int]) -> float:
        """Return how long one process of each arm works that makes these visits."""
        # A cell that was given up since it was planned has no price any more.
        known = {cell: count for cell, count in visits.items() if cell in self.visit_seconds}
        items = (count * (self.visit_seconds[cell] + self.arms * _ITEM_SECONDS) for cell, count in known.items())
        return (sum(items) + self.arms * _PROCESS_OVERHEAD) * self.slowness

    def _wanted(self, half_widths: Mapping[str, float], passes: int) -> list[str]:
        def imprecise(cell: str) -> bool:
            return passes < LEAST_PASSES or not half_widths.get(cell, math.inf) <= self.precision

        asked = {cell for cell in self.visit_seconds if cell not in self.bounds and imprecise(cell)}
        bounding = {cell for cell, others in self.bounds.items() if not asked.isdisjoint(others) and imprecise(cell)}
        return [cell for cell in self.visit_seconds if cell in asked or cell in bounding]

    def _affordable(self, visits: dict[str, int], half_widths: Mapping[str, float], seconds: float) -> dict[str, int]:
        """Return the visits that fit: first those by which intervals become narrower most for their price.

        One more process narrows an interval's square by about its n-th part, so that what a visit is worth goes with
        the square of the width (Kalibera and Jones, "Rigorous benchmarking in reasonable time", 2013).
        """

        def worth(cell: str) -> float:
            width = half_widths.get(cell, math.nan)
            return (_UNKNOWN_WIDTH if math.isnan(width) else min(width, _UNKNOWN_WIDTH)) ** 2 / self.visit_seconds[cell]

        chosen: dict[str, int] = {}
        for cell in sorted(visits, key=worth, reverse=True):
            if self.turn_seconds({**chosen, cell: 1}) > seconds:
                break
            chosen[cell] = 1
        return {cell: 1 for cell in visits if cell in chosen}

    def _more(self, visits: dict[str, int], seconds: float) -> dict[str, int]:
        """Return more visits of each cell while a process would be short."""
        once = self.turn_seconds(visits) - self.turn_seconds({})
        worthwhile = min(self.arms * (_PROCESS_SECONDS + self.start_seconds), seconds)
        return dict.fromkeys(visits, max(1, min(self.most_visits, int(worthwhile / once))))
