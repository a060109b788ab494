import pandas as pd
from matplotlib.figure import Figure

from copycost.show.charts.linestyle import KINDS, draw_line
from copycost.show.charts.palette import THEMES, LineStyle

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
            "kind": kinds,
            "flagged": [False] * count if flagged is None else flagged,
        }
    )
    draw_line(axes, line, LineStyle("#000001", "s"), LIGHT)
    return axes


def lines_and_markers(axes):
    lines = [line for line in axes.lines if line.get_linestyle() != "None"]
    markers = [line for line in axes.lines if line.get_marker() not in ("None", "o")]
    return lines, markers


def test_kinds_differ_in_dash_and_in_filling():
    of_sharing = [KINDS[name] for name in ("copies", "shares", "unknown")]
    assert len({str(kind.dash) for kind in of_sharing}) == len(of_sharing)
    assert KINDS["copies"].filled
    assert not KINDS["shares"].filled


def test_verdicts_differ_in_filling_or_size():
    looks = {(KINDS[name].filled, KINDS[name].size) for name in ("changed", "same", "undecided")}
    assert len(looks) == 3


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
