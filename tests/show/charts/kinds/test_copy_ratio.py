import numpy as np

from copycost.show.charts.gallery import draw, drawable
from tests.show.charts.made_up import cells


def test_cells_without_a_plain_copy_beside_them_are_left_out():
    frame = cells(("torch.tensor",), ("float64",))
    frame["flags"] = ""
    (axes,) = draw("copy-ratio", frame).figure.axes
    (markers,) = [line for line in axes.lines if line.get_linestyle() == "None"]
    assert len(markers.get_xdata()) == frame["copy_ratio"].notna().sum()


def test_where_no_plain_copy_was_timed_the_chart_says_so():
    frame = cells(sizes=(1, 64))
    frame["copy_ratio"] = np.nan
    assert "plain copy" in str(drawable(frame)["copy-ratio"])
    assert "plain copy" in str(drawable(frame.drop(columns="copy_ratio"))["copy-ratio"])
