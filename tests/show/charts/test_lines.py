import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from copycost.show.charts.frames import prepare
from copycost.show.charts.gallery import draw
from copycost.show.charts.lines import draw_line, points
from copycost.show.charts.palette import DOUBT_SIZE, THEMES, LineStyle
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


LIGHT = THEMES["light"]


def drawn(kinds, flagged=None, low=None, high=None):
    axes = Figure().add_subplot()
    count = len(kinds)
    line = pd.DataFrame(
        {
            "x": [4.0**k for k in range(count)],
            "value": [1.0] * count,
            "low": [float("nan")] * count if low is None else low,
            "high": [float("nan")] * count if high is None else high,
            "look": kinds,
            "flagged": [False] * count if flagged is None else flagged,
        }
    )
    draw_line(axes, line, LineStyle("#000001", "s"), LIGHT)
    return axes


def lines_and_markers(axes):
    lines = [line for line in axes.lines if line.get_linestyle() != "None"]
    markers = [line for line in axes.lines if line.get_marker() not in ("None", "o")]
    return lines, markers


def test_a_zero_copy_line_is_dashed_and_hollow():
    lines, markers = lines_and_markers(drawn(["shares"] * 3))
    assert lines[0].get_linestyle() == "--"
    assert markers[0].get_markerfacecolor() == LIGHT.page


def test_a_copying_line_is_solid_and_filled():
    lines, markers = lines_and_markers(drawn(["copies"] * 3))
    assert lines[0].get_linestyle() == "-"
    assert markers[0].get_markerfacecolor() == "#000001"


def test_a_line_whose_sharing_changes_switches_style_there():
    lines, markers = lines_and_markers(drawn(["shares", "shares", "copies", "copies"]))
    assert [list(line.get_xdata()) for line in lines] == [[1, 4], [4, 16, 64]]
    assert sorted(list(line.get_xdata()) for line in markers) == [[1, 4], [16, 64]]


def test_a_doubtful_point_is_ringed():
    axes = drawn(["copies"] * 3, flagged=[False, True, False])
    (ring,) = [line for line in axes.lines if line.get_marker() == "o"]
    assert list(ring.get_xdata()) == [4]
    assert ring.get_markerfacecolor() == "none"


def test_an_interval_is_a_band_and_a_bar_where_a_point_is_alone():
    nan = float("nan")
    axes = drawn(["copies"] * 4, low=[0.9, 0.9, nan, 0.9], high=[1.1, 1.1, nan, 1.1])
    band, bars = axes.collections
    assert band.get_paths()
    assert [path.vertices[0, 0] for path in bars.get_paths()] == [64]


def test_without_intervals_nothing_pretends_to_be_one():
    assert not drawn(["copies"] * 3).collections


def test_points_without_a_value_are_left_out():
    frame = prepare(cells(("t.numpy",), ("float32",), (1, 4, 16)))
    found = points(frame, pd.Series([1.0, np.nan, np.inf]), None, None)
    assert found["value"].to_list() == [1.0]
    assert found["low"].isna().all()


def test_where_most_points_are_doubtful_a_sentence_says_so_instead_of_rings():
    frame = cells(("torch.tensor",), ("float64",), (1, 64, 4096))
    frame["flags"] = ["unsteady", "unsteady", ""]
    drawing = draw("cost", frame)
    assert not any(line.get_markersize() == DOUBT_SIZE for line in drawing.figure.axes[0].lines)
    assert "2 of 3 points are doubtful." in drawing.alt and "marked" not in drawing.alt
