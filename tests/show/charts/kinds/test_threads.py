import pytest

from copycost.show.charts.gallery import draw
from tests.show.charts.made_up import cells


def test_twice_as_fast_is_a_speed_up_of_two():
    frame = cells(("torch.tensor",), ("float64",), (4096, 4**8), threads=(1, 2))
    frame["seconds"] = frame["threads"].map({1: 4e-6, 2: 2e-6})
    frame["flags"] = ""
    (axes,) = draw("threads", frame).figure.axes
    (markers,) = [line for line in axes.lines if line.get_linestyle() == "None"]
    assert list(markers.get_ydata()) == pytest.approx([2.0, 2.0])


def test_each_number_of_threads_has_its_panel():
    frame = cells(("torch.tensor",), ("float64",), (4096, 4**8), threads=(1, 2, 4))
    assert len(draw("threads", frame).figure.axes) == 2
