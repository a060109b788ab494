import numpy as np
import pandas as pd

from copycost import estimate
from copycost.analyse.bootstrap import bootstrap_rounds
from copycost.analyse.curves import UNKNOWN_ERROR, curves
from tests.made_up import Law, core_cells, made_up_rounds


def test_a_curve_is_one_conversion_with_its_sizes_ascending():
    rounds = made_up_rounds(cells=core_cells(sizes=(4096, 1, 64)))
    cells = estimate(rounds)
    found = curves(cells, bootstrap_rounds(cells, rounds))
    assert len(found) == 10
    assert all((np.diff(curve.sizes) > 0).all() for curve in found)
    assert {curve.replicates.shape for curve in found} == {(500, 3)}


def test_the_empty_call_is_on_no_curve():
    found = curves(estimate(made_up_rounds(), references=True))
    assert "empty call" not in {curve.key["conversion"] for curve in found}


def test_sharing_is_known_by_evidence():
    found = {(c.key["conversion"], c.key["dtype"]): c for c in curves(estimate(made_up_rounds()))}
    assert found["torch.Tensor", "float32"].shares_memory and not found["torch.Tensor", "float32"].copies
    assert found["torch.Tensor", "float64"].copies


def test_unknown_errors_are_taken_from_the_neighbours_or_assumed():
    one_process = curves(estimate(made_up_rounds(Law(processes=1))))
    assert (one_process[0].errors == UNKNOWN_ERROR).all()
    cells = estimate(made_up_rounds())
    cells.loc[cells["size"] == 1, "error"] = np.nan
    assert all(np.isfinite(curve.errors).all() and curve.errors.max() < UNKNOWN_ERROR for curve in curves(cells))


def test_another_suites_benchmarks_are_on_no_curve():
    cells = estimate(made_up_rounds())
    cells["bytes"] = pd.array([pd.NA] * len(cells), dtype="Int64")
    assert curves(cells) == []


def test_fault_shares_are_per_page_of_the_result():
    found = {c.key["conversion"]: c for c in curves(estimate(made_up_rounds(cells=core_cells(sizes=(64, 2**23)))))}
    assert found["torch.tensor"].fault_shares.round(3).tolist() == [0.0, 1.0]
