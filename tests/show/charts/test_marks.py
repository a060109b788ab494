import pytest

from copycost.show.charts.gallery import draw
from copycost.show.charts.marks import Mark, data_caches, draw_marks
from copycost.show.charts.palette import THEMES
from copycost.show.charts.sheet import Sheet
from tests.show.charts.layout import texts
from tests.show.charts.made_up import MACHINE, cells


def test_instruction_caches_do_not_count():
    assert data_caches(MACHINE) == [(1, 32768), (2, 524288), (3, 33554432)]


@pytest.mark.parametrize(
    "machine",
    [None, {}, {"caches": None}, {"caches": [{"level": 1, "type": None, "bytes": None}, 3]}],
)
def test_unknown_caches_are_no_error(machine):
    assert data_caches(machine) == []


@pytest.mark.parametrize("width", [480, 720, 1200])
def test_every_cache_on_the_axis_is_labelled_where_there_is_room(width):
    drawing = draw("cost", cells(dtypes=("float64",)), machine=MACHINE, width=width)
    written = [text.get_text() for text in texts(drawing.figure)]
    assert [text for text in written if text.startswith("L")] == [
        "L1 32 KiB",
        "L2 512 KiB",
        "L3 32 MiB",
    ]


def test_a_cache_beyond_the_axis_is_not_drawn():
    drawing = draw("cost", cells(sizes=(1, 64, 4096)), machine=MACHINE)
    written = {text.get_text() for text in texts(drawing.figure)}
    assert not any(text.startswith("L3") for text in written)


def test_marks_that_would_touch_are_shortened_and_then_left_out():
    def written(places):
        sheet = Sheet(400, 200, THEMES["light"], False)
        axes = sheet.axes(40, 40, 300, 100)
        axes.set_xlim(0, 100)
        marks = [Mark(place, ("2026-02-03 10:00", "02-03", "")) for place in places]
        draw_marks(sheet, axes, marks, baseline=30, left=40, right=380)
        return [text.get_text() for text in sheet.figure.texts]

    assert written([50]) == ["2026-02-03 10:00"]
    assert "02-03" in written([40, 60])
    assert written([50, 51, 52]).count("02-03") < 3
