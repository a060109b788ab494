import numpy as np

from copycost.show.charts.frames import RUNS
from copycost.show.charts.gallery import draw, drawable
from tests.show.charts.layout import texts
from tests.show.charts.made_up import cells, several

TWO = {"conversions": ("torch.tensor", "t.numpy"), "dtypes": ("float64",), "sizes": (1, 64, 4096)}


def test_each_conversion_has_a_panel_and_each_of_a_few_runs_a_line():
    figure = draw("runs", several(3, **TWO)).figure
    assert len(figure.axes) == 2
    written = [text.get_text() for text in texts(figure)]
    assert all(written.count(f"run-{i}") == 2 for i in range(3))


def test_more_runs_are_bands_around_their_median():
    drawing = draw("runs", several(9, **TWO))
    written = {text.get_text() for text in texts(drawing.figure)}
    assert {"median of 9 runs", "the middle half of them", "nine of ten of them"} <= written
    assert not any(text.startswith("run-") for text in written)
    assert "9 runs" in drawing.alt


def test_a_band_holds_the_runs():
    frame = several(9, conversions=("torch.tensor",), dtypes=("float64",), sizes=(64, 4096))
    (axes,) = draw("runs", frame).figure.axes
    wide = axes.collections[0].get_paths()[0].vertices
    at_64 = frame.loc[frame["size"] == 64, "seconds"]
    edges = wide[np.isclose(wide[:, 0], 512), 1]
    assert np.allclose([edges.min(), edges.max()], at_64.quantile([0.05, 0.95]))


def test_cells_of_one_run_only_are_left_out():
    assert "more than one run" in str(drawable(cells(**TWO), shows=RUNS)["runs"])
