import re

import numpy as np
import pandas as pd
import pytest

from copycost import estimate
from copycost.analyse.bootstrap import bootstrap_rounds
from copycost.analyse.breakdown import COLUMNS, PARTS, breakdown, sentence
from tests.analyse.laws import FAULT, FAULTING, FREE, machine_cells
from tests.made_up import Law, made_up_rounds

ROUNDS = made_up_rounds(Law(processes=10, offset=0.01), machine_cells())
CELLS = estimate(ROUNDS, references=True)
REPLICATES = bootstrap_rounds(CELLS, ROUNDS)


def of(parts, conversion="torch.tensor"):
    return parts[parts["conversion"] == conversion]


def test_the_parts_of_a_conversion_made_of_them_add_up():
    parts = of(breakdown(CELLS, REPLICATES))
    assert parts["sum_share"].to_numpy() == pytest.approx(1.0, abs=0.1)


def test_a_fault_costs_what_it_costs():
    parts = of(breakdown(CELLS, REPLICATES))
    faulting = parts["faults"] > 0
    assert parts.loc[faulting, "fault_seconds"].to_numpy() == pytest.approx(FAULT, rel=0.05)
    true = parts["faults"] * FAULT / parts["seconds"]
    assert parts.loc[faulting, "page_faults_share"].to_numpy() == pytest.approx(true[faulting].to_numpy(), rel=0.05)
    assert (parts.loc[~faulting, "page_faults_share"] == 0).all()


def test_the_largest_part_makes_the_sentence():
    parts = of(breakdown(CELLS, REPLICATES))
    assert re.fullmatch("128 MiB torch.tensor: (68|69|70)% page faults", sentence(parts.iloc[-1]))
    assert sentence(parts.iloc[0]) == "8 B torch.tensor: 100% calling"
    assert sentence(parts[parts["bytes"] == 2 * 1024**2].iloc[0]).endswith("% copying")


def test_shares_have_intervals_where_they_are_not_nothing():
    last = of(breakdown(CELLS, REPLICATES)).iloc[-1]
    for part in PARTS:
        assert last[f"{part}_share_low"] < last[f"{part}_share"] < last[f"{part}_share_high"]
    assert np.isnan(of(breakdown(CELLS)).iloc[-1]["page_faults_share_low"])


def test_freeing_is_told_apart_from_allocating():
    parts = of(breakdown(CELLS, REPLICATES))
    last = parts.iloc[-1]
    assert last["freeing_seconds"] == pytest.approx(last["faults"] * FREE, rel=0.3)
    assert last["allocating_seconds"] == pytest.approx(2**27 / 5e11, rel=0.3)
    assert (parts.loc[parts["bytes"] < FAULTING, "freeing_share"] < 0.02).all()


def test_copying_is_that_of_the_library_that_makes_the_result():
    own = breakdown(CELLS)
    assert of(own).iloc[-1]["copying_seconds"] == pytest.approx(2**27 / 8e9, rel=0.05)
    by_numpy = CELLS.assign(expression=CELLS["expression"].astype(str).replace("torch.tensor(a)", "np.array(a)"))
    assert of(breakdown(by_numpy)).iloc[-1]["copying_seconds"] == pytest.approx(2**27 / 1e10, rel=0.05)


def test_a_cast_is_as_long_as_that_cast_of_that_dtype():
    results = CELLS["conversion"].astype(str) == "torch.tensor"
    casts = (CELLS["conversion"].astype(str) == "torch copy").to_numpy()
    again = CELLS[casts].assign(conversion="torch copy to float32", seconds=CELLS.loc[casts, "seconds"] * 0.7)
    cells = pd.concat([CELLS.assign(result_dtype=np.where(results, "torch.float32", "float64")), again])
    last = of(breakdown(cells.reset_index(drop=True))).iloc[-1]
    assert last["copying_seconds"] == pytest.approx(0.7 * 2**27 / 8e9, rel=0.05)


def test_a_copy_that_was_not_measured_is_in_proportion_to_a_plain_one():
    without = CELLS[CELLS["conversion"] != "torch copy"].reset_index(drop=True)
    assert of(breakdown(without)).iloc[-1]["copying_seconds"] == pytest.approx(2**27 / 1e10, rel=0.05)


def test_without_the_buffer_a_fault_costs_what_fresh_memory_costs_above_mapped():
    without = CELLS[~CELLS["conversion"].isin(["allocate", "allocate and touch"])].reset_index(drop=True)
    last = of(breakdown(without)).iloc[-1]
    assert last["fault_seconds"] == pytest.approx(FAULT, rel=0.05)
    assert np.isnan(last["allocating_share"]) and np.isnan(last["sum_share"])


def test_without_references_only_the_call_is_known():
    last = of(breakdown(estimate(ROUNDS))).iloc[-1]
    assert np.isnan(last["page_faults_share"]) and np.isnan(last["copying_share"])
    assert last["calling_share"] < 0.001


def test_only_what_copies_is_taken_apart():
    parts = breakdown(CELLS)
    assert set(parts["conversion"]) == {"torch.tensor", "t.clone.numpy"}
    assert list(breakdown(CELLS.iloc[:0]).columns) == list(COLUMNS)


def test_nothing_known_is_said_to_be_not_measured():
    row = of(breakdown(CELLS)).iloc[-1].copy()
    for part in PARTS:
        row[f"{part}_share"] = np.nan
    assert sentence(row) == "128 MiB torch.tensor: not measured"
