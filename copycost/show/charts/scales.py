"""The two axes of a chart of lines: a little room around the data, readable ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from copycost.show.charts.across import Across
from copycost.show.charts.labels import text_width
from copycost.show.charts.panels import Panel
from copycost.show.charts.sheet import TICK_SIZE
from copycost.show.charts.ticks import ValueAxis, decimal_ticks

_INSET = 8.0
_LEAST_TICK_GAP = 26.0


@dataclass(frozen=True)
class ValueScale:
    """The limits and the ticks of the vertical axis that all panels of a chart have."""

    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]
    holds_zero: bool

    @property
    def width(self) -> float:
        """The room that the tick labels take beside a plot, in CSS pixels."""
        return max(text_width(label, TICK_SIZE) for label in self.labels) + 8

    def apply(self, axes: Axes) -> None:
        """Give a plot this axis."""
        if self.holds_zero:
            axes.set_yscale("symlog", linthresh=1.0, linscale=0.5)
        else:
            axes.set_yscale("log")
        axes.set_ylim(self.low, self.high)
        set_ticks(axes.yaxis, self.ticks, self.labels)


def value_scale(panels: Sequence[Panel], axis: ValueAxis, always: Sequence[float], height: float) -> ValueScale:
    """Return the scale that holds all values, intervals and ``always`` in ``height`` CSS pixels.

    A chart whose values are all alike still spans the axis's ``least`` factor: a flat line in a tight
    frame would make noise look like a trend.
    """
    columns = [name for name in ("value", "low", "high", "lowest", "highest") if name in panels[0].points]
    shown = pd.concat([panel.points[columns] for panel in panels]).to_numpy(float)
    shown = np.concatenate([shown[np.isfinite(shown)], list(always)])
    most = int(height / _LEAST_TICK_GAP)
    if axis.holds_zero:
        high = max(10.0, float(shown.max(initial=0.0)))
        low, high = -0.35, high * high ** (2 * _INSET / height)
        ticks = [0.0, *decimal_ticks(1.0, high, most - 1)]
    else:
        shown = shown[shown > 0]
        low, high = float(shown.min()), float(shown.max())
        widen = float(np.sqrt(max(1.0, axis.least * low / high)))
        low, high = _with_room(low / widen, high * widen, height)
        ticks = decimal_ticks(low, high, most)
    return ValueScale(low, high, tuple(ticks), tuple(map(axis.format, ticks)), axis.holds_zero)


def scale_across(axes: Axes, across: Across, places: pd.Series, width: float) -> None:
    """Give a plot that is ``width`` CSS pixels wide a horizontal axis that holds all places."""
    low, high = float(places.min()), float(places.max())
    if across.logarithmic:
        if low == high:
            low, high = low / 2, high * 2
        axes.set_xscale("log", base=2)
        axes.set_xlim(*_with_room(low, high, width))
    else:
        if low == high:
            low, high = low - max(1.0, abs(low) / 2), high + max(1.0, abs(high) / 2)
        grow = (high - low) * _INSET / (width - 2 * _INSET)
        axes.set_xlim(low - grow, high + grow)
    ticks = across.ticks(low, high, width)
    set_ticks(axes.xaxis, ticks, [across.format(tick) for tick in ticks])


def set_ticks(axis: Axis, places: Sequence[float], labels: Sequence[str]) -> None:
    """Put labelled ticks at places of an axis, and no others."""
    axis.set_major_locator(FixedLocator(list(places)))
    axis.set_major_formatter(FixedFormatter(list(labels)))
    axis.set_minor_locator(NullLocator())


def _with_room(low: float, high: float, pixels: float) -> tuple[float, float]:
    grow = (high / low) ** (_INSET / (pixels - 2 * _INSET))
    return low / grow, high * grow
