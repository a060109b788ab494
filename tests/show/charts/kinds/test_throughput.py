import numpy as np
import pytest

from copycost.show.charts.gallery import draw, drawable
from tests.show.charts.layout import texts
from tests.show.charts.made_up import cells, with_references


def test_only_copying_cells_have_a_throughput():
    drawing = draw("throughput", cells(dtypes=("float32",), sizes=(1, 4096)))
    assert "torch.tensor" in drawing.alt
    assert "torch.from_numpy" not in drawing.alt
    assert "torch.Tensor" not in drawing.alt


def test_a_slower_bound_is_a_lower_throughput():
    frame = cells(("torch.tensor",), ("float64",), (4096, 4**8))
    frame["flags"] = ""
    frame["ci_high"] = frame["seconds"] * 2
    frame["ci_low"] = frame["seconds"]
    (axes,) = draw("throughput", frame).figure.axes
    lowest = axes.collections[0].get_paths()[0].vertices[:, 1].min()
    assert lowest == pytest.approx(frame["gb_per_s"].min() / 2)


def test_zero_copy_alone_has_no_throughput():
    frame = cells(("t.numpy",), sizes=(1, 64))
    assert frame["gb_per_s"].isna().all()
    assert "no cell copies" in str(drawable(frame)["throughput"])
    assert np.isfinite(frame["seconds"]).all()


def test_the_machines_own_copies_are_the_ceilings():
    frame = with_references(cells(dtypes=("float64",), sizes=(64, 4096, 4**9)), fresh=4.0)
    figure = draw("throughput", frame).figure
    (axes,) = figure.axes
    mapped, fresh = (line.get_ydata() for line in axes.lines[:2])
    assert np.allclose(mapped[np.isfinite(mapped)], 50)
    assert np.allclose(fresh[np.isfinite(fresh)], 12.5)
    assert axes.get_ylim()[1] > 50
    written = {text.get_text() for text in texts(figure)}
    assert {"a plain copy into memory that is mapped", "a plain copy into fresh memory"} <= written


def test_without_references_there_are_no_ceilings():
    written = {text.get_text() for text in texts(draw("throughput", cells(sizes=(64,))).figure)}
    assert not any("plain copy" in text for text in written)
