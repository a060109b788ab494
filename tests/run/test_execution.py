import itertools
import json
import os
import signal
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.catalogue.references import reference_cells
from copycost.errors import UsageError
from copycost.run import interleave, supervision
from copycost.run.arms import BASE, Arm
from copycost.run.execution import Interrupt, execute
from copycost.run.folder import locked
from copycost.run.schedule import LEAST_PASSES
from copycost.run.settings import Settings
from copycost.store.loading import load
from copycost.store.writing import CannotWrite, write_json
from tests.made_up import Law
from tests.run.fake_session import CODE, PID, FakeClock, FakeSession, Opened, SessionEnded

CELLS = tuple(Cell(name, "to_tensor", "float64", size) for name in ("f", "g") for size in (1, 1024))


class Watcher:
    def __init__(self):
        self.said = []

    def prepared(self, *said):
        self.said.append(("prepared", *said))

    def visited(self, *said):
        self.said.append(("visited", *said))

    def counted(self, *said):
        self.said.append(said)

    called_first = counted

    def waited(self, progress):
        pass

    def process_ended(self, progress):
        self.said.append(("ended", progress.processes, progress.precise, progress.known))


def settings(folder, **changes):
    folder.mkdir(parents=True)
    values = {
        "folder": folder,
        "preset": "quick",
        "cells": CELLS,
        "precision": 0.001,
        "budget": 60.0,
        "processes": None,
        "layouts": (1,),
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
    record, _ = run(tmp_path / "run", law=Law(noise=0.0001), changes={"layouts": (1, 2, 3)})
    assert record.status == "complete"
    assert len(record.processes) == 3 * LEAST_PASSES


def layouts_of(record):
    return [(process["address_layout"], process["session"]) for process in record.processes]


def test_every_pass_has_a_process_of_each_session_and_all_make_the_same_visits(tmp_path):
    changes = {"layouts": (1, 2, 7), "budget": 9.0}
    record, fake = run(tmp_path / "run", law=Law(noise=0.5), seconds=0.2, changes=changes)
    measured = layouts_of(record)
    assert len(measured) >= 6 and len(measured) % 3 == 0
    for first in range(0, len(measured), 3):
        assert {layout for layout, _ in measured[first : first + 3]} == {1, 2, 7}
        assert len({tuple(request["visits"].items()) for request in fake.asked[first : first + 3]}) == 1
    assert len(set(measured)) == len({session for _, session in measured}) == 3  # one session a layout
    assert [plan["address_layout"] for plan in fake.plans] == [1, 2, 7]
    content = json.loads((tmp_path / "run" / "process-0002.json").read_text())["copycost"]
    assert (content["address_layout"], content["session"]) == measured[1]


def test_processes_that_wait_for_a_quiet_core_keep_the_budget_and_measure_each_cell_in_every_session(tmp_path):
    changes = {"layouts": (1, 2, 3), "budget": 30.0}
    record, fake = run(tmp_path / "run", busy=True, seconds=0.5, law=Law(noise=0.5), changes=changes)
    first = fake.asked[:3]
    assert [set(request["visits"]) for request in first] == [{cell.id for cell in CELLS}] * 3
    work = 0.5 * sum(first[0]["visits"].values())
    assert all(0.5 * work < request["waiting"] <= 3.5 * work for request in first)
    assert record.spent_seconds < 1.1 * 30.0 + 1


def test_the_lowest_level_that_a_process_has_seen_is_told_to_those_after_it(tmp_path):
    changes = {"layouts": (1, 2), "processes": 5}
    _, fake = run(tmp_path / "run", levels={1: 2.1, 2: 1.4, 3: None, 4: 1.9}, changes=changes)
    assert [request["level"] for request in fake.asked] == [None, 2.1, 1.4, 1.4, 1.4]


def test_one_session_of_an_arm_prepares_its_cells_and_the_others_are_told(tmp_path):
    changes = {"layouts": (1, 2, 3), "processes": 3, "arms": (BASE, Arm("other"))}
    _, fake = run(tmp_path / "run", changes=changes)
    prepared = [[cell for cell in told["cells"] if cell not in told["known"]] for told in fake.told]
    every = [cell.id for cell in CELLS]
    assert prepared == [every, every, [], [], [], []]


def test_sessions_are_told_which_pages_of_code_those_before_them_have_used(tmp_path):
    _, fake = run(tmp_path / "run", changes={"layouts": (1, 2, 3), "processes": 3, "arms": (BASE, Arm("other"))})
    assert [told["code"] for told in fake.told] == [None, None, CODE, CODE, CODE, CODE]


def test_what_the_first_session_could_not_prepare_is_not_tried_by_the_others(tmp_path):
    changes = {"layouts": (1, 2, 3), "processes": 3}
    record, fake = run(tmp_path / "run", preparing={CELLS[1].id: "signal"}, skipped=(CELLS[0].id,), changes=changes)
    left = [cell.id for cell in CELLS[2:]]
    assert [told["cells"] for told in fake.told[1:]] == [left, left]
    assert len(record.failed) == len(record.skipped) == 1


def test_more_sessions_than_can_wait_are_started_when_their_turn_comes(tmp_path):
    many = tuple(range(1, interleave._MOST_WAITING + 2))
    record, fake = run(tmp_path / "run", changes={"layouts": many, "processes": len(many)})
    assert sorted(layout for layout, _ in layouts_of(record)) == list(many)
    assert len(fake.plans) == len(many) + 1  # the first one has prepared, and was ended


def test_random_layouts_are_sessions_of_their_own(tmp_path):
    record, fake = run(tmp_path / "run", changes={"layouts": (None,) * 3, "processes": 6})
    assert sorted(layouts_of(record)) == [(None, number) for number in (1, 1, 2, 2, 3, 3)]
    assert fake.start.layout is None and record.method["address_layout"] == "random"


@pytest.mark.parametrize(("stretches", "processes"), [(True, 4), (False, 1)])
def test_turns_that_take_unforeseen_long_end_a_budget_that_was_typed(tmp_path, stretches, processes):
    changes = {"budget": 3.0, "layouts": (1, 2, 3, 4), "stretches": stretches}
    record, _ = run(tmp_path / "run", seconds=0.5, price=0.01, changes=changes)
    assert len(record.processes) == processes and record.status == "complete"


def test_a_budget_that_may_stretch_is_made_long_enough_for_every_session(tmp_path):
    changes = {"budget": 2.0, "layouts": (1, 2, 3), "stretches": True}
    record, _ = run(tmp_path / "run", seconds=0.5, changes=changes)
    assert len(record.processes) == 3 and record.wall_seconds >= 6
    with pytest.raises(UsageError, match=r"in each of 3 sessions; the smallest that works is \d+s"):
        run(tmp_path / "other", seconds=0.5, changes={**changes, "stretches": False})


def test_a_run_ends_when_its_budget_is_spent(tmp_path):
    record, _ = run(tmp_path / "run", law=Law(noise=0.5), seconds=0.2, changes={"budget": 20.0})
    assert record.status == "complete"
    assert record.wall_seconds == pytest.approx(20, abs=2.0)


def test_what_was_measured_can_be_loaded(tmp_path):
    record, _ = run(tmp_path / "run", changes={"processes": 3})
    rounds = load(tmp_path / "run")
    assert rounds["process"].nunique() == 3
    assert set(rounds["conversion"]) == {"f", "g"}
    timed = (rounds["seconds"] * rounds["calls"]).sum()
    assert record.timed_seconds == pytest.approx(timed, rel=1e-3)


@pytest.mark.parametrize("written", [b"", b"{", b"\xff", b"[]", b"{}", b'{"copycost": 1}'])
def test_a_process_that_ends_well_and_has_not_written_its_figures_is_measured_again(tmp_path, written):
    faults = {2: written}
    record, fake = run(
        tmp_path / "run", fault=lambda process: faults.pop(process, None), changes={"processes": 3, "layouts": (1, 2)}
    )
    assert record.status == "complete" and record.failed == []
    assert [request["process"] for request in fake.asked] == [1, 2, 2, 3]
    assert load(tmp_path / "run")["process"].nunique() == 3


def test_every_process_is_seeded_anew_and_visits_in_another_order(tmp_path):
    _, fake = run(tmp_path / "run", changes={"processes": 30})
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


def test_all_arms_are_told_of_the_rounds_that_the_first_one_makes(tmp_path):
    arms = (BASE, Arm("other", environment=(("KEY", "value"),)))
    _, fake = run(tmp_path / "run", changes={"arms": arms, "budget": 9.0})
    first, other = (told["rounds"] for told in fake.told[:2])
    assert first == {}
    assert other == {cell.id: (10, 20) for cell in CELLS}


@pytest.mark.parametrize(("with_hostname", "told"), [(False, "no c.py"), (True, "no /home/ann/c.py")])
def test_last_words_are_kept_without_folders_unless_they_are_asked_for(tmp_path, monkeypatch, with_hostname, told):
    monkeypatch.setattr(Opened, "last_line", lambda *_: "no /home/ann/c.py")
    record, _ = run(tmp_path / "run", fault={3: "status"}.get, changes={"with_hostname": with_hostname})
    (failed,) = record.failed
    assert failed["cell"] is None and failed["error"].endswith(f": {told}")


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
    assert method["address_layout"] == "chosen"
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


class Impatient(Watcher):
    """Presses Ctrl-C when a process has ended."""

    def __init__(self, process):
        super().__init__()
        self.process = process

    def process_ended(self, progress):
        if progress.processes == self.process:
            press_ctrl_c()


@pytest.mark.parametrize(("process", "status"), [(5, "interrupted"), (6, "complete")])
def test_ctrl_c_after_the_last_process_leaves_a_complete_run(tmp_path, process, status):
    changes = {"layouts": (1, 2, 3), "processes": 6}
    record, _ = run(tmp_path / "run", watcher=Impatient(process), changes=changes)
    assert (record.status, len(record.processes)) == (status, process)


def test_how_precise_is_told_gradually_from_the_second_pass_on(tmp_path):
    watcher = Watcher()
    changes = {"layouts": (1, 2, 3), "processes": 9}
    run(tmp_path / "run", watcher=watcher, changes=changes)
    told = [said[3] for said in watcher.said if said[0] == "ended"]
    assert told == [False] * 3 + [True] * 6  # the fourth process is a session's second


SHARING, COPYING = Cell("shares", "to_tensor", "float64", 4096), Cell("copies", "to_tensor", "float64", 1024)


def test_what_is_seen_to_share_memory_has_no_plain_copy_measured_for_it(tmp_path):
    cells = (EMPTY_CALL, SHARING, COPYING, *reference_cells([SHARING, COPYING]))
    references = {cell.id: cell.size for cell in cells if cell.direction == "reference"}
    assert {0, 1024, 4096} == set(references.values())
    clock = FakeClock()
    fake = FakeSession(cells, clock, sharing=(SHARING.id,))
    watcher = Watcher()
    execute(settings(tmp_path / "run", cells=cells, processes=1), watcher, open_session=fake, clock=clock)
    visits = fake.asked[0]["visits"]
    assert set(visits) == {SHARING.id, COPYING.id, *(name for name, size in references.items() if size != 4096)}
    counted = visits[SHARING.id] + visits[COPYING.id]  # references are not what was asked for
    assert [said[2:] for said in watcher.said if said[0] == "visited"][-1] == (counted, counted)
    assert [said[2:] for said in watcher.said if said[0] == "prepared"][-1] == (2, 2)


def test_a_grid_of_which_everything_fails_says_why(tmp_path):
    clock = FakeClock()
    fake = FakeSession(CELLS, clock)
    fake.preparing = dict.fromkeys([cell.id for cell in CELLS], "raise")
    with pytest.raises(UsageError, match="ValueError: no"):
        execute(settings(tmp_path / "run"), Watcher(), open_session=fake, clock=clock)


def test_a_heap_that_is_found_is_met_by_fresh_processes_that_have_calibrated_nothing(tmp_path, monkeypatch):
    happened = []

    class Session(FakeSession):
        def __call__(self, start, plan_file):
            happened.append(("start", start.fork))
            return super().__call__(start, plan_file)

    def ask(self, request, asked=Opened.ask):
        happened.append(bool(request["known"]) if "known" in request else "process")
        asked(self, request)

    monkeypatch.setattr(Opened, "ask", ask)
    monkeypatch.setattr(Opened, "close", lambda self: happened.append("close"))
    clock = FakeClock()
    found = settings(tmp_path / "run", allocator="found", processes=2)
    execute(found, Watcher(), open_session=Session(CELLS, clock), clock=clock)
    one_process = [("start", False), True, "process", "close"]
    assert happened == [("start", False), False, "close", *one_process, *one_process]
    assert json.loads((tmp_path / "run" / "run.json").read_text())["method"]["start"] == "fresh"


def entries(record):
    return {entry["cell"]: (entry["kind"], entry["tries"], entry["given_up"]) for entry in record.failed}


def visited(fake, cell):
    return sum(cell.id in request["visits"] for request in fake.asked)


@pytest.mark.parametrize(
    ("what", "kind"), [("signal", "signal"), ("session", "signal"), ("memory", "memory"), ("raise", "exception")]
)
def test_a_cell_that_fails_is_given_up_after_two_tries_and_the_others_are_complete(tmp_path, what, kind):
    record, fake = run(tmp_path / "run", crashes={CELLS[0].id: what}, changes={"processes": 4})
    assert record.status == "complete"
    failed = entries(record)
    assert set(failed) == {CELLS[0].id}
    assert failed[CELLS[0].id][0] == kind and failed[CELLS[0].id][2]
    rounds = load(tmp_path / "run")
    others = rounds[(rounds["conversion"] != "f") | (rounds["size"] != 1)]
    assert (others.groupby(["conversion", "size"], observed=True)["process"].nunique() == 4).all()
    assert visited(fake, CELLS[0]) <= 2


def test_a_cell_that_hangs_is_ended_by_its_process_and_given_up_at_once(tmp_path):
    record, fake = run(tmp_path / "run", crashes={CELLS[0].id: "hang"}, changes={"processes": 3})
    assert entries(record) == {CELLS[0].id: ("time-out", 1, True)}
    assert fake.killed == [PID]
    assert visited(fake, CELLS[0]) == 1
    assert load(tmp_path / "run")["process"].nunique() == 3


def test_a_cell_that_crashes_once_is_measured_again_and_the_record_says_so(tmp_path):
    record, _ = run(tmp_path / "run", crashes={CELLS[0].id: "signal"}, once=True, changes={"processes": 3})
    assert entries(record) == {CELLS[0].id: ("signal", 1, False)}
    rounds = load(tmp_path / "run")
    counts = rounds.groupby(["conversion", "size"], observed=True)["process"].nunique()
    assert counts["f", 1] == 2 and counts.sum() == 2 + 3 * 3
    assert [process["file"] for process in record.processes] == [f"process-000{number}.json" for number in (1, 2, 3)]


@pytest.mark.parametrize("layouts", [(1,), (1, 2, 3)])
def test_what_failures_cost_is_not_the_budgets_but_for_what_is_more_than_ten_seconds(tmp_path, layouts):
    usual = {"law": Law(noise=0.5), "seconds": 0.2, "changes": {"budget": 18.0, "layouts": layouts}}
    quiet, _ = run(tmp_path / "quiet", **usual)
    brief, _ = run(tmp_path / "brief", **usual, crashes={CELLS[0].id: "signal"})
    assert 0 < brief.lost_seconds < 10 and len(brief.processes) >= len(quiet.processes)
    assert brief.spent_seconds == pytest.approx(quiet.spent_seconds, abs=3)
    long, _ = run(tmp_path / "long", **usual, crashes={CELLS[0].id: "hang"})
    assert long.lost_seconds > 60  # the time-out, after which every session measures once all the same
    assert sorted(layout for layout, _ in layouts_of(long)) == list(layouts)


@pytest.mark.parametrize(
    ("what", "failed"),
    [
        ("signal", ("signal", 1, True)),
        ("raise", ("exception", 1, True)),
        ("hang", ("time-out", 1, True)),
        ("session", ("signal", 2, True)),
    ],
)
def test_a_cell_that_fails_while_it_is_prepared_is_never_visited(tmp_path, what, failed):
    record, fake = run(tmp_path / "run", preparing={CELLS[1].id: what}, changes={"processes": 2})
    assert entries(record) == {CELLS[1].id: failed}
    assert visited(fake, CELLS[1]) == 0
    assert load(tmp_path / "run").groupby(["conversion", "size"], observed=True)["process"].nunique().sum() == 3 * 2


@pytest.mark.parametrize("when", ["preparing", "crashes"])
def test_no_cell_is_blamed_for_a_process_that_somebody_has_stopped(tmp_path, monkeypatch, when):
    clock = SimpleNamespace(monotonic=itertools.count(100.0).__next__, sleep=lambda _: None)
    monkeypatch.setattr(supervision, "time", clock)  # a second goes by at every look
    record, fake = run(tmp_path / "run", once=True, changes={"processes": 2}, **{when: {CELLS[1].id: "stop"}})
    assert fake.killed == [PID]
    assert record.status == "complete" and record.failed == []
    rounds = load(tmp_path / "run")
    assert (rounds.groupby(["conversion", "size"], observed=True)["process"].nunique() == 2).sum() == len(CELLS)


def test_a_session_that_died_of_a_cell_tries_its_conversion_apart(tmp_path):
    _, fake = run(tmp_path / "run", preparing={CELLS[1].id: "session"}, once=True, changes={"processes": 1})
    assert [told["on_trial"] for told in fake.told] == [[], ["f"]]


def test_a_grid_of_which_everything_is_given_up_later_ends(tmp_path):
    record, _ = run(tmp_path / "run", crashes=dict.fromkeys([cell.id for cell in CELLS], "signal"))
    assert record.processes == [] and len(record.failed) == len(CELLS)
    assert json.loads(record.path.read_text())["failed"] == record.failed


def test_a_process_that_fails_without_a_cell_to_blame_is_tried_twice(tmp_path):
    record, fake = run(tmp_path / "run", fault=lambda process: "status" if process == 2 else None)
    assert record.status == "incomplete"
    assert [request["process"] for request in fake.asked] == [1, 2, 2]
    assert "last words" in record.failed[-1]["error"]


MIXED = tuple(
    Cell(name, "to_tensor", "float64", size) for name in ("mine", "other", "torch.tensor") for size in (1, 64)
)
MINE = {cell.id for cell in MIXED if cell.conversion == "mine"}


@pytest.mark.parametrize(
    ("blamed", "how"),
    [(None, ""), (MIXED[4].id, "signal"), (MIXED[2].id, "session")],
    ids=["nobody", "a neighbour", "a neighbour of theirs, when the session dies"],
)
def test_a_users_conversion_that_harms_its_process_unseen_is_found_and_no_other_is_blamed(tmp_path, blamed, how):
    own = tmp_path / "own.py"
    own.write_text("")
    clock = FakeClock()
    fake = FakeSession(MIXED, clock)

    class Harmed(dict):
        def get(self, cell, default=None):
            harmed = MINE & set(fake.asked[-1]["visits"])
            return how if cell == blamed and harmed else default

    fake.crashes = Harmed()
    fake.fault = lambda process: "status" if MINE & set(fake.asked[-1]["visits"]) else None
    wanted = settings(tmp_path / "run", cells=MIXED, conversions_file=str(own), processes=3)
    record = execute(wanted, Watcher(), open_session=fake, clock=clock)
    assert record.status == "complete" and len(record.processes) == 3
    assert {entry["cell"] for entry in record.failed} == MINE
    assert all(entry["given_up"] for entry in record.failed)
    measured = load(tmp_path / "run").groupby("conversion", observed=True)["process"].nunique()
    assert dict(measured) == {"other": 3, "torch.tensor": 3}


def test_a_full_disk_is_one_line_and_what_was_measured_is_kept(tmp_path, monkeypatch):
    def full(path, content):
        if path.name == "process-0003.json":
            raise CannotWrite(f"{path}: cannot be written (No space left on device)")
        write_json(path, content)

    monkeypatch.setattr(interleave, "write_json", full)
    with pytest.raises(UsageError, match=r"No space left.*2 processes are kept.*run --resume run") as caught:
        run(tmp_path / "run")
    assert "\n" not in str(caught.value)
    assert load(tmp_path / "run")["process"].nunique() == 2
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        *("run.json", "process-0001.json", "process-0002.json")
    }


def test_a_process_that_finds_the_disk_full_ends_the_run(tmp_path, monkeypatch):
    said = "OSError: [Errno 28] No space left on device: 'process-0002.json'"
    monkeypatch.setattr(Opened, "last_line", lambda self, mark=0: said)
    clock = FakeClock()
    fake = FakeSession(CELLS, clock, fault=lambda process: "status" if process == 2 else None)
    with pytest.raises(UsageError, match=r"run: cannot be written \(No space left on device\); 1 processes are kept"):
        execute(settings(tmp_path / "run"), Watcher(), open_session=fake, clock=clock)


def test_a_process_that_has_no_file_left_to_open_is_not_taken_for_a_full_disk(tmp_path, monkeypatch):
    said = "OSError: [Errno 24] Too many open files: 'process-0002.json'"
    monkeypatch.setattr(Opened, "last_line", lambda self, mark=0: said)
    record, _ = run(tmp_path / "run", fault=lambda process: "status" if process == 2 else None)
    assert record.status == "incomplete" and len(record.processes) == 1
    assert said in record.failed[-1]["error"]


def test_a_clock_that_jumps_backwards_changes_no_duration(tmp_path, monkeypatch):
    class Backwards(datetime):
        days = 400

        @classmethod
        def now(cls, zone=None):
            cls.days -= 1
            return datetime(2026, 1, 1, tzinfo=zone) + timedelta(days=cls.days)

    monkeypatch.setattr(interleave, "datetime", Backwards)
    record, _ = run(tmp_path / "run", changes={"processes": 3})
    started = [process["started"] for process in record.processes]
    assert started == sorted(started, reverse=True)
    assert all(process["seconds"] >= 0 for process in record.processes) and record.wall_seconds >= 0
    assert load(tmp_path / "run")["process"].nunique() == 3


def test_another_runner_in_the_same_folder_is_refused_and_nothing_is_touched(tmp_path):
    with locked(tmp_path), pytest.raises(UsageError, match="is being measured by process"):
        execute(replace(settings(tmp_path / "run"), folder=tmp_path), Watcher(), open_session=None)
    assert not (tmp_path / "run.json").exists()


def test_a_folder_that_holds_a_run_is_not_begun_anew(tmp_path):
    run(tmp_path / "run", changes={"processes": 1})
    before = (tmp_path / "run" / "run.json").read_bytes()
    taken = replace(settings(tmp_path / "other"), folder=tmp_path / "run")
    with pytest.raises(UsageError, match="exists already"):
        execute(taken, Watcher(), open_session=None)
    assert (tmp_path / "run" / "run.json").read_bytes() == before


def test_the_record_holds_no_path_of_the_users_file(tmp_path):
    own = tmp_path / "secret" / "mine.py"
    own.parent.mkdir()
    own.write_text("")
    record, _ = run(tmp_path / "run", changes={"processes": 1, "conversions_file": str(own)})
    text = record.path.read_text()
    assert json.loads(text)["plan"]["conversions_file"]["name"] == "mine.py"
    assert "secret" not in text


def press_ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_is_acted_on_at_the_next_check():
    with Interrupt() as interrupt:
        interrupt.check()
        press_ctrl_c()
        with pytest.raises(KeyboardInterrupt):
            interrupt.check()


def test_a_second_ctrl_c_does_not_wait():
    with Interrupt():
        press_ctrl_c()
        with pytest.raises(KeyboardInterrupt):
            press_ctrl_c()


def test_the_signal_is_given_back():
    before = signal.getsignal(signal.SIGINT)
    with Interrupt():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before


def test_being_asked_to_end_counts_as_ctrl_c_however_often_it_comes():
    before = signal.getsignal(signal.SIGTERM)
    with Interrupt() as interrupt:
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            interrupt.check()
    assert signal.getsignal(signal.SIGTERM) == before
