import pytest

from copycost.show.charts.palette import THEMES
from copycost.show.charts.sheet import Sheet


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
