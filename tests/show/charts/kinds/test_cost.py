import numpy as np

from copycost.show.charts.gallery import draw, drawable
from tests.show.charts.made_up import cells


def test_a_line_for_each_conversion_passes_through_its_times():
    frame = cells(("torch.tensor", "t.numpy"), ("float64",), (1, 64, 4096))
    (axes,) = draw("cost", frame).figure.axes
    markers = [line for line in axes.lines if line.get_linestyle() == "None" and len(line.get_xdata()) == 3]
    drawn = sorted(float(line.get_ydata()[0]) for line in markers)
    assert np.allclose(drawn, sorted(frame.loc[frame["size"] == 1, "seconds"]))


def test_both_axes_are_logarithmic():
    (axes,) = draw("cost", cells(dtypes=("float64",))).figure.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")


def test_all_panels_have_the_same_axes():
    figure = draw("cost", cells()).figure
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in figure.axes}) == 1


def test_cells_without_a_time_cannot_be_drawn():
    frame = cells(sizes=(1,))
    frame["seconds"] = np.nan
    assert drawable(frame)["cost"] == "no cell has a time"
