import numpy as np

from copycost.show.charts.gallery import draw
from tests.show.charts.layout import texts
from tests.show.charts.made_up import CORE, cells


def test_a_guide_is_drawn_and_explained():
    figure = draw("multiple", cells(dtypes=("float64",))).figure
    (axes,) = figure.axes
    assert any(np.array_equal(line.get_ydata(), np.ones(200)) for line in axes.lines)
    assert "1×: the cheapest zero-copy call of that size" in {t.get_text() for t in texts(figure)}


def test_the_key_explains_only_what_is_there():
    frame = cells(dtypes=("float64",), sizes=(1, 64))
    frame["flags"] = ""
    words = {text.get_text() for text in texts(draw("cost", frame).figure)}
    assert {"copies", "shares memory (zero-copy)", "95% interval"} <= words
    assert not any("doubtful" in word for word in words)


def test_lines_that_coincide_are_all_to_be_seen():
    frame = cells(dtypes=("float64",), sizes=(1, 64, 4096))
    frame["seconds"] = 1e-6
    frame["shares_memory"] = False
    (axes,) = draw("cost", frame).figure.axes
    widths = [line.get_linewidth() for line in axes.lines if line.get_linestyle() == "-"]
    assert len(widths) == len(CORE)
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == len(CORE)


def test_the_label_of_bytes_stands_under_the_lowest_panels_only():
    figure = draw("cost", cells(sizes=(1, 64)), width=480).figure
    assert [text.get_text() for text in texts(figure)].count("bytes of the source") == 1
