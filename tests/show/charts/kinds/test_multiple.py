import numpy as np
import pytest

from copycost.show.charts.gallery import draw, drawable
from tests.show.charts.made_up import cells


def multiples(frame):
    """Return the values of the copying conversions' markers, by size, of a one-panel chart."""
    (axes,) = draw("multiple", frame).figure.axes
    return [line.get_ydata() for line in axes.lines if line.get_linestyle() == "None"]


def exact(**seconds):
    frame = cells(tuple(seconds), ("float64",), (1, 64))
    frame["seconds"] = [value for values in seconds.values() for value in values]
    frame["ci_low"] = frame["ci_high"] = frame["seconds"]
    frame["flags"] = ""
    return frame


def test_the_reference_is_the_cheapest_zero_copy_cell_of_that_size():
    frame = exact(one=[1.0, 4.0], other=[2.0, 2.0], copy=[6.0, 8.0])
    frame["direction"] = "to_tensor"
    frame["shares_memory"] = [True, True, True, True, False, False]
    (found,) = multiples(frame)
    assert list(found) == [6.0, 4.0]


def test_sharing_is_by_evidence_not_by_name():
    frame = exact(**{"torch.from_numpy": [5.0, 5.0], "torch.Tensor": [1.0, 1.0]})
    frame["shares_memory"] = [False, False, True, True]
    (found,) = multiples(frame)
    assert list(found) == [5.0, 5.0]


def test_a_copy_is_compared_within_its_own_direction():
    frame = cells(dtypes=("float64",), sizes=(1, 64))
    drawing = draw("multiple", frame)
    assert "To_tensor: 1× is torch.from_numpy." in drawing.alt
    assert "To_array: 1× is t.numpy." in drawing.alt


def test_one_is_on_the_axis():
    (axes,) = draw("multiple", cells(dtypes=("float64",))).figure.axes
    low, high = axes.get_ylim()
    assert low < 1 < high


def test_without_zero_copy_there_is_no_multiple():
    frame = cells(sizes=(1, 64))
    frame["shares_memory"] = False
    assert "zero-copy" in str(drawable(frame)["multiple"])


def test_the_interval_is_that_of_a_ratio():
    frame = exact(zero=[1.0, 1.0], copy=[2.0, 2.0])
    frame["direction"] = "to_tensor"
    frame["shares_memory"] = [True, True, False, False]
    frame["ci_low"] = frame["seconds"] * np.exp(-0.3)
    frame["ci_high"] = frame["seconds"] * np.exp(0.3)
    (axes,) = draw("multiple", frame).figure.axes
    reach = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert np.log([reach.min() / 2, reach.max() / 2]) == pytest.approx([-0.3 * np.sqrt(2), 0.3 * np.sqrt(2)])
