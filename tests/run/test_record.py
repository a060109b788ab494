import json

import pytest

from copycost.errors import UsageError
from copycost.run.arms import BASE, Arm
from copycost.run.execution import execute
from copycost.run.record import (
    entry_of,
    process_file,
    process_number,
    recovered,
    remove_leftovers,
    timed_seconds,
    visits_of,
)
from copycost.store.loading import load
from tests.made_up import machine_facts
from tests.run.fake_session import FakeClock, FakeSession
from tests.run.test_execution import CELLS, Watcher, settings


@pytest.fixture
def interrupted(tmp_path):
    """A run of four processes, interrupted in its third, and its settings."""
    wanted = settings(tmp_path / "run", processes=4)
    clock = FakeClock()
    fault = {3: KeyboardInterrupt()}
    execute(wanted, Watcher(), open_session=FakeSession(CELLS, clock, fault=fault.get), clock=clock)
    return wanted


def go_on(wanted, **session):
    clock = FakeClock()
    fake = FakeSession(CELLS, clock, **session)
    watcher = Watcher()
    record = execute(wanted, watcher, resume=True, open_session=fake, clock=clock)
    return record, fake, watcher


def files(folder):
    return {path.name: path.read_bytes() for path in folder.glob("process-*.json")}


def edit(folder, **changes):
    path = folder / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_finished_processes_are_neither_lost_nor_measured_again(interrupted):
    before = files(interrupted.folder)
    record, fake, watcher = go_on(interrupted)
    assert record.status == "complete"
    assert [request["process"] for request in fake.asked] == [3, 4]
    assert [process["file"] for process in record.processes] == [f"process-000{number}.json" for number in (1, 2, 3, 4)]
    assert before.items() <= files(interrupted.folder).items()
    assert load(interrupted.folder)["process"].nunique() == 4
    assert [said[1] for said in watcher.said if said[0] == "ended"] == [3, 4]


def test_a_resumed_run_says_so(interrupted):
    go_on(interrupted)
    kept = json.loads((interrupted.folder / "run.json").read_text())
    (resumption,) = kept["resumptions"]
    assert resumption["after"] == "interrupted" and resumption["processes"] == 2 and resumption["at"]


def test_a_whole_file_that_the_record_does_not_know_yet_is_adopted(interrupted):
    known = json.loads((interrupted.folder / "run.json").read_text())
    edit(interrupted.folder, processes=known["processes"][:1], spent_seconds=1.0)
    record = recovered(interrupted)
    assert [entry["file"] for entry in record.processes] == ["process-0001.json", "process-0002.json"]
    adopted = record.processes[1]
    assert adopted == known["processes"][1]
    assert record.spent_seconds == pytest.approx(1.0 + adopted["seconds"])


def test_a_file_that_is_not_whole_is_set_aside_and_measured_again(interrupted):
    damaged = interrupted.folder / "process-0002.json"
    damaged.write_bytes(damaged.read_bytes()[:1000])
    record, fake, _ = go_on(interrupted)
    assert [request["process"] for request in fake.asked] == [2, 3, 4]
    assert (interrupted.folder / "damaged-process-0002.json").stat().st_size == 1000
    assert load(interrupted.folder)["process"].nunique() == 4
    assert len(record.processes) == 4


def test_a_file_of_another_run_is_refused_and_nothing_is_touched(interrupted):
    content = json.loads((interrupted.folder / "process-0001.json").read_text())
    content["copycost"]["run"] = "another"
    (interrupted.folder / "process-0007.json").write_text(json.dumps(content))
    before = (interrupted.folder / "run.json").read_bytes()
    with pytest.raises(UsageError, match=r"process-0007\.json: does not belong to run 'run'"):
        go_on(interrupted)
    assert (interrupted.folder / "run.json").read_bytes() == before


@pytest.mark.parametrize("content", ["", "{", '{"benchmarks": [', "\0" * 100], ids=["empty", "{", "cut short", "zeros"])
def test_what_a_failed_write_leaves_is_set_aside(interrupted, content):
    (interrupted.folder / "process-0002.json").write_text(content)
    assert [entry["file"] for entry in recovered(interrupted).processes] == ["process-0001.json"]
    assert (interrupted.folder / "damaged-process-0002.json").read_text() == content


@pytest.mark.parametrize("reason", ["needs more memory than there is", "larger than the 512 MiB that are read"])
def test_a_file_that_cannot_be_read_here_ends_the_resume_and_keeps_its_name(interrupted, monkeypatch, reason):
    def refuse(path):
        raise UsageError(f"{path}: {reason}")

    monkeypatch.setattr("copycost.run.record.read_json", refuse)
    before = files(interrupted.folder)
    with pytest.raises(UsageError, match=reason):
        go_on(interrupted)
    assert files(interrupted.folder) == before


@pytest.mark.parametrize("content", ["[]", "{}", '{"copycost": {"run": "run"}}'])
def test_json_that_is_no_process_is_refused_and_keeps_its_name(interrupted, content):
    (interrupted.folder / "process-0002.json").write_text(content)
    with pytest.raises(UsageError, match=r"process-0002\.json: does not belong to run 'run'"):
        go_on(interrupted)
    assert (interrupted.folder / "process-0002.json").read_text() == content


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("benchmarks", 0, "stats"), None),
        (("benchmarks", 0, "extra_info"), []),
        (("benchmarks", 0, "extra_info", "visit"), 7),
        (("benchmarks", 0, "param"), []),
        (("benchmarks", 0), "x"),
        (("copycost", "arm"), "another"),
        (("copycost", "arm"), []),
    ],
)
def test_a_process_whose_content_is_not_a_runs_is_refused_and_keeps_its_name(interrupted, place, value):
    path = interrupted.folder / "process-0002.json"
    part = content = json.loads(path.read_text())
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    path.write_text(json.dumps(content))
    before = files(interrupted.folder)
    with pytest.raises(UsageError, match=r"process-0002\.json: .*move it elsewhere"):
        go_on(interrupted)
    assert files(interrupted.folder) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"processes": [{"file": "process-0001.json", "turn": "x", "arm": 7, "session": [], "timed_seconds": None}]},
        {"resumptions": 7, "wall_seconds": "x", "spent_seconds": -1, "lost_seconds": []},
        {"arms": [{"name": "base", "machine": 3, "clock_reference": "x"}]},
        {"counts": {"base": {"instructions": {"f": "x"}, "failed": {"f": []}}}},
    ],
)
def test_what_a_record_tells_of_its_processes_is_read_from_their_files(interrupted, changes):
    before = files(interrupted.folder)
    edit(interrupted.folder, **changes)
    record, _, _ = go_on(interrupted)
    assert record.status == "complete" and before.items() <= files(interrupted.folder).items()
    assert [process["turn"] for process in record.processes] == [1, 2, 3, 4]


def test_leftovers_are_removed(interrupted):
    folder = interrupted.folder
    (folder / ".scratch").mkdir()
    (folder / ".scratch" / "process-0003.json").write_text("{")
    (folder / ".run.json.123-abcd.tmp").write_text("{")
    (folder / "notes.txt").write_text("mine")
    remove_leftovers(folder)
    assert {path.name for path in folder.iterdir()} == {*files(folder), "run.json", "notes.txt"}


def test_what_a_link_leads_to_is_not_removed(interrupted, tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("")
    (interrupted.folder / ".scratch").symlink_to(tmp_path / "kept")
    remove_leftovers(interrupted.folder)
    assert (tmp_path / "kept" / "file").exists() and not (interrupted.folder / ".scratch").exists()


def test_a_complete_run_has_nothing_to_resume(interrupted):
    go_on(interrupted)
    with pytest.raises(UsageError, match="complete, there is nothing to resume"):
        go_on(interrupted)


def test_the_budget_goes_on_where_it_stood(interrupted):
    spent = json.loads((interrupted.folder / "run.json").read_text())["spent_seconds"]
    record, _, _ = go_on(interrupted)
    assert record.spent_seconds > spent
    assert record.wall_seconds >= record.spent_seconds - 1


def test_a_spent_budget_ends_a_resumed_run_at_once(interrupted):
    edit(interrupted.folder, spent_seconds=60.0)
    record, fake, _ = go_on(interrupted)
    assert record.status == "complete" and fake.asked == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"torch": "9.9"}, "its machine had torch '2.13.0', now it is '9.9'"),
        ({"machine": "another"}, "now it is 'another'"),
        ({"kernel": "7"}, "had kernel None, now it is '7'"),
    ],
)
def test_another_machine_is_refused_with_what_differs_and_nothing_is_touched(interrupted, changed, said):
    before = {path.name: path.read_bytes() for path in interrupted.folder.iterdir()}
    with pytest.raises(UsageError, match=said):
        go_on(interrupted, machine={**machine_facts(), **changed})
    assert {path.name: path.read_bytes() for path in interrupted.folder.iterdir()} == before


def test_another_method_is_refused(interrupted):
    method = json.loads((interrupted.folder / "run.json").read_text())["method"]
    edit(interrupted.folder, method={**method, "canary": "another"})
    with pytest.raises(UsageError, match="its method had canary 'another'"):
        go_on(interrupted)


def test_cells_that_were_given_up_stay_given_up(tmp_path):
    wanted = settings(tmp_path / "run", processes=4)
    clock = FakeClock()
    fault = {3: KeyboardInterrupt()}
    fake = FakeSession(CELLS, clock, fault=fault.get, crashes={CELLS[0].id: "hang"})
    execute(wanted, Watcher(), open_session=fake, clock=clock)
    record, fake, _ = go_on(wanted)
    assert all(CELLS[0].id not in request["visits"] for request in fake.asked)
    assert len(fake.plan["cells"]) == len(CELLS) - 1
    assert len(record.failed) == 1


def test_an_incomplete_run_can_be_resumed_and_forgets_why_it_was_incomplete(tmp_path):
    wanted = settings(tmp_path / "run", processes=4)
    clock = FakeClock()
    fault = {3: "status"}
    execute(wanted, Watcher(), open_session=FakeSession(CELLS, clock, fault=fault.get), clock=clock)
    record, _, _ = go_on(wanted)
    assert record.status == "complete" and record.failed == []


def test_a_run_that_was_killed_before_its_first_process_begins_anew(tmp_path):
    wanted = settings(tmp_path / "run", processes=2)
    clock = FakeClock()
    execute(wanted, Watcher(), open_session=FakeSession(CELLS, clock), clock=clock)
    for file in wanted.folder.glob("process-*.json"):
        file.unlink()
    edit(wanted.folder, status="running", processes=[], spent_seconds=0.0)
    record, fake, _ = go_on(wanted)
    assert record.status == "complete" and len(fake.asked) == 2


def test_a_turn_that_was_interrupted_between_its_arms_is_finished_first(tmp_path):
    wanted = settings(tmp_path / "run", processes=3, arms=(BASE, Arm("other", (("X", "1"),))))
    clock = FakeClock()
    fault = {4: KeyboardInterrupt()}
    execute(wanted, Watcher(), open_session=FakeSession(CELLS, clock, fault=fault.get), clock=clock)
    alone = json.loads((wanted.folder / "run.json").read_text())["processes"][-1]["arm"]
    record, _, _ = go_on(wanted)
    turns = [(process["turn"], process["arm"]) for process in record.processes]
    assert sorted(turns) == sorted((turn, arm) for turn in (1, 2, 3) for arm in ("base", "other"))
    assert turns[3] == (2, "base" if alone == "other" else "other")
    visits = [json.loads((wanted.folder / f"process-000{number}.json").read_text()) for number in (3, 4)]
    assert len({tuple(sorted(entry["param"] for entry in content["benchmarks"])) for content in visits}) == 1


CONTENT = {
    "copycost": {
        "arm": "base",
        "turn": 2,
        "session": 3,
        "started": "2026-01-02T03:04:05+00:00",
        "seconds": 4.0,
    },
    "benchmarks": [
        {
            "param": "f-float64-1",
            "stats": {"data": [1e-6, 3e-6], "iterations": 100},
            "extra_info": {"visit": [0, 0, 2], "copy_ns": [1000, 2000]},
        }
    ],
}


def test_a_number_and_its_files_name_belong_together():
    assert process_file(7) == "process-0007.json"
    assert [process_number(process_file(number)) for number in (1, 9999, 12345)] == [1, 9999, 12345]


@pytest.mark.parametrize("name", ["run.json", "process-.json", "process-x.json", "process-²³.json"])
def test_other_files_have_no_number(name):
    assert process_number(name) == 0


def test_the_entry_is_read_back_from_the_file():
    assert entry_of("process-0007.json", CONTENT) == {
        **{"file": "process-0007.json", "arm": "base", "turn": 2, "session": 3, "address_layout": None},
        **{"started": "2026-01-02T03:04:05+00:00", "seconds": 4.0},
        "timed_seconds": pytest.approx(4e-4 + 3e-6, abs=1e-6),
    }
    assert timed_seconds(CONTENT) == pytest.approx(4e-4 + 3e-6)


def test_visits_are_counted_by_cell():
    assert visits_of(CONTENT) == {"f-float64-1": 2}


@pytest.mark.parametrize("counts", [{"base": 3}, {"base": {}}, {"base": {"instructions": 3, "failed": {}}}])
def test_damaged_counts_are_counted_again_and_whole_ones_kept(interrupted, counts):
    path = interrupted.folder / "run.json"
    whole = {"by": "callgrind", "instructions": {"f": 3.0}, "failed": {}}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"counts": {**counts, "other": whole}}))
    assert recovered(interrupted).counts == {"other": whole}


@pytest.mark.parametrize(
    "damaged", [3, {}, {"seconds": {"f": 3}, "failed": {}}, {"seconds": {"f": [None]}, "failed": {}}]
)
def test_damaged_first_calls_are_made_again_and_whole_ones_kept(interrupted, damaged):
    path = interrupted.folder / "run.json"
    whole = {"seconds": {"f": [3.0]}, "failed": {}}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"first_calls": {"base": damaged, "other": whole}}))
    assert recovered(interrupted).first_calls == {"other": whole}
