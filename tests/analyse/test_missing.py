import json

import pandas as pd

from copycost import estimate
from copycost.analyse.missing import COLUMNS, missing
from copycost.store.loading import load
from copycost.store.record import read_record
from tests.made_up import Law, core_cells, made_up_rounds, write_run

ROUNDS = made_up_rounds(Law(processes=3, visits=1), core_cells((1, 64), ("float64",)))


def record_and_cells(tmp_path, record=None, rounds=ROUNDS):
    folder = write_run(tmp_path / "r", ROUNDS, record=record)
    return read_record(folder), estimate(rounds)


def test_a_complete_run_misses_nothing(tmp_path):
    folder = write_run(tmp_path / "r", ROUNDS)
    gone = missing(read_record(folder), estimate(load(folder)))
    assert gone.empty and list(gone.columns) == COLUMNS


def test_planned_cells_that_did_not_come_back_are_named_with_their_reason(tmp_path):
    cell = {"conversion": "torch.tensor", "direction": "to_tensor", "dtype": "float64"}
    cell |= {"size": 64, "threads": 1, "cache": "warm", "layout": "contiguous"}
    record, cells = record_and_cells(tmp_path, {"failed": [cell | {"error": "killed by signal 9"}]})
    cells = cells[~((cells["conversion"] == "torch.tensor") & (cells["size"] == 64))]
    cells = cells[cells["conversion"] != "t.numpy"]
    gone = missing(record, cells)
    assert gone["conversion"].tolist() == ["torch.tensor", "t.numpy", "t.numpy"]
    assert gone["reason"].tolist() == ["killed by signal 9", "not measured", "not measured"]
    assert gone["arm"].tolist() == ["base"] * 3


def test_a_cell_that_one_arm_lacks_is_missing(tmp_path):
    arms = [{"name": "base"}, {"name": "hugepages"}]
    record, cells = record_and_cells(tmp_path, {"arms": arms})
    assert set(missing(record, cells)["arm"]) == {"hugepages"}
    assert len(missing(record, cells)) == len(cells)


def test_an_arm_with_threads_of_its_own_has_measured_what_was_planned_for_others(tmp_path):
    two = ROUNDS.assign(arm="two", threads=2, process=ROUNDS["process"] + 3)
    two["threads"] = two["threads"].astype(ROUNDS["threads"].dtype)
    record, cells = record_and_cells(
        tmp_path,
        {"arms": [{"name": "base", "threads": None}, {"name": "two", "threads": 2}]},
        pd.concat([ROUNDS.astype({"arm": object}), two], ignore_index=True),
    )
    assert missing(record, cells).empty


def test_a_record_with_nonsense_in_it_raises_nothing(tmp_path):
    record, cells = record_and_cells(tmp_path)
    record["plan"]["cells"] = [{"conversion": ["a"], "size": {"b": 1}}]
    record["failed"] = [{"conversion": {}}, json.loads("{}")]
    assert missing(record, cells)["reason"].tolist() == ["not measured"]
    assert missing({"plan": None}, cells).empty
