import json
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.errors import UsageError
from copycost.measure import safe_path
from copycost.run import settings as run_settings
from copycost.run.arms import BASE, Arm
from copycost.run.counts import Counting, CountingStart, uncounted_lines
from copycost.run.record import Record
from copycost.run.session import Session, SessionEnded
from tests.run.fake_session import ScriptedSession
from tests.run.test_execution import Watcher, settings

F, G = (Cell(name, "to_tensor", "float64", 64) for name in ("f", "g"))
COLD, THREADED = Cell("f", "to_tensor", "float64", 64, cache="cold"), Cell("f", "to_tensor", "float64", 64, threads=2)


class Counters(ScriptedSession):
    """Processes that count: each cell has as many instructions as letters in its conversion's name, unless it dies."""

    def __init__(self, dies=(), raises=(), dies_at_once=False):
        self.dies, self.raises, self.dies_at_once = dies, raises, dies_at_once
        self.plans, self.starts = [], []

    @contextmanager
    def __call__(self, start, plan_file):
        self.starts.append(start)
        self.plans.append(json.loads(Path(plan_file).read_text()))
        self._script = self._events(self.plans[-1]["cells"])
        yield self

    def _events(self, cells):
        if self.dies_at_once:
            raise SessionEnded("the measuring process ended with exit status 1", 1)
        yield {"event": "started"}
        for cell in map(Cell.from_dict, cells):
            yield {"event": "preparing", "cell": cell.id, "pid": 4711}
            if cell.conversion in self.dies:
                raise SessionEnded("the measuring process was ended by SIGILL", -4)
            if cell.conversion in self.raises:
                yield {"event": "failed", "cell": cell.id, "error": "ValueError: no"}
            else:
                yield {"event": "counted", "cell": cell.id, "instructions": len(cell.conversion)}
        yield {"event": "ready"}


def counted(folder, counters, cells=(EMPTY_CALL, F, G), **changes):
    record = Record(settings(folder, cells=cells, **changes))
    watcher = Watcher()
    Counting(record, watcher, folder, counters, lambda: None).count()
    return record, watcher


def test_each_arm_is_counted_once_under_its_own_conditions(tmp_path):
    counters = Counters()
    arms = (BASE, Arm("other", environment=(("KEY", "value"),)))
    record, watcher = counted(tmp_path / "run", counters, arms=arms)
    instructions = {F.id: 1, G.id: 1}
    assert record.counts == {
        name: {"by": "callgrind", "instructions": instructions, "failed": {}} for name in ("base", "other")
    }
    assert [dict(start.environment) for start in counters.starts] == [{}, {"KEY": "value"}]
    assert watcher.said[-1] == (G.id, 4, 4)
    assert json.loads(record.path.read_text())["counts"] == record.counts


def test_only_warm_calls_of_one_thread_are_counted_and_the_empty_call_is_taken_out_elsewhere(tmp_path):
    counters = Counters()
    counted(tmp_path / "run", counters, cells=(EMPTY_CALL, F, COLD, THREADED))
    assert [cell["conversion"] for cell in counters.plans[0]["cells"]] == ["f"]


def test_what_was_skipped_or_given_up_is_not_counted(tmp_path):
    counters, record = Counters(), Record(settings(tmp_path / "run", cells=(F, G)))
    record.skipped.append({**F.as_dict(), "arm": "base", "reason": "no such pair"})
    Counting(record, Watcher(), tmp_path, counters, lambda: None).count()
    assert [cell["conversion"] for cell in counters.plans[0]["cells"]] == ["g"]


def test_a_cell_that_ends_its_process_costs_its_own_count_alone(tmp_path):
    record, _ = counted(tmp_path / "run", counters := Counters(dies=("f",)))
    assert record.counts["base"]["instructions"] == {G.id: 1}
    assert uncounted_lines(record.counts) == [
        f"not counted: {F.id}: its process was ended by SIGILL: last words",
    ]
    assert len(counters.plans) == 2


def test_a_conversion_that_raises_is_told_of_and_the_next_one_counted(tmp_path):
    record, watcher = counted(tmp_path / "run", Counters(raises=("f",)))
    assert record.counts["base"]["instructions"] == {G.id: 1}
    assert record.counts["base"]["failed"] == {F.id: "ValueError: no"}
    assert watcher.said == [(F.id, 1, 2), (G.id, 2, 2)]


def test_where_nothing_can_be_counted_every_cell_says_why_and_the_run_goes_on(tmp_path):
    record, _ = counted(tmp_path / "run", counters := Counters(dies_at_once=True))
    assert uncounted_lines(record.counts) == [
        f"not counted: {F.id} and 1 more: its process ended with exit status 1: last words"
    ]
    assert len(counters.plans) == 1


def test_what_was_counted_before_an_interruption_is_not_counted_again(tmp_path):
    record, _ = counted(tmp_path / "run", Counters(raises=("f",)))
    Counting(record, Watcher(), tmp_path, again := Counters(), lambda: None).count()
    assert again.plans == []


def test_the_command_line_has_callgrind_before_the_interpreter(tmp_path):
    plan = tmp_path / "plan.json"
    command = CountingStart("python", {}, 1).command(plan)
    valgrind = command.index("valgrind")
    assert command[valgrind + 1] == "--tool=callgrind"
    counting = ["copycost.measure.counting", str(plan), str(tmp_path / "plan.callgrind")]
    assert command[-5:] == ["python", safe_path.__file__, *counting]
    assert CountingStart("python", {}, None).command(plan) != command


def test_counting_without_valgrind_is_refused_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(run_settings.shutil, "which", lambda name: None)
    with pytest.raises(UsageError, match="--counts needs Linux and valgrind"):
        run_settings.settle(counts=True, out=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
def test_callgrind_itself_counts_a_call(tmp_path):
    small, large = (Cell("torch.tensor", "to_tensor", "float64", size) for size in (1, 2**14))
    record, _ = counted(tmp_path / "run", Session, cells=(small, large))
    found = record.counts["base"]
    assert found["failed"] == {}
    assert 1_000 < found["instructions"][small.id] < 1_000_000
    # 128 KiB are 4,096 loads and as many stores, 32 bytes each.
    assert 8_000 < found["instructions"][large.id] - found["instructions"][small.id] < 100_000
