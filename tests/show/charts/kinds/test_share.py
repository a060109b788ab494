import numpy as np
import pytest

from copycost.show.charts.gallery import draw, drawable
from tests.show.charts.layout import texts
from tests.show.charts.made_up import cells, with_references

SMALL = {"dtypes": ("float64",), "sizes": (64, 4096, 4**9)}


def test_copies_stand_at_their_share_below_the_ceiling():
    frame = with_references(cells(**SMALL))
    drawing = draw("share", frame)
    (axes,) = drawing.figure.axes
    markers = [line for line in axes.lines if line.get_linestyle() == "None" and line.get_marker() != "o"]
    drawn = sorted(float(y) for line in markers for y in line.get_ydata())
    assert drawn == pytest.approx(sorted(frame["share_of_mapped"].dropna()))
    assert axes.get_ylim()[1] > 1
    assert "torch.from_numpy" not in drawing.alt


def test_what_fresh_memory_allows_is_a_line_where_it_is_less():
    (axes,) = draw("share", with_references(cells(**SMALL), fresh=4.0)).figure.axes
    fresh = axes.lines[1].get_ydata()
    assert np.nanmax(np.abs(fresh - 0.25)) < 1e-9
    (axes,) = draw("share", with_references(cells(**SMALL), fresh=0.5)).figure.axes
    assert np.isnan(axes.lines[1].get_ydata()).all()


def test_the_guides_are_explained():
    written = {text.get_text() for text in texts(draw("share", with_references(cells(**SMALL))).figure)}
    assert "100%: a plain copy into memory that is mapped" in written


def test_without_plain_copies_there_is_no_share():
    assert "no plain copy" in str(drawable(cells(**SMALL))["share"])
