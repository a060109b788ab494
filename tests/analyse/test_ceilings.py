import numpy as np
import pandas as pd
import pytest

from copycost import estimate
from copycost.analyse.bootstrap import bootstrap_rounds
from copycost.analyse.ceilings import ceilings, matching, moved_bytes
from tests.analyse.laws import FAULT, FREE, SIZES, faults_of, machine_cells
from tests.made_up import Law, made_up_rounds

ROUNDS = made_up_rounds(Law(processes=10, offset=0.01), machine_cells())
CELLS = estimate(ROUNDS, references=True)
REPLICATES = bootstrap_rounds(CELLS, ROUNDS)


def of(cells, conversion):
    return cells[cells["conversion"] == conversion]


def test_a_cell_reaches_the_share_that_its_law_gives():
    shares = of(ceilings(CELLS, REPLICATES), "torch.tensor")
    faults = np.array([faults_of(size) for size in SIZES])
    whole = 2e-6 + SIZES / 8e9 + SIZES / 5e11 + faults * (FAULT + FREE)
    true = (1e-7 + SIZES / 1e10) / whole
    calm = shares["page_faults"].to_numpy() < 1
    assert shares["share_of_mapped"].to_numpy()[calm] == pytest.approx(true[calm], rel=0.05)
    fresh = (2e-7 + SIZES / 1e10 + faults * FAULT) / whole
    assert shares["share_of_fresh"].iloc[-1] == pytest.approx(fresh[-1], rel=0.05)
    assert shares["share_of_mapped"].iloc[-1] < 0.3


def test_the_interval_holds_the_share():
    shares = of(ceilings(CELLS, REPLICATES), "torch.tensor")
    for name in ("share_of_mapped", "share_of_fresh"):
        assert (shares[f"{name}_low"] < shares[name]).all() and (shares[name] < shares[f"{name}_high"]).all()
    assert ceilings(CELLS)["share_of_mapped_low"].isna().all()


def test_what_moves_no_bytes_reaches_no_ceiling():
    shares = ceilings(CELLS, REPLICATES)
    assert of(shares, "torch.from_numpy")["share_of_mapped"].isna().all()
    assert shares.loc[shares["direction"] == "reference", "share_of_mapped"].isna().all()


def test_bytes_written_count_as_well():
    narrow = CELLS.assign(result_bytes=CELLS["result_bytes"].where(CELLS["conversion"] != "torch.tensor", 0))
    narrow["result_bytes"] = narrow["result_bytes"].mask(narrow["conversion"] == "torch.tensor", narrow["bytes"] // 2)
    whole, less = (of(ceilings(own), "torch.tensor")["share_of_mapped"].to_numpy() for own in (CELLS, narrow))
    assert less == pytest.approx(0.75 * whole)


def test_an_unknown_result_counts_as_the_source():
    cells = CELLS.assign(result_bytes=pd.array([pd.NA] * len(CELLS), dtype="Int64"))
    assert moved_bytes(cells) == pytest.approx(2 * CELLS["bytes"].to_numpy(dtype=float))


def test_without_references_the_shares_are_unknown():
    assert ceilings(estimate(ROUNDS))["share_of_mapped"].isna().all()


def test_the_ceiling_is_that_of_the_same_threads():
    cells = estimate(made_up_rounds(cells=machine_cells()), references=True).assign(threads=2)
    both = pd.concat([CELLS, cells], ignore_index=True)
    at = matching(both, "plain copy (mapped)", ["threads", "size"])
    assert (both["threads"].to_numpy()[at] == both["threads"].to_numpy()).all()
    assert matching(both, "no such reference", ["size"]).tolist() == [-1] * len(both)


def test_cells_keep_their_order_and_columns():
    pd.testing.assert_frame_equal(ceilings(CELLS)[list(CELLS.columns)], CELLS)
    assert np.isfinite(of(ceilings(CELLS), "torch.tensor")["share_of_mapped"]).all()
