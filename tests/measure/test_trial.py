import os
import signal
import sys

import pytest

from copycost.catalogue.cell import Cell
from copycost.catalogue.conversions import Conversion
from copycost.measure import trial
from copycost.measure.protocol import Protocol
from copycost.measure.workbench import Workbench

CELL = Cell("mine", "to_tensor", "float64", 16)


def workbench(function, documented="copies"):
    mine = Conversion("mine", "to_tensor", "mine(a)", documented, "user", function)
    return Workbench({"mine": mine}, Protocol())


def good(a):
    import torch

    return torch.tensor(a)


def raises(error):
    def function(a):
        raise error

    return function


def test_a_cell_that_works_comes_back_with_its_calibration():
    pids = []
    event, status = trial.tried(workbench(good), CELL, pids.append)
    assert status == 0 and len(pids) == 1 and pids[0] != os.getpid()
    assert event["event"] == "prepared" and event["seconds"] > 0
    assert event["calibration"]["shares_memory"] is False


def test_the_workbench_that_learns_it_does_not_call_the_conversion():
    bench = workbench(good)
    event, _ = trial.tried(bench, CELL, lambda pid: None)
    other = workbench(raises(AssertionError("called")))
    other.learn(CELL, event["calibration"])
    assert other.prepare(CELL).calibration.block == event["calibration"]["block"]


@pytest.mark.parametrize(
    ("function", "ended"),
    [
        (lambda a: os.abort(), -signal.SIGABRT),
        (lambda a: os.kill(os.getpid(), signal.SIGSEGV), -signal.SIGSEGV),
        (lambda a: os._exit(3), 3),
    ],
    ids=["abort", "segfault", "exit"],
)
def test_a_conversion_that_ends_its_process_tells_nothing_but_its_status(function, ended):
    event, status = trial.tried(workbench(function), CELL, lambda pid: None)
    assert event is None
    assert os.waitstatus_to_exitcode(status) == ended


def test_a_conversion_that_hangs_is_ended_by_its_number():
    import time

    event, status = trial.tried(workbench(lambda a: time.sleep(600)), CELL, lambda pid: os.kill(pid, signal.SIGKILL))
    assert event is None and os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (raises(TypeError("no such type")), {"event": "skipped", "reason": "TypeError: no such type"}),
        (raises(MemoryError()), {"event": "failed", "kind": "memory", "error": "MemoryError: "}),
        (lambda a: good(a) + 1, {"event": "failed", "kind": "wrong result"}),
        (lambda a: sys.exit(3), {"event": "failed", "kind": "exception", "error": "SystemExit: 3"}),
        (raises(KeyboardInterrupt()), {"event": "failed", "kind": "exception"}),
    ],
    ids=["exception", "memory", "wrong result", "sys.exit", "KeyboardInterrupt"],
)
def test_other_failures_are_told(function, told, capfd):
    event, status = trial.tried(workbench(function), CELL, lambda pid: None)
    assert status == 0
    assert told.items() <= event.items()
    assert trial.prepared(workbench(function), CELL).items() >= told.items()


def test_a_conversion_that_leaves_a_process_behind_does_not_hold_the_session_up(tmp_path):
    left = tmp_path / "left"

    def forks(a):
        child = os.fork()
        if child == 0:
            signal.pause()
        left.write_text(str(child))
        os._exit(0)

    event, _ = trial.tried(workbench(forks), CELL, lambda pid: None)
    os.kill(int(left.read_text()), signal.SIGKILL)
    assert event is None
