from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.lines import Line2D

from copycost.show.charts.end_labels import spread
from copycost.show.charts.gallery import draw
from copycost.show.charts.palette import THEMES
from tests.show.charts.layout import texts
from tests.show.charts.made_up import CORE, cells


def labels_of(frame, **options):
    figure = draw("cost", frame, **options).figure
    return {text.get_text(): text for text in texts(figure)}


def test_labels_are_the_expressions_a_user_would_type():
    assert "t.clone().numpy()" in labels_of(cells(dtypes=("float32",), sizes=(1, 64)))


def test_where_an_expression_is_too_wide_all_labels_are_names():
    frame = cells(dtypes=("float32",), sizes=(1, 64))
    frame.loc[frame["conversion"] == "torch.tensor", "expression"] = "torch.tensor(" + "a" * 99
    assert set(CORE) <= set(labels_of(frame))


@pytest.mark.parametrize("column", ["missing", "same"])
def test_names_serve_where_expressions_are_missing_or_the_same(column):
    frame = cells(dtypes=("float32",), sizes=(1, 64))
    frame = frame.drop(columns="expression") if column == "missing" else frame.assign(expression="f(a)")
    assert set(CORE) <= set(labels_of(frame))


def test_labels_that_are_too_wide_but_shorter_than_the_names_are_shortened():
    frame = cells(dtypes=("float32",), sizes=(1, 64)).astype({"conversion": object})
    frame["conversion"] = "conversions/" * 10 + frame["conversion"]
    written = labels_of(frame.assign(expression="e/" * 30 + frame["conversion"].str[-20:]), width=480)
    assert sum("…" in text and text.startswith("e/e/") for text in written) == len(CORE)


def test_labels_stand_in_the_order_of_the_lines_ends():
    frame = cells(("torch.from_numpy", "torch.tensor", "t.numpy"), ("float64",))
    labels = labels_of(frame)
    ends = frame[frame["size"] == frame["size"].max()].sort_values("seconds")
    heights = [labels[text].get_position()[1] for text in ends["expression"]]
    assert heights == sorted(heights)


def test_labels_of_lines_that_end_together_stand_in_the_order_of_the_catalogue():
    frame = cells(("torch.Tensor", "torch.tensor", "t.clone.numpy"), ("float64",))
    frame.loc[frame["size"] == frame["size"].max(), "seconds"] = 0.06
    labels = labels_of(frame)
    heights = [labels[text].get_position()[1] for text in ("torch.Tensor(a)", "torch.tensor(a)", "t.clone().numpy()")]
    assert heights == sorted(heights, reverse=True)


def test_each_label_is_tied_to_its_line_by_colour_and_marker():
    figure = draw("cost", cells(dtypes=("float64",))).figure
    lines = [line for line in figure.artists if isinstance(line, Line2D)]
    signs = {(line.get_color(), line.get_marker(), line.get_markeredgecolor()) for line in lines if line.get_marker()}
    leaders = [line for line in lines if line.get_color() == THEMES["light"].guide]
    assert len(leaders) == len(CORE) and len(signs) >= len(CORE)


place = st.floats(-1000, 1000)


@settings(deadline=None)
@given(st.lists(st.tuples(place, st.floats(1, 30)), min_size=1, max_size=20))
def test_spread_labels_neither_overlap_nor_leave_the_page_nor_change_places(labels):
    targets, sizes = zip(*labels, strict=True)
    low, high = 0.0, sum(sizes) + 100
    centres = spread(targets, sizes, low, high)
    boxes = sorted((c - s / 2, c + s / 2) for c, s in zip(centres, sizes, strict=True))
    assert all(a[1] <= b[0] + 1e-6 for a, b in pairwise(boxes))
    assert boxes[0][0] >= low - 1e-6
    assert boxes[-1][1] <= high + 1e-6
    by_target = sorted(range(len(targets)), key=lambda i: targets[i])
    assert [centres[i] for i in by_target] == sorted(centres)


def test_labels_that_do_not_touch_stay_where_they_are():
    assert spread([10, 50, 90], [12, 12, 12], 0, 100) == pytest.approx([10, 50, 90])


def test_labels_that_coincide_move_apart_evenly():
    assert spread([50, 50], [10, 10], 0, 100) == pytest.approx([45, 55])


def test_nothing_to_spread():
    assert spread([], [], 0, 100) == []
