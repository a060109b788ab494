import numpy as np

from copycost.show.charts.frames import HISTORY
from copycost.show.charts.gallery import draw, drawable
from tests.show.charts.layout import complaints, texts
from tests.show.charts.made_up import series

SMALL = {"conversions": ("torch.tensor", "t.numpy"), "dtypes": ("float64",), "sizes": (1, 64)}


def test_a_step_is_named_dated_and_drawn_at_its_size():
    drawing = draw("history", series(**SMALL))
    written = [text.get_text() for text in texts(drawing.figure)]
    assert any(text.startswith("float64, 8 B: 1.") for text in written)
    assert "2026-02-02" in written
    assert "torch.tensor, float64, 8 B: 1." in drawing.alt and "from 2026-02-02 08:30, run run-4." in drawing.alt


def test_the_newest_run_stands_at_its_ratio_to_the_median_of_its_past():
    frame = series(step_at=99, conversions=("torch.tensor",), dtypes=("float64",), sizes=(1,))
    (axes,) = draw("history", frame).figure.axes
    seconds = frame["seconds"].to_numpy()
    (line,) = [line for line in axes.lines if len(line.get_xdata()) == 8 and line.get_linestyle() == "-"]
    assert np.isclose(line.get_ydata()[-1], seconds[-1] / np.median(seconds[:-1]))


def test_cells_without_a_step_have_no_name_beside_those_that_have_one():
    drawing = draw("history", series(**SMALL))
    written = [text.get_text() for text in texts(drawing.figure)]
    assert len(drawing.figure.axes) == 1
    assert "no step in 2 cells of t.numpy" in written
    assert not any(text.startswith("t.numpy") for text in written)


def test_without_a_step_those_furthest_from_their_past_are_named():
    frame = series(step_at=99, conversions=("torch.tensor", "t.numpy"), dtypes=("float64",), sizes=(1, 4, 16, 64))
    newest = (frame["run"] == "run-7") & (frame["conversion"] == "t.numpy") & (frame["bytes"] == 32)
    frame.loc[newest, "seconds"] *= 1.2
    drawing = draw("history", frame, width=1200)
    written = [text.get_text() for text in texts(drawing.figure)]
    assert any(text.startswith("t.numpy, float64, 32 B: 1.2") for text in written)
    assert "cells without a step" in written
    assert "8 runs of 8 cells: no step." in drawing.alt


def test_one_run_is_no_history():
    assert "no past" in str(drawable(series(runs=1, **SMALL), shows=HISTORY)["history"])


def test_runs_minutes_apart_have_times_on_the_axis():
    frame = series(**SMALL)
    first = frame["created"].min()
    frame["created"] = first + (frame["created"] - first) / (7 * 24 * 6)
    figure = draw("history", frame).figure
    assert any(":" in text.get_text() for text in texts(figure))
    assert complaints(figure) == []
