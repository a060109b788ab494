import numpy as np
import pytest

from copycost.show.charts.frames import PARAMETERS
from copycost.show.charts.gallery import draw, drawable
from tests.show.charts.layout import complaints, texts
from tests.show.charts.made_up import suite


def test_each_value_is_a_line_and_the_axes_are_named_after_the_parameter():
    drawing = draw("parameters", suite(), about=("suite.json",))
    written = {text.get_text() for text in texts(drawing.figure)}
    assert {"Time per call against n", "n", "list", "array", "each line is one kind", "suite.json"} <= written
    assert drawing.title == "Time per call against n"
    assert "list 1 µs at 1, 100 µs at 100" in drawing.alt


def test_each_value_of_another_parameter_is_a_panel():
    figure = draw("parameters", suite(panels=("float32", "float64"))).figure
    assert len(figure.axes) == 2


@pytest.mark.parametrize(("xs", "scale"), [((1, 10, 1000), "log"), ((10, 11, 13), "linear"), ((-5, 0, 5000), "linear")])
def test_an_axis_is_logarithmic_where_the_numbers_are_far_apart(xs, scale):
    (axes,) = draw("parameters", suite(xs=xs).assign(seconds=1e-6)).figure.axes
    assert axes.get_xscale() == scale


@pytest.mark.parametrize("width", [480, 720])
def test_hostile_names_are_shown_as_text(width):
    names = ("<script>alert(1)</script>", "$x^2$", "n" * 200, "שלום", "a\x00b\n")
    frame = suite(lines=names, panels=("p" * 300, "$p_1$")).assign(across="<b>" + "x" * 200, along="k" * 200)
    assert complaints(draw("parameters", frame, width=width, about=("f" * 250,)).figure) == []


def test_benchmarks_without_a_time_are_left_out_and_alone_refused():
    frame = suite()
    frame.loc[frame["line"] == "list", "seconds"] = np.nan
    assert "list" not in draw("parameters", frame).alt
    assert "no benchmark has a time" in str(drawable(frame.assign(seconds=0.0), shows=PARAMETERS)["parameters"])
