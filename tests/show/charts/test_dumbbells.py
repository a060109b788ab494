import pytest

from copycost.show.charts.dumbbells import chosen_sizes
from copycost.show.charts.frames import FRAMES, PAIR
from copycost.show.charts.gallery import draw
from tests.show.charts.layout import texts
from tests.show.charts.made_up import cells, comparison

ONE = {"dtypes": ("float64",), "sizes": (4096,)}


def test_the_ends_of_a_line_are_the_two_times():
    frame = comparison(cells(("torch.tensor",), **ONE))
    (axes,) = draw("dumbbells", frame).figure.axes
    bar, a, b = axes.lines
    assert list(bar.get_xdata()) == pytest.approx([frame["seconds_a"][0], frame["seconds_b"][0]])
    assert (a.get_markerfacecolor(), b.get_markerfacecolor()) == ("#ffffff", bar.get_color())


def test_every_row_has_its_ratio_and_the_key_names_the_sides():
    frame = comparison(cells(dtypes=("float64",), sizes=(1,)))
    written = [text.get_text() for text in texts(draw("dumbbells", frame, names=("old", "new")).figure)]
    assert {"0.80×", "1.30×", "old", "new", "figures: time of new ÷ time of old"} <= set(written)


def test_the_sides_are_named_without_other_words_too():
    frame = comparison(cells(**ONE))
    written = {
        text.get_text() for text in texts(draw("dumbbells", frame, names=("old", "new"), language_free=True).figure)
    }
    assert {"old", "new"} <= written
    assert not any("figures" in text for text in written)


def test_a_few_sizes_stand_for_all():
    prepared = FRAMES[PAIR].prepare(comparison(cells(("t.numpy",), ("float32", "float64"))))
    chosen = chosen_sizes(prepared)
    assert chosen.groupby("dtype")["bytes"].apply(sorted).to_dict() == {
        "float32": [4, 16384, 4**13],
        "float64": [8, 32768, 2 * 4**13],
    }


def test_tests_without_bytes_stand_side_by_side_and_many_are_cut():
    names = tuple(f"test_{i}" for i in range(50))
    frame = comparison(cells(names, **ONE)).astype({"bytes": "Int64"})
    frame["bytes"], frame["direction"] = None, "test"
    drawing = draw("dumbbells", frame)
    assert len(drawing.figure.axes) == 1
    assert "Of 50 in a panel, the first 40 are shown." in drawing.alt
