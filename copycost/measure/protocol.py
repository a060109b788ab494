"""The protocol: the fixed numbers by which every cell is measured, part of a run's fingerprint."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Optional

from copycost.measure import allocator
from copycost.measure.canary import CANARY_NAME, CLOCK_NAME

#: Raised whenever figures measured before and after a change must not be compared.
PROTOCOL_VERSION = 1

#: Calls compiled into one block. A few lengths only, so that blocks are shared between cells.
BLOCK_LENGTHS = (1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class Protocol:
    """How long rounds and visits are, beside which cells a plain copy is timed, and whose heap it is.

    All times in seconds, all sizes in bytes.
    """

    round_seconds: float = 200e-6
    visit_seconds: float = 6e-3
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

    def calls(self, call_seconds: float, most: Optional[int] = None) -> tuple[int, int]:
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

    def warmup_rounds(self, call_seconds: float, calls: int, result_bytes: Optional[int]) -> int:
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
