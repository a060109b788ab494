import numpy as np

from copycost.show.charts.gallery import draw, drawable
from tests.show.charts.layout import texts
from tests.show.charts.made_up import cells


def test_no_faults_are_on_the_axis_as_zero():
    figure = draw("page-faults", cells(dtypes=("float64",))).figure
    (axes,) = figure.axes
    assert axes.get_ylim()[0] < 0
    written = {text.get_text() for text in texts(figure)}
    assert {"0", "1", "10,000", "one fault per 4 KiB"} <= written


def test_a_run_without_any_fault_can_be_drawn():
    frame = cells(sizes=(1, 64))
    frame["page_faults"] = 0.0
    assert draw("page-faults", frame).figure.axes


def test_faults_that_were_not_counted_cannot():
    frame = cells(sizes=(1, 64))
    frame["page_faults"] = np.nan
    assert drawable(frame)["page-faults"] == "page faults were not counted"
