"""Calibration: how many calls make a round of one cell."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any, Callable, Optional

from copycost.measure.protocol import Protocol


@dataclass(frozen=True)
class Calibration:
    """How many calls make a round of one cell, and what its checked result was."""

    block: int
    iterations: int
    call_seconds: float
    shares_memory: Optional[bool] = None
    result_dtype: Optional[str] = None
    result_bytes: Optional[int] = None

    @property
    def calls(self) -> int:
        """Return the calls in a round."""
        return self.block * self.iterations

    @property
    def round_seconds(self) -> float:
        """Return about how long a round takes."""
        return self.calls * self.call_seconds


def seconds_per_call(target: Callable[[Any], Any], source: Any, protocol: Protocol) -> float:
    """Return the fastest of a few calls; the first one counts for nothing.

    A result's place on the heap moves for up to ten calls, and each faults pages in where none was
    before: 512 KiB then take 200 µs instead of 12. Only a call that is long without that ends the
    search early, one that is very long after two.
    """
    fastest = float("inf")
    for number in range(protocol.warmup_calls + 10):
        start = perf_counter()
        target(source)
        elapsed = perf_counter() - start
        if number > 0:
            fastest = min(fastest, elapsed)
        warm = number >= protocol.warmup_calls and fastest > protocol.long_call_seconds
        if warm or (number > 0 and fastest > 5 * protocol.long_call_seconds):
            break
    return max(fastest, 1e-9)


def in_blocks(
    block_of: Callable[[int], Callable[[Any], Any]], source: Any, protocol: Protocol, most_calls: Optional[int] = None
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
