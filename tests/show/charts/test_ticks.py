import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copycost.show.charts.labels import text_width
from copycost.show.charts.ticks import byte_ticks, decimal_ticks, multiple_tick, number_tick, seconds_tick
from copycost.units import format_bytes


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1e-9, "1 ns"), (1e-7, "100 ns"), (1e-6, "1 µs"), (2e-3, "2 ms"), (0.1, "100 ms"), (10, "10 s")],
)
def test_times_are_in_the_unit_people_read(seconds, text):
    assert seconds_tick(seconds) == text


def test_numbers_and_multiples():
    assert number_tick(0.003) == "0.003"
    assert number_tick(10_000) == "10,000"
    assert multiple_tick(1.5) == "1.5×"


@given(st.floats(1e-9, 1e6), st.floats(1.0001, 1e9), st.integers(3, 12))
def test_decimal_ticks_are_few_inside_and_never_none(low, factor, most):
    ticks = decimal_ticks(low, low * factor, most)
    assert 1 <= len(ticks) <= most
    assert all(low * 0.999 <= tick <= low * factor * 1.001 for tick in ticks)
    assert ticks == sorted(set(ticks))


def test_two_decades_have_steps_and_eight_have_decades():
    assert decimal_ticks(1, 100, 8) == [1, 2, 5, 10, 20, 50, 100]
    assert decimal_ticks(1e-6, 1e2, 9) == pytest.approx([10.0**k for k in range(-6, 3)])


@pytest.mark.parametrize("pixels", [100, 180, 300, 500, 900])
def test_byte_ticks_are_powers_of_one_power_of_two_and_do_not_touch(pixels):
    low, high = 4, 128 * 1024**2
    ticks = byte_ticks(low, high, pixels)
    assert len(ticks) >= (2 if pixels < 180 else 3 if pixels < 300 else 5)
    (factor,) = {larger / smaller for smaller, larger in pairwise(ticks)}
    assert factor >= 4 and math.log2(factor).is_integer()
    assert (math.log2(ticks[0]) / math.log2(factor)).is_integer()
    apart = math.log2(factor) * pixels / 25
    widths = [text_width(format_bytes(tick), 10.5) for tick in ticks]
    assert apart >= max((one + other) / 2 for one, other in pairwise(widths))


def test_one_size_has_a_tick():
    assert byte_ticks(100, 110, 300) == [100]


def test_a_short_axis_has_plain_steps_where_there_would_be_two_ticks():
    assert decimal_ticks(0.93, 1.58, 8) == pytest.approx([1.0, 1.1, 1.2, 1.3, 1.4, 1.5])
    assert decimal_ticks(0.97, 1.02, 8) == pytest.approx([0.97, 0.98, 0.99, 1.0, 1.01, 1.02])
