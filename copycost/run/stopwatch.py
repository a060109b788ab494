"""The budget's stopwatch: time that a failure has cost is not the budget's."""

from __future__ import annotations

from collections.abc import Callable


class Stopwatch:
    """Seconds of the budget that are spent; a run that is resumed goes on where it stood."""

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
