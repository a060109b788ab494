import pytest

from copycost.show.charts.frames import PAIR
from copycost.show.charts.gallery import draw, drawable
from tests.show.charts.layout import texts
from tests.show.charts.made_up import cells, comparison

SMALL = {"dtypes": ("float64",), "sizes": (1, 64, 4096, 4**9)}


def drawn(**options):
    return draw("ratio", comparison(cells(**SMALL)), names=("old", "new"), **options)


def test_a_line_passes_through_the_ratios_and_its_band_is_the_interval():
    (axes,) = drawn().figure.axes
    markers = [line for line in axes.lines if line.get_linestyle() == "None"]
    assert {round(float(y), 3) for line in markers for y in line.get_ydata()} == {0.8, 1.0, 1.3}
    edges = [path.vertices[:, 1] for band in axes.collections for path in band.get_paths()]
    assert max(edge.max() for edge in edges) == pytest.approx(1.3 * 1.03)


def test_verdicts_are_told_apart_by_their_markers():
    written = {text.get_text() for text in texts(drawn().figure)}
    assert {"faster or slower", "the same", "undecided"} <= written


def test_the_axis_names_both_sides_and_the_description_counts_verdicts():
    drawing = drawn()
    assert "time of new ÷ time of old" in {text.get_text() for text in texts(drawing.figure)}
    assert "Of 20 cells: 2 slower, 2 faster, 11 same, 5 undecided." in drawing.alt
    assert "Most of all slower: torch.tensor, float64, 8 B, 1.30×." in drawing.alt


def test_a_small_change_is_still_seen():
    frame = comparison(cells(**SMALL))
    frame["ratio"] = 1.02
    frame[["ci_low", "ci_high"]] = float("nan")
    (axes,) = draw("ratio", frame).figure.axes
    low, high = axes.get_ylim()
    assert high / low < 2


def test_cells_of_one_side_are_counted():
    frame = comparison(cells(**SMALL))
    frame.loc[0, ["ratio", "seconds_b"]] = float("nan")
    frame.loc[0, "verdict"] = "only in A"
    assert "1 cells were measured on one side only." in draw("ratio", frame).alt


def test_without_bytes_there_is_no_ratio_against_them():
    frame = comparison(cells(**SMALL)).astype({"bytes": "Int64"})
    frame["bytes"] = None
    reasons = drawable(frame, shows=PAIR)
    assert "bytes" in str(reasons["ratio"]) and "bytes" in str(reasons["heat-map"])
    assert reasons["dumbbells"] is None
