"""The protocol: the fixed numbers by which every cell is measured, and how many calls make its rounds.

The protocol is part of a run's fingerprint.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

from copycost.measure import allocator
from copycost.measure.probes import CANARY_NAME, CLOCK_NAME

#: Raised whenever figures measured before and after a change must not be compared.
PROTOCOL_VERSION = 2

#: Calls compiled into one block. A few lengths only, so that blocks are shared between cells.
BLOCK_LENGTHS = (1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class Protocol:
    """The lengths of rounds and visits, the sizes beside which a plain copy is timed, and the state of the heap.

    All times in seconds, all sizes in bytes.
    """

    round_seconds: float = 200e-6
    visit_seconds: float = 4e-3
    max_rounds: int = 60
    long_call_seconds: float = 10e-3
    warmup_calls: int = 3
    copy_from_bytes: int = 1024**2
    copy_to_bytes: int = 32 * 1024**2
    allocator: str = allocator.STEADY

    @property
    def upwards(self) -> bool:
        """Say whether visits are made from the smallest cell to the largest, and not in random order."""
        return self.allocator == allocator.FOUND

    def calls(self, call_seconds: float, most: int | None = None) -> tuple[int, int]:
        """Return calls in a block and blocks in a round for a call of this length, `most` calls together."""
        wanted = max(1, round(self.round_seconds / call_seconds))
        if most is not None:
            wanted = min(wanted, most)
        block = max(length for length in BLOCK_LENGTHS if length <= wanted)
        return block, wanted // block if most is not None else max(1, round(wanted / block))

    def rounds(self, round_seconds: float) -> int:
        """Return how many rounds of this length make a visit: at least three.

        The first of a few long rounds often waits for the host to supply memory; the median of
        three is one of the others.
        """
        return int(min(self.max_rounds, max(3, self.visit_seconds // round_seconds)))

    def warmup_rounds(self, call_seconds: float, calls: int, result_bytes: int | None) -> int:
        """Return the untimed rounds, of so many calls each, that a visit begins with.

        After the heap was trimmed the first two calls fault its pages in, since a result's place
        alternates while the one before is freed. A result too large for the heap faults in every
        page every time, so that a long call which makes one needs no warming up.
        """
        beyond_heap = result_bytes is not None and result_bytes >= allocator.HEAP_BYTES
        if beyond_heap and call_seconds >= self.long_call_seconds:
            return 0
        return math.ceil(self.warmup_calls / calls)

    def fingerprint(self) -> dict[str, Any]:
        """Return what must be equal before two runs' figures may be compared."""
        return {
            "protocol": PROTOCOL_VERSION,
            "canary": CANARY_NAME,
            "clock": CLOCK_NAME,
            **asdict(self),
            "allocator": allocator.state(self.allocator),
        }


@dataclass(frozen=True)
class Calibration:
    """How many calls make a round of one cell, and what its checked result was.

    ``set_up_seconds`` is what the untimed set-up of one call takes, None where there is none.
    """

    block: int
    iterations: int
    call_seconds: float
    shares_memory: bool | None = None
    result_dtype: str | None = None
    result_bytes: int | None = None
    set_up_seconds: float | None = None

    @property
    def calls(self) -> int:
        """Return the calls in a round."""
        return self.block * self.iterations

    @property
    def round_seconds(self) -> float:
        """Return about how long a round takes."""
        return self.calls * self.call_seconds

    @property
    def whole_seconds(self) -> float:
        """Return about how long a round takes with what is set up before it."""
        return self.round_seconds + self.calls * (self.set_up_seconds or 0.0)


def seconds_per_call(
    target: Callable[[Any], Any], source: Any, protocol: Protocol, set_up: Callable[[], object] = lambda: None
) -> float:
    """Return the fastest of a few calls; the first one counts for nothing, and ``set_up`` before each call neither.

    A result's place on the heap moves for up to ten calls, and each faults pages in where none was
    before: 512 KiB then take 200 µs instead of 12. A call that is long even so makes a round of one call, however long
    it is exactly, and ends the search: the second call at the latest, the first where it is very long.
    """
    fastest = float("inf")
    for number in range(protocol.warmup_calls + 10):
        begun = perf_counter()
        set_up()
        start = perf_counter()
        target(source)
        elapsed = perf_counter() - start
        very_long = elapsed > 5 * protocol.long_call_seconds
        if number > 0 or very_long:
            fastest = min(fastest, elapsed)
        longest = max(fastest, start - begun)
        if very_long or (number > 0 and longest > protocol.long_call_seconds):
            break
    return max(fastest, 1e-9)


def in_blocks(
    block_of: Callable[[int], Callable[[Any], Any]], source: Any, protocol: Protocol, most_calls: int | None = None
) -> tuple[int, int, float]:
    """Return calls in a block, blocks in a round, and seconds per call within such a block.

    `block_of(calls)` returns the block of so many calls; a round has `most_calls` at the most.
    """
    seconds = seconds_per_call(block_of(1), source, protocol)
    length, iterations = protocol.calls(seconds, most_calls)
    if length > 1:  # measured in its block, a short call takes about half of what it took alone
        seconds = seconds_per_call(block_of(length), source, protocol) / length
        length, iterations = protocol.calls(seconds, most_calls)
    return length, iterations, seconds
