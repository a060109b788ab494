"""The canary and the clock: two small pieces of work that tell what the core is doing."""

from __future__ import annotations

from binascii import crc_hqx
from time import perf_counter_ns
from typing import NamedTuple

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
