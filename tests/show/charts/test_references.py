import numpy as np
import pytest

from copycost.show.charts.panels import Panel
from copycost.show.charts.points import points, prepare, reference_cells
from copycost.show.charts.references import fresh_share, has, of_reference
from tests.show.charts.made_up import cells, with_references

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
    assert share(panel(), np.array([600.0, 4096.0])) == pytest.approx([0.25, 0.25])
    faster = fresh_share(reference_cells(with_references(cells(sizes=(64, 4096)), fresh=0.5)))
    assert np.isnan(faster(panel(), np.array([600.0]))).all()


def test_a_reference_may_be_missing():
    assert has(reference_cells(FRAME), MAPPED)
    assert not has(reference_cells(FRAME), "plain copy (cold)")
    assert not has(None, MAPPED)
