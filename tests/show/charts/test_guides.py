import numpy as np
import pytest

from copycost.show.charts.frames import prepare, reference_cells
from copycost.show.charts.gallery import draw
from copycost.show.charts.guides import Mark, data_caches, draw_marks, fresh_share, has_reference, of_reference
from copycost.show.charts.lines import points
from copycost.show.charts.palette import THEMES
from copycost.show.charts.panels import Panel
from copycost.show.charts.sheet import Sheet
from tests.show.charts.layout import texts
from tests.show.charts.made_up import MACHINE, cells, with_references

FRAME = with_references(cells(("torch.tensor",), ("float64",), (64, 4096)))


MAPPED = "plain copy (mapped)"


def panel(**conditions):
    prepared = prepare(FRAME).assign(**conditions)
    return Panel("", points(prepared, prepared["seconds"], None, None))


def test_a_value_between_two_sizes_lies_on_the_line_between_them():
    copies = reference_cells(FRAME)
    seconds = of_reference(copies, MAPPED, lambda copy: copy["seconds"])
    between = np.sqrt(512 * 32768.0)
    assert seconds(panel(), np.array([512.0, between, 32768.0])) == pytest.approx(
        np.array([512, between, 32768]) / 50e9
    )


def test_beyond_the_sizes_that_were_measured_nothing_is_known():
    seconds = of_reference(reference_cells(FRAME), MAPPED, lambda copy: copy["seconds"])
    assert np.isnan(seconds(panel(), np.array([8.0, 2.0**30]))).all()


def test_a_panel_has_the_plain_copies_of_its_own_run_and_threads():
    seconds = of_reference(reference_cells(FRAME), MAPPED, lambda copy: copy["seconds"])
    assert np.isnan(seconds(panel(threads=2), np.array([512.0]))).all()
    assert np.isnan(seconds(panel(arm="other"), np.array([512.0]))).all()


def test_fresh_memory_is_told_only_where_it_is_the_lower_limit():
    share = fresh_share(reference_cells(FRAME))
    assert share(panel(), np.array([600.0, 4096.0]))[:, 0] == pytest.approx([0.25, 0.25])
    faster = fresh_share(reference_cells(with_references(cells(sizes=(64, 4096)), fresh=0.5)))
    assert np.isnan(faster(panel(), np.array([600.0]))).all()


def test_a_reference_may_be_missing():
    assert has_reference(reference_cells(FRAME), MAPPED)
    assert not has_reference(reference_cells(FRAME), "plain copy (cold)")
    assert not has_reference(None, MAPPED)


def test_instruction_caches_do_not_count():
    assert data_caches(MACHINE) == [(1, 32768), (2, 524288), (3, 33554432)]


@pytest.mark.parametrize(
    "machine", [None, {}, {"caches": None}, {"caches": [{"level": 1, "type": None, "bytes": None}, 3]}]
)
def test_unknown_caches_are_no_error(machine):
    assert data_caches(machine) == []


@pytest.mark.parametrize("width", [480, 720, 1200])
def test_every_cache_on_the_axis_is_labelled_where_there_is_room(width):
    drawing = draw("cost", cells(dtypes=("float64",)), machine=MACHINE, width=width)
    written = [text.get_text() for text in texts(drawing.figure)]
    assert [text for text in written if text.startswith("L")] == ["L1 32 KiB", "L2 512 KiB", "L3 32 MiB"]


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
