import warnings

import matplotlib
import pytest

from copycost.show.charts.palette import THEMES
from copycost.show.charts.sheet import Grid, Sheet, chart_style, columns_for


def test_places_are_css_pixels_from_the_top_left():
    sheet = Sheet(400, 200, THEMES["light"], False)
    axes = sheet.axes(100, 50, 200, 100)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    assert sheet.position(axes, 0, 1) == pytest.approx((100, 50))
    assert sheet.position(axes, 1, 0) == pytest.approx((300, 150))


def test_a_font_size_is_in_css_pixels():
    text = Sheet(400, 200, THEMES["light"], False).text(0, 20, "x", 12, "black")
    assert text.get_fontsize() * 96 / 72 == 12


def test_a_page_is_a_whole_number_of_pixels_high():
    assert Sheet(400, 200.3, THEMES["light"], False).height == 201


def test_the_style_ends_with_its_context():
    before = dict(matplotlib.rcParams)
    with chart_style():
        assert matplotlib.rcParams["svg.fonttype"] == "none"
        assert not matplotlib.rcParams["text.parse_math"]
    assert dict(matplotlib.rcParams) == before


def test_a_users_own_settings_do_not_reach_a_chart():
    with matplotlib.rc_context({"axes.linewidth": 9, "font.size": 40}), chart_style():
        assert matplotlib.rcParams["axes.linewidth"] == 0.8
        assert matplotlib.rcParams["font.size"] == 10


def test_only_missing_glyphs_are_passed_over_in_silence():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with chart_style():
            warnings.warn("Glyph 26085 (N) missing from font(s) DejaVu Sans.", stacklevel=1)
            warnings.warn("something else", stacklevel=1)
    assert [str(warning.message) for warning in caught] == ["something else"]


def test_columns_are_as_many_as_fit_and_rows_are_even():
    assert columns_for(3, 700, 370) == 1
    assert columns_for(3, 1176, 370) == 3
    assert columns_for(4, 1176, 370) == 2
    assert columns_for(1, 100, 370) == 1


def test_panels_fill_rows_from_the_left_each_as_high_as_its_highest_panel():
    grid = Grid(count=5, columns=3, room=632, top=50).with_panels([60, 100, 80, 40, 70])
    assert grid.width == 200
    assert [grid.corner(i) for i in (0, 1, 3)] == [(12, 50), (228, 50), (12, 150)]
    assert [grid.is_last_in_column(i) for i in range(5)] == [False, False, True, True, True]
    assert grid.bottom == 220
