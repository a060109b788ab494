import numpy as np
import pandas as pd
import pytest

from copycost.show.charts.panels import Panel
from copycost.show.charts.scales import value_scale
from copycost.show.charts.ticks import ValueAxis, number_tick

PLAIN = ValueAxis("value", number_tick)
COUNT = ValueAxis("count", number_tick, holds_zero=True)


def scale_of(values, axis=PLAIN, low=None, high=None, always=()):
    frame = pd.DataFrame({"value": values, "low": low or np.nan, "high": high or np.nan})
    return value_scale([Panel("", frame)], axis, always, 200)


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
