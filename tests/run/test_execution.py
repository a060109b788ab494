import json
from pathlib import Path

import pytest

from copycost.catalogue.cell import Cell
from copycost.errors import UsageError
from copycost.run.execution import execute
from copycost.run.schedule import LEAST_PROCESSES
from copycost.run.settings import Settings
from copycost.store.rounds import load
from tests.made_up import Law
from tests.run.fake_session import FakeClock, FakeSession, SessionEnded

CELLS = tuple(Cell(name, "to_tensor", "float64", size) for name in ("f", "g") for size in (1, 1024))


class Watcher:
    def __init__(self):
        self.said = []

    def prepared(self, *said):
        self.said.append(("prepared", *said))

    def visited(self, *said):
        self.said.append(("visited", *said))

    def process_ended(self, progress):
        self.said.append(("ended", progress.processes, progress.precise))


def settings(folder, **changes):
    folder.mkdir()
    values = {
        "folder": folder,
        "preset": "quick",
        "cells": CELLS,
        "precision": 0.01,
        "budget": 60.0,
        "processes": None,
        "address_layout": "fixed",
        "layout_reason": None,
        "conversions_file": None,
    }
    return Settings(**{**values, **changes})


def run(folder, *, watcher=None, changes=None, **session):
    clock = FakeClock()
    fake = FakeSession(CELLS, clock, **session)
    record = execute(settings(folder, **(changes or {})), watcher or Watcher(), open_session=fake, clock=clock)
    return record, fake


def test_a_run_ends_when_its_cells_are_precise(tmp_path):
    record, _ = run(tmp_path / "run", law=Law(noise=0.001))
    assert record.status == "complete"
    assert len(record.processes) == LEAST_PROCESSES


def test_a_run_ends_when_its_budget_is_spent(tmp_path):
    record, _ = run(tmp_path / "run", law=Law(noise=0.5), seconds=0.2)
    assert record.status == "complete"
    assert record.wall_seconds == pytest.approx(60, abs=2.0)


def test_what_was_measured_can_be_loaded(tmp_path):
    record, _ = run(tmp_path / "run", changes={"processes": 3})
    rounds = load(tmp_path / "run")
    assert rounds["process"].nunique() == 3
    assert set(rounds["conversion"]) == {"f", "g"}
    timed = (rounds["seconds"] * rounds["calls"]).sum()
    assert record.timed_seconds == pytest.approx(timed, rel=1e-3)


def test_every_process_is_seeded_anew_and_visits_in_another_order(tmp_path):
    _, fake = run(tmp_path / "run")
    seeds = [request["seed"] for request in fake.asked]
    assert len(set(seeds)) == len(seeds)


def test_the_watcher_hears_of_every_visit_and_process(tmp_path):
    watcher = Watcher()
    _, fake = run(tmp_path / "run", watcher=watcher, changes={"processes": 2})
    visits = sum(sum(request["visits"].values()) for request in fake.asked)
    said = [what for what, *_ in watcher.said]
    assert said.count("prepared") == len(CELLS)
    assert said.count("visited") == visits
    assert said.count("ended") == 2


def test_a_cell_that_cannot_work_is_skipped_with_its_reason_and_never_visited(tmp_path):
    record, fake = run(tmp_path / "run", skipped=(CELLS[0].id,), changes={"processes": 2})
    assert record.skipped == [{**CELLS[0].as_dict(), "arm": "base", "reason": "no such pair"}]
    assert all(CELLS[0].id not in request["visits"] for request in fake.asked)


def test_a_grid_of_which_nothing_works_is_refused_and_leaves_nothing(tmp_path):
    with pytest.raises(UsageError, match="no such pair"):
        run(tmp_path / "run", skipped=[cell.id for cell in CELLS])
    assert list(tmp_path.iterdir()) == []


def test_a_budget_that_is_too_small_is_refused_and_leaves_nothing(tmp_path):
    with pytest.raises(UsageError, match="smallest that works"):
        run(tmp_path / "run", changes={"budget": 0.01})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("fault", "status"),
    [(KeyboardInterrupt(), "interrupted"), (SessionEnded("killed"), "incomplete"), ("status", "incomplete")],
    ids=["Ctrl-C", "session killed", "process crashed"],
)
def test_what_was_measured_before_a_fault_is_kept(tmp_path, fault, status):
    record, _ = run(tmp_path / "run", fault=lambda process: fault if process == 3 else None)
    assert record.status == status
    assert [process["file"] for process in record.processes] == ["process-0001.json", "process-0002.json"]
    assert load(tmp_path / "run")["process"].nunique() == 2
    kept = json.loads((tmp_path / "run" / "run.json").read_text())
    assert kept["status"] == status
    assert len(kept["processes"]) == 2


def test_the_record_says_by_which_method_it_was_measured(tmp_path):
    record, _ = run(tmp_path / "run", changes={"processes": 1})
    method = json.loads(record.path.read_text())["method"]
    assert method["address_layout"] == "fixed"
    assert method["start"] == "fork"
    assert method["canary"] and method["clock"] and method["protocol"]


def test_process_files_are_what_pytest_benchmark_reads(tmp_path):
    run(tmp_path / "run", changes={"processes": 1})
    content = json.loads(Path(tmp_path / "run" / "process-0001.json").read_text())
    assert {"machine_info", "commit_info", "benchmarks", "datetime", "version"} <= set(content)


def test_ctrl_c_before_the_first_process_leaves_nothing(tmp_path):
    record, _ = run(tmp_path / "run", fault=lambda process: KeyboardInterrupt())
    assert record.status == "interrupted" and not record.processes
    assert list(tmp_path.iterdir()) == []


def test_a_grid_of_which_everything_fails_says_why(tmp_path):
    clock = FakeClock()
    fake = FakeSession(CELLS, clock)
    fake._prepared = lambda: iter(
        [
            {"event": "failed", "cell": CELLS[0].id, "error": "returned a list"},
            {"event": "ready", "machine": {}, "protocol": {}},
        ]
    )
    with pytest.raises(UsageError, match="returned a list"):
        execute(settings(tmp_path / "run"), Watcher(), open_session=fake, clock=clock)
