"""Set-up: what the calls of a round are given where each consumes or changes its source, made outside the timing."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from copycost.catalogue.block import loop, with_destination
from copycost.catalogue.conversions import Conversion
from copycost.catalogue.evidence import apart
from copycost.catalogue.sources import nbytes
from copycost.measure.protocol import Protocol, seconds_per_call

#: What is set up together for a round: it fits into a core's own cache, where the source of another conversion is, too.
_MOST_BYTES, _MOST_CALLS = 256 * 1024, 100

#: The share of a visit that setting up one round may take, before the round has fewer calls.
_MOST_OF_VISIT = 0.1


class SetUp:
    """Sets up what the calls of one round are given, and holds it until the next round is set up.

    Args:
        conversion: has a set-up.
        source: what is set up is made of it.
        calls: in a round.
    """

    def __init__(self, conversion: Conversion, source: Any, calls: int = 1) -> None:
        """Set up one call, to see what it is given."""
        self.calls = calls
        #: What setting up one call takes, at its fastest.
        self.seconds = float("inf")
        self._given, self._source = conversion.given, source
        self._ready: list[Any] = []
        self._convert_all = with_destination(loop(conversion), conversion, conversion.given(source))

    def __call__(self) -> None:
        """Drop what the last round was given and set up the next."""
        self._ready.clear()
        begun = perf_counter()
        self._ready.extend(self._given(self._source) for _ in range(self.calls))
        self.seconds = min(self.seconds, (perf_counter() - begun) / self.calls)

    def target(self, _: Any) -> None:
        """Make the calls of one round."""
        self._convert_all(self._ready)

    def clear(self) -> None:
        """Drop what is set up."""
        self._ready.clear()

    def calibrate(self, protocol: Protocol) -> tuple[int, float]:
        """Return the calls of a round, which the set-up makes from then on, and the seconds of one."""
        seconds = seconds_per_call(self.target, None, protocol, self)
        most = self._most_calls(protocol)
        self.calls = min(most, max(1, round(protocol.round_seconds / seconds)))
        if self.calls > 1:  # beside others, a short call takes about half of what it took alone
            seconds = seconds_per_call(self.target, None, protocol, self) / self.calls
            self.calls = min(most, max(1, round(protocol.round_seconds / seconds)))
        self.clear()
        return self.calls, seconds

    def _most_calls(self, protocol: Protocol) -> int:
        """Return how many calls can be set up together: one, unless each is known to be given memory of its own."""
        first, second = self._given(self._source), self._given(self._source)
        if not apart(first, second):
            return 1
        in_time = _MOST_OF_VISIT * protocol.visit_seconds / max(self.seconds, 1e-9)
        return max(1, int(min(_MOST_CALLS, _MOST_BYTES // max(1, nbytes(first)), in_time)))
