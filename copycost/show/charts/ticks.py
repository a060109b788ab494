"""Where the ticks of an axis are, and how they read."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from copycost.units import format_bytes

_SHORT, _FEW = 3.0, 4
"""An axis that spans less than this factor is short, and has few ticks below this number."""


@dataclass(frozen=True)
class ValueAxis:
    """The vertical axis of a chart: its label, how a value reads, and whether it holds zero.

    ``least`` is the factor that it spans even where all values are alike.
    """

    label: str
    format: Callable[[float], str]
    holds_zero: bool = False
    least: float = 3.0


def seconds_tick(seconds: float) -> str:
    """Return a round time such as ``100 ns``, ``2 µs`` or ``1 s``."""
    for unit, scale in (("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3)):
        if seconds < 999.5 * scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds:.4g} s"


def number_tick(value: float) -> str:
    """Return a number such as ``0.01``, ``20`` or ``10,000``."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def multiple_tick(value: float) -> str:
    """Return a multiple such as ``100×``."""
    return number_tick(value) + "×"


def percent_tick(share: float) -> str:
    """Return a share such as ``5%``."""
    return number_tick(100 * share) + "%"


def decimal_ticks(low: float, high: float, most: int) -> list[float]:
    """Return ticks of a logarithmic axis, at most ``most`` of them where that is possible.

    As many in each decade as there is room for: at 1, 1.5, 2, 3, 5 and 7, at 1, 2 and 5, or at 1
    and 3; else at every decade, every second, third … decade. Where that leaves a short axis with few, plain
    steps, such as 0.9, 1, 1.1. ``low`` and ``high`` are positive.
    """
    found: list[float] = []
    for steps in ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        ticks = _in_decades(low, high, steps, 1)
        if 2 <= len(ticks) <= max(2, most):
            found = ticks
            break
    every = 1
    while (len(found) < 2 and every == 1) or len(found) > max(2, most):
        found = _in_decades(low, high, (1.0,), every)
        every += 1
    enough = _FEW if high < _SHORT * low else 2
    if len(found) >= min(enough, most):
        return found
    return max(found, _plain_steps(low, high, most), key=len) or [low]


def _plain_steps(low: float, high: float, most: int) -> list[float]:
    step = 10 ** math.floor(math.log10(high - low)) if high > low else low
    for factor in (0.2, 0.5, 1.0, 2.0, 5.0):
        width = factor * step
        first, last = math.ceil(low / width - 1e-9), math.floor(high / width + 1e-9)
        if 1 <= last - first + 1 <= max(2, most):
            return [(first + i) * width for i in range(last - first + 1)]
    return []


def _in_decades(low: float, high: float, steps: tuple[float, ...], every: int) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    ticks = [step * 10.0**decade for decade in range(first, last + 1) if decade % every == 0 for step in steps]
    return [tick for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]


def byte_ticks(low: float, high: float, pixels: float, width_of: Callable[[str], float]) -> list[float]:
    """Return ticks of a byte axis at powers of 4, or of 16, 64 … where those would touch.

    A short axis has powers of 2, or it would have no ticks to speak of.
    ``pixels`` is the length of the axis and ``width_of`` gives a label's width in the same unit.
    """
    octaves = max(math.log2(high / low), 1e-9)
    for step in (1, 2, 4, 6, 10, 20, 40) if octaves < 6 else (2, 4, 6, 10, 20, 40):
        exponents = [
            e for e in range(math.ceil(math.log2(low) - 1e-9), math.floor(math.log2(high) + 1e-9) + 1) if e % step == 0
        ]
        widest = max((width_of(format_bytes(2**e)) for e in exponents), default=0.0)
        if (widest + 8) <= step * pixels / octaves or len(exponents) < 2:
            break
    return [float(2**e) for e in exponents] or [low]
