import json
from contextlib import contextmanager
from pathlib import Path

import pytest

from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.catalogue.conversions import CONVERSIONS, Conversion
from copycost.measure import first_call
from copycost.run.arms import BASE, Arm
from copycost.run.counts import uncounted_lines
from copycost.run.first_calls import FirstCalls, FirstCallStart, smallest_of_each
from copycost.run.record import Record
from copycost.run.session import Session, SessionEnded
from tests.run.fake_session import ScriptedSession
from tests.run.test_execution import Watcher, settings

F, LARGE, G = (Cell(name, "to_tensor", "float64", size) for name, size in (("f", 1), ("f", 64), ("g", 8)))


class Fresh(ScriptedSession):
    """Fresh processes: the first call of the nth takes n seconds, unless its conversion dies or raises."""

    def __init__(self, dies=(), raises=()):
        self.dies, self.raises = dies, raises
        self.starts, self.cells = [], []

    @contextmanager
    def __call__(self, start, plan_file):
        (cell,) = map(Cell.from_dict, json.loads(Path(plan_file).read_text())["cells"])
        self.starts.append(start)
        self.cells.append(cell)
        self._script = self._events(cell, len(self.cells))
        yield self

    def _events(self, cell, number):
        yield {"event": "started"}
        yield {"event": "preparing", "cell": cell.id, "pid": 4711}
        if cell.conversion in self.dies:
            raise SessionEnded("the measuring process was ended by SIGSEGV", -11)
        if cell.conversion in self.raises:
            yield {"event": "failed", "cell": cell.id, "error": "ValueError: no"}
        else:
            yield {"event": "called", "cell": cell.id, "seconds": float(number)}
        yield {"event": "ready"}


def timed(folder, fresh, earlier=None, **changes):
    record = Record(settings(folder, **{"cells": (EMPTY_CALL, LARGE, F, G), **changes}))
    record.first_calls = earlier or {}
    watcher = Watcher()
    FirstCalls(record, watcher, folder, fresh, lambda: None).time()
    return record.first_calls, watcher


def test_each_conversion_is_called_at_its_smallest_size_in_five_processes_of_each_arm(tmp_path):
    fresh, fast = Fresh(), Arm("fast", {"SPEED": "9"}, numa=1)
    found, watcher = timed(tmp_path / "run", fresh, arms=(BASE, fast), layouts=(3, 4))
    for arm in ("base", "fast"):
        assert {cell: len(seconds) for cell, seconds in found[arm]["seconds"].items()} == {F.id: 5, G.id: 5}
    assert sorted(second for arm in found.values() for of_cell in arm["seconds"].values() for second in of_cell) == [
        *range(1, 21)
    ]
    assert {(start.environment.get("SPEED"), start.node) for start in fresh.starts} == {(None, None), ("9", 1)}
    assert [start.layout for start in fresh.starts] == [3] * 4 + [4] * 4 + [3] * 4 + [4] * 4 + [3] * 4
    assert watcher.said[-1][1:] == (20, 20)


@pytest.mark.parametrize(("harm", "error"), [("dies", "SIGSEGV"), ("raises", "ValueError: no")])
def test_a_conversion_that_fails_is_called_once_and_told(tmp_path, harm, error):
    fresh = Fresh(**{harm: ["f"]})
    found, _ = timed(tmp_path / "run", fresh)
    assert [cell.conversion for cell in fresh.cells].count("f") == 1
    assert set(found["base"]["seconds"]) == {G.id} and error in found["base"]["failed"][F.id]
    (line,) = uncounted_lines(found, "no first call")
    assert line.startswith(f"no first call: {F.id}: ") and error in line


def test_what_was_timed_before_an_interruption_is_not_timed_again(tmp_path):
    fresh = Fresh()
    earlier = {"base": {"seconds": {F.id: [0.5, 0.25], G.id: [1.0] * 5}, "failed": {}}}
    found, _ = timed(tmp_path / "run", fresh, earlier)
    assert fresh.cells == [F] * 3 and found["base"]["seconds"][F.id] == [0.5, 0.25, 1.0, 2.0, 3.0]


def test_a_conversion_has_no_first_call_where_only_cold_caches_are_measured(tmp_path):
    cold = Cell("f", "to_tensor", "float64", 1, cache="cold")
    fresh = Fresh()
    timed(tmp_path / "run", fresh, cells=(EMPTY_CALL, cold, G))
    assert set(fresh.cells) == {G}


def test_the_call_is_that_of_the_fewest_threads_and_bytes():
    threaded = Cell("g", "to_tensor", "float64", 1, threads=2)
    assert smallest_of_each([threaded, LARGE, G, F]) == [G, F]


def test_one_call_is_timed_and_nothing_before_it(monkeypatch):
    order = []

    def clock():
        order.append("clock")
        return float(len(order))

    def setup(a):
        order.append("set up")
        return a

    def convert(a, out):
        order.append("call")

    monkeypatch.setattr(first_call, "perf_counter", clock)
    mine = Conversion("f", "to_tensor", "f(a)", "may copy", "user", convert, setup=setup, destination=lambda a: a)
    assert first_call.first_call_seconds(mine, F) == 2.0
    assert order == ["set up", "clock", "call", "clock"]
    assert first_call.first_call_seconds(CONVERSIONS["t.numpy"], Cell("t.numpy", "to_array", "float64", 4)) == 1.0


def test_a_fresh_process_tells_its_first_call(tmp_path):
    from copycost.measure.plan import MeasurePlan

    cell = Cell("torch.from_numpy", "to_tensor", "float64", 4)
    plan_file = tmp_path / "plan.json"
    MeasurePlan((cell,)).write(plan_file)
    with Session(FirstCallStart(layout=None), plan_file) as session:
        events = list(session.events("ready", 300.0))
    assert [event["event"] for event in events] == ["started", "preparing", "called", "ready"]
    assert events[2]["cell"] == cell.id and events[2]["seconds"] > 0
