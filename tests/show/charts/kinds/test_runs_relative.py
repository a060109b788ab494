import pytest

from copycost.show.charts.gallery import draw
from tests.show.charts.made_up import several


def test_a_run_half_as_slow_again_stands_at_one_and_a_half():
    frame = several(5, conversions=("torch.tensor",), dtypes=("float64",), sizes=(1, 64))
    (axes,) = draw("runs-relative", frame).figure.axes
    markers = [line for line in axes.lines if line.get_linestyle() == "None"]
    highest = max(float(y) for line in markers for y in line.get_ydata())
    assert highest == pytest.approx(1.5, rel=0.05)
    assert sorted(float(line.get_ydata()[0]) for line in markers)[2] == pytest.approx(1)
