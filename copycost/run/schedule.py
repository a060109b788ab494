"""The schedule: which cells the next process of every arm visits, how often, and how much of the budget is spent."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from copycost.errors import UsageError

#: Fewer processes than this never end a run early: an interval from three of them may be narrow by
#: luck, and stopping at the first narrow one would make intervals that do not cover.
LEAST_PROCESSES = 6

#: A process shorter than this spends too much of its time starting and reporting.
_PROCESS_SECONDS = 1.5

_ITEM_SECONDS = 1.5e-3
_PROCESS_OVERHEAD = 0.15


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
        visit_seconds: cell id -> seconds of one visit.
        precision: the half-width asked for, as a share of the figure.
        budget: seconds of the whole run, preparing included.
        most_visits: the most visits of one cell that a process can make.
        most_processes: the most processes of the run, or None.
        start_seconds: what starting one more process takes, beside what a forked one does.
        arms: how many arms take turns; prices are those of all arms together.
    """

    visit_seconds: Mapping[str, float]
    precision: float
    budget: float
    most_visits: int
    most_processes: int | None = None
    start_seconds: float = 0.0
    arms: int = 1

    def check(self, elapsed: float) -> None:
        """Refuse a budget in which not even one process would visit every cell.

        Args:
            elapsed: seconds of the budget that are spent already, on preparing.

        Raises:
            UsageError: the budget is too small; the message names the smallest that works.
        """
        least = elapsed + self._cost(dict.fromkeys(self.visit_seconds, 1))
        if least > self.budget:
            raise UsageError(
                f"budget {self.budget:.3g}s is too small for one visit of each of "
                f"{len(self.visit_seconds)} cells; the smallest that works is {math.ceil(least + 0.5)}s"
            )

    def next_visits(self, half_widths: Mapping[str, float], processes: int, elapsed: float) -> dict[str, int]:
        """Return the visits of the next process, cell id -> count; empty when the run is done.

        Args:
            half_widths: cell id -> half-width of its interval as a share of its figure; a cell
                without an interval yet is missing or NaN.
            processes: how many processes have ended.
            elapsed: seconds of the budget that are spent.
        """
        if self.most_processes is not None and processes >= self.most_processes:
            return {}
        wanted = self._wanted(half_widths, processes)
        remaining = self.budget - elapsed
        visits = self._fill(wanted)
        while visits and self._cost(visits) > remaining:
            visits = _shorten(visits, half_widths)
        return visits

    def _wanted(self, half_widths: Mapping[str, float], processes: int) -> list[str]:
        if processes < LEAST_PROCESSES:
            return list(self.visit_seconds)
        return [cell for cell in self.visit_seconds if not half_widths.get(cell, float("inf")) <= self.precision]

    def _fill(self, wanted: list[str]) -> dict[str, int]:
        """Give every wanted cell one visit, and more of them while the process would be short."""
        if not wanted:
            return {}
        once = self._cost(dict.fromkeys(wanted, 1)) - self._overhead
        worthwhile = self.arms * (_PROCESS_SECONDS + self.start_seconds)
        visits = max(1, min(self.most_visits, round(worthwhile / once)))
        return dict.fromkeys(wanted, visits)

    @property
    def _overhead(self) -> float:
        return self.arms * (_PROCESS_OVERHEAD + self.start_seconds)

    def _cost(self, visits: Mapping[str, int]) -> float:
        seconds = (count * (self.visit_seconds[cell] + self.arms * _ITEM_SECONDS) for cell, count in visits.items())
        return sum(seconds) + self._overhead


def _shorten(visits: dict[str, int], half_widths: Mapping[str, float]) -> dict[str, int]:
    """Return fewer visits: one each first, then without the half whose intervals are narrowest."""
    if max(visits.values()) > 1:
        return {cell: max(1, count - 1) for cell, count in visits.items()}
    widest_first = sorted(visits, key=lambda cell: -_width(half_widths.get(cell)))
    return {cell: visits[cell] for cell in widest_first[: len(visits) // 2]}


def _width(half_width: float | None) -> float:
    """Return a sortable width: unknown is wider than anything known."""
    return float("inf") if half_width is None or half_width != half_width else half_width
