import numpy as np
import pytest

from copycost.show.charts.gallery import draw, drawable
from tests.show.charts.made_up import cells


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
