"""The two axes of a chart of lines: what each is labelled, how its values read, and the range that it spans."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from copycost.show.charts import ticks
from copycost.show.charts.labels import plain, text_width
from copycost.show.charts.sheet import TICK_SIZE
from copycost.show.quantities import Quantity
from copycost.units import format_bytes

_INSET = 8.0
_LEAST_TICK_GAP = 26.0
_FAR_APART = 20.0
_NEAR_IN_TIME = 3 * 86400.0
_TICK_OF_UNIT: dict[str, Callable[[float], str]] = {
    "seconds": ticks.seconds_tick,
    "multiple": ticks.multiple_tick,
    "ratio": ticks.multiple_tick,
    "share": ticks.percent_tick,
    "speed": ticks.number_tick,
    "number": ticks.number_tick,
}


@dataclass(frozen=True)
class ValueAxis:
    """The vertical axis of a chart: its label, how a value reads, and whether it holds zero.

    ``least`` is the factor that it spans even where all values are alike.
    """

    label: str
    format: Callable[[float], str]
    holds_zero: bool = False
    least: float = 3.0


@dataclass(frozen=True)
class Across:
    """The horizontal axis: its label, how a place on it reads, and where its ticks are.

    ``ticks`` takes the lowest and the highest place and the length of the axis in CSS pixels.
    """

    label: str
    format: Callable[[float], str]
    ticks: Callable[[float, float, float], list[float]]
    logarithmic: bool = True


BYTES = Across("bytes of the source", format_bytes, ticks.byte_ticks)
SECONDS = Across(
    "time per call",
    ticks.seconds_tick,
    lambda low, high, pixels: ticks.spelled_decimal_ticks(low, high, pixels, ticks.seconds_tick),
)


def value_axis(quantity: Quantity) -> ValueAxis:
    """Return the vertical axis of a quantity; one that counts holds zero."""
    return ValueAxis(quantity.axis, _TICK_OF_UNIT[quantity.unit], holds_zero=quantity.unit == "number")


def numbers(label: str, values: Sequence[float]) -> Across:
    """Return the axis of a parameter: logarithmic where its values are positive and far apart.

    Powers of two have their ticks at powers of two.
    """
    low, high = min(values), max(values)
    logarithmic = low > 0 and high / low >= _FAR_APART
    place = ticks.spelled_decimal_ticks if logarithmic else ticks.even_ticks
    if logarithmic and all(math.log2(value).is_integer() for value in values):
        place = ticks.binary_ticks
    return Across(
        plain(label), ticks.number, lambda low, high, pixels: place(low, high, pixels, ticks.number), logarithmic
    )


def names(label: str, values: Sequence[str]) -> Across:
    """Return the axis of names, the first at 0 and each 1 further; where not all have room, every so many is told."""
    told = [plain(value) for value in values]

    def places(low: float, high: float, pixels: float) -> list[float]:
        room = max(text_width(text, TICK_SIZE) for text in told) + 12
        every = max(1, math.ceil(room * max(1, len(told) - 1) / max(pixels, 1.0)))
        return [float(place) for place in range(0, len(told), every)]

    return Across(plain(label), lambda place: told[round(place)], places, logarithmic=False)


def dates(label: str, times: Sequence[float]) -> Across:
    """Return the axis of time, in seconds since 1970, UTC; a day's time of day is told where runs are near."""
    spell = ticks.day_and_time if max(times) - min(times) < _NEAR_IN_TIME else ticks.date
    return Across(label, spell, lambda low, high, pixels: ticks.date_ticks(low, high, pixels, spell), logarithmic=False)


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


def value_scale(panels: Sequence[pd.DataFrame], axis: ValueAxis, always: Sequence[float], height: float) -> ValueScale:
    """Return the scale that holds all values and intervals of panels' points and ``always`` in ``height`` CSS pixels.

    A chart whose values are all alike still spans the axis's ``least`` factor: a flat line in a tight
    frame would make noise look like a trend.
    """
    columns = [name for name in ("value", "low", "high", "lowest", "highest") if name in panels[0]]
    shown = pd.concat([points[columns] for points in panels]).to_numpy(float)
    shown = np.concatenate([shown[np.isfinite(shown)], list(always)])
    most = int(height / _LEAST_TICK_GAP)
    if axis.holds_zero:
        high = max(10.0, float(shown.max(initial=0.0)))
        low, high = -0.35, high * high ** (2 * _INSET / height)
        places = [0.0, *ticks.decimal_ticks(1.0, high, most - 1)]
    else:
        shown = shown[shown > 0]
        low, high = float(shown.min()), float(shown.max())
        widen = float(np.sqrt(max(1.0, axis.least * low / high)))
        low, high = _with_room(low / widen, high * widen, height)
        places = ticks.decimal_ticks(low, high, most)
    return ValueScale(low, high, tuple(places), tuple(map(axis.format, places)), axis.holds_zero)


def scale_across(axes: Axes, across: Across, places: pd.Series, width: float) -> None:
    """Give a plot that is ``width`` CSS pixels wide a horizontal axis that holds all places."""
    if across.logarithmic:
        axes.set_xscale("log", base=2)
    axes.set_xlim(*limits_across(across, places, width))
    chosen = across.ticks(*_extent(across, places), width)
    set_ticks(axes.xaxis, chosen, [across.format(tick) for tick in chosen])


def limits_across(across: Across, places: pd.Series, width: float) -> tuple[float, float]:
    """Return the ends of a horizontal axis that holds all places on ``width`` CSS pixels."""
    low, high = _extent(across, places)
    if across.logarithmic:
        return _with_room(low, high, width)
    grow = (high - low) * _INSET / (width - 2 * _INSET)
    return low - grow, high + grow


def _extent(across: Across, places: pd.Series) -> tuple[float, float]:
    low, high = float(places.min()), float(places.max())
    if low < high:
        return low, high
    if across.logarithmic:
        return low / 2, high * 2
    return low - max(1.0, abs(low) / 2), high + max(1.0, abs(high) / 2)


def set_ticks(axis: Axis, places: Sequence[float], labels: Sequence[str]) -> None:
    """Put labelled ticks at places of an axis, and no others."""
    axis.set_major_locator(FixedLocator(list(places)))
    axis.set_major_formatter(FixedFormatter(list(labels)))
    axis.set_minor_locator(NullLocator())


def _with_room(low: float, high: float, pixels: float) -> tuple[float, float]:
    grow = (high / low) ** (_INSET / (pixels - 2 * _INSET))
    return low / grow, high * grow
