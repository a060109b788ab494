from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from copycost.show.charts.axes import BYTES, ValueAxis, dates, numbers, value_scale
from copycost.show.charts.labels import text_width
from copycost.show.charts.sheet import TICK_SIZE
from copycost.show.charts.ticks import number, number_tick


def ticks_of(across, low, high, pixels=400.0):
    return [across.format(tick) for tick in across.ticks(low, high, pixels)]


@pytest.mark.parametrize(
    ("value", "text"), [(4096.0, "4096"), (0.25, "0.25"), (1e7, "1e+07"), (-3.0, "-3"), (1 / 3, "0.3333")]
)
def test_a_number_is_told_as_short_as_it_can_be(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("values", "logarithmic"), [((1, 10, 100), True), ((1, 2, 3), False), ((0, 100), False), ((-1, 100), False)]
)
def test_an_axis_is_logarithmic_where_positive_numbers_are_far_apart(values, logarithmic):
    assert numbers("n", values).logarithmic is logarithmic


def test_powers_of_two_have_their_ticks_there_and_others_at_decimals():
    assert ticks_of(numbers("n", (2, 16, 128)), 2, 128) == ["2", "4", "8", "16", "32", "64", "128"]
    assert ticks_of(numbers("n", (10, 1000)), 10, 1000)[0] == "10"


def test_bytes_have_binary_units():
    assert "1 MiB" in ticks_of(BYTES, 1, 2**30)


def test_a_name_is_shown_without_control_characters():
    assert numbers("n\x00\nm", (1, 2)).label == "n m"


@pytest.mark.parametrize("pixels", [60.0, 150.0, 400.0, 1100.0])
@pytest.mark.parametrize("values", [(1, 2**30), (1, 10**9), (3.5, 4.25), (-1000, 1000), (0, 1e-7), (1e300, 1e301)])
def test_ticks_lie_on_the_axis_and_do_not_touch(values, pixels):
    low, high = values
    across = numbers("n", values)
    ticks = across.ticks(low, high, pixels)
    assert ticks
    assert all(low - 1e-9 * abs(low) <= tick <= high * (1 + 1e-9) for tick in ticks)
    widths = [text_width(across.format(tick), TICK_SIZE) for tick in ticks]
    if not across.logarithmic and len(ticks) > 2:
        apart = (ticks[1] - ticks[0]) / (high - low) * pixels
        assert all((one + other) / 2 < apart for one, other in pairwise(widths))


@pytest.mark.parametrize(
    ("apart", "form"),
    [(timedelta(minutes=7), "%m-%d %H:%M"), (timedelta(days=30), "%Y-%m-%d"), (timedelta(0), "%m-%d")],
)
def test_runs_that_are_near_in_time_have_the_time_of_day(apart, form):
    first = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
    times = [(first + number * apart).timestamp() for number in range(5)]
    across = dates("date", times)
    ticks = across.ticks(times[0], times[-1] or 1, 300.0) if apart else [times[0]]
    assert all(times[0] <= tick <= times[-1] for tick in ticks)
    assert across.format(times[0]).startswith(f"{first:{form}}")


def test_years_of_runs_have_few_dates():
    times = [datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (2020, 2040)]
    ticks = dates("date", times).ticks(*times, 300.0)
    assert 1 <= len(ticks) <= 4


PLAIN = ValueAxis("value", number_tick)


COUNT = ValueAxis("count", number_tick, holds_zero=True)


def scale_of(values, axis=PLAIN, low=None, high=None, always=()):
    frame = pd.DataFrame({"value": values, "low": low or np.nan, "high": high or np.nan})
    return value_scale([frame], axis, always, 200)


def test_values_intervals_and_guides_are_inside_with_room_to_spare():
    scale = scale_of([10.0, 100.0], low=[5.0, 90.0], high=[20.0, 400.0], always=[1.0])
    assert scale.low < 1
    assert scale.high > 400


def test_values_that_are_all_alike_do_not_fill_the_plot():
    scale = scale_of([1.0, 1.01])
    assert scale.high / scale.low > 3


def test_zero_is_on_an_axis_that_holds_it():
    scale = scale_of([0.0, 5000.0], COUNT)
    assert scale.low < 0
    assert scale.ticks[0] == 0
    assert scale.high > 5000


@pytest.mark.parametrize("axis", [PLAIN, COUNT])
def test_the_room_for_tick_labels_is_that_of_the_widest(axis):
    narrow, wide = scale_of([1.0, 2.0], axis), scale_of([1.0, 1e7], axis)
    assert wide.width > narrow.width > 8
