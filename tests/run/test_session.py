"""A session: how one is started, and what becomes of one that ends or falls silent."""

import os
import queue
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from copycost.catalogue.cell import Cell
from copycost.measure.plan import MeasurePlan
from copycost.run import session as module
from copycost.run.session import BENCHMARKS, Session, SessionEnded, SessionSilent, Start

PLAN = Path("plan.json")


class Script(Start):
    """A start whose process runs a script instead of pytest."""

    def __init__(self, script):
        super().__init__()
        object.__setattr__(self, "script", script)

    def command(self, plan_file):
        return [sys.executable, "-c", self.script]


def events(script, until="ready", timeout=30.0, ask=None):
    with Session(Script(script), "plan.json") as session:
        if ask is not None:
            session.ask(ask)
        return list(session.events(until, timeout))


def test_events_are_heard_up_to_the_one_waited_for():
    script = "for e in ('prepared', 'ready', 'ended'): print('{\"event\": \"%s\"}' % e, flush=True)"
    assert [event["event"] for event in events(script)] == ["prepared", "ready"]


def test_a_request_reaches_the_process_as_one_line():
    script = "import sys, json; r = json.loads(sys.stdin.readline()); print(json.dumps({'event': 'ready', 'heard': r}))"
    assert events(script, ask={"process": 7})[0]["heard"] == {"process": 7}


def test_a_process_that_ends_early_leaves_its_last_words():
    with pytest.raises(SessionEnded, match=r"status 3: no module named torch"):
        events("import sys; print('no module named torch', file=sys.stderr); sys.exit(3)")


def test_a_process_that_falls_silent_is_told_and_can_be_ended_and_listened_to_again():
    waits = []
    with Session(Script("import time; time.sleep(600)"), "plan.json") as session:
        with pytest.raises(SessionSilent):
            list(session.events("ready", 0.1, lambda: waits.append(1)))
        session.kill(session._process.pid)
        with pytest.raises(SessionEnded, match="SIGKILL") as caught:
            list(session.events("ready", 30.0))
    assert caught.value.status == -9
    assert waits


def test_a_pause_of_the_runner_is_no_silence_of_the_session(monkeypatch):
    class Paused(queue.SimpleQueue):
        pieces = 0

        def get(self, timeout):  # the first piece takes an hour, in which the runner is stopped
            self.pieces += 1
            if self.pieces == 1:
                raise queue.Empty
            return super().get(timeout=30.0)

    monkeypatch.setattr(module.queue, "SimpleQueue", Paused)
    assert [event["event"] for event in events('print(\'{"event": "ready"}\')', timeout=1.0)] == ["ready"]


def test_one_process_of_a_session_can_be_ended():
    script = (
        "import os, time, json\n"
        "child = os.fork()\n"
        "if child == 0: time.sleep(600)\n"
        "print(json.dumps({'event': 'forked', 'pid': child}), flush=True)\n"
        "print(json.dumps({'event': 'ready', 'status': os.waitpid(child, 0)[1]}), flush=True)\n"
    )
    with Session(Script(script), "plan.json") as session:
        told = session.events("ready", 30.0)
        session.kill(next(told)["pid"])
        assert next(told)["status"] == 9


def test_the_last_line_since_a_mark_is_read_while_the_session_goes_on_writing():
    script = (
        "import sys\n"
        "print('before', file=sys.stderr, flush=True); print('{\"event\": \"one\"}', flush=True)\n"
        "sys.stdin.readline()\n"
        "print('what(): bad_alloc', file=sys.stderr, flush=True); print('{\"event\": \"two\"}', flush=True)\n"
        "sys.stdin.readline()\n"
    )
    with Session(Script(script), "plan.json") as session:
        list(session.events("one", 30.0))
        mark = session.mark()
        assert session.last_line() == "before" and session.last_line(mark) == ""
        session.ask({})
        list(session.events("two", 30.0))
        assert session.last_line(mark) == "what(): bad_alloc"


GARBAGE = ["garbage", "[1]", '{"other": 1}', '{"event": 7}', "\x00\xff", ""]


def test_what_a_conversion_writes_among_the_events_is_passed_over():
    lines = [*GARBAGE, '{"event": "ready"}']
    assert events(f"import os; os.write(1, {chr(10).join(lines)!r}.encode('latin-1') + b'\\n')") == [{"event": "ready"}]


LEAVES_A_HELPER = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    print('{"event": "ready", "pid": %d}' % os.getpid(), flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("ends_first", [False, True], ids=["the session is ended", "the session has ended"])
def test_a_helper_that_holds_the_pipe_open_is_not_waited_for(ends_first):
    script = LEAVES_A_HELPER + ("" if ends_first else "time.sleep(600)")
    with Session(Script(script), "plan.json") as session:
        (ready,) = session.events("ready", 30.0)
        if ends_first:
            with pytest.raises(SessionEnded, match="exit status 0"):
                list(session.events("never", 30.0))
            os.kill(ready["pid"], signal.SIGKILL)  # nobody knows it any more
    for _ in range(100):
        if not is_running(ready["pid"]):
            return
        time.sleep(0.1)
    raise AssertionError("the helper is still running")


FLOOD = """
import os, time
print('{"event": "ready"}', flush=True)
if os.fork() == 0:
    os.setsid()
    began = time.monotonic()
    while time.monotonic() - began < 60:
        os.write(1, b"x" * 1000)
"""


def test_a_helper_that_writes_for_ever_after_the_session_has_ended_is_not_heard_for_ever():
    with Session(Script(FLOOD), "plan.json") as session:
        list(session.events("ready", 30.0))
        with pytest.raises(SessionEnded, match="exit status 0"):
            list(session.events("never", 30.0))
    assert not session._reader.is_alive()


def is_running(pid):
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_leaving_the_session_ends_its_process():
    with Session(Script("import time; time.sleep(600)"), "plan.json") as session:
        pass
    assert session._process.returncode is not None


def test_a_chosen_layout_fixes_the_hash_seed():
    assert Start(layout=3).environ(PLAN)["PYTHONHASHSEED"] == "0"


def test_a_random_layout_leaves_hash_seed_and_environment_alone(monkeypatch):
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    environ = Start(layout=None, fork=False).environ(PLAN)
    assert "PYTHONHASHSEED" not in environ and "COPYCOST_PADDING" not in environ


def test_what_is_set_for_another_pytest_does_not_reach_the_session(monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    environ = Start().environ(PLAN)
    assert [name for name in environ if name.startswith("PYTEST_")] == ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
    assert "PYTHONWARNINGS" not in environ
    assert Start(environment={"PYTEST_ADDOPTS": "-q"}).environ(PLAN)["PYTEST_ADDOPTS"] == "-q"


def test_an_arms_environment_reaches_its_processes():
    assert Start(environment={"THP_MEM_ALLOC_ENABLE": "1"}).environ(PLAN)["THP_MEM_ALLOC_ENABLE"] == "1"


def test_what_an_arm_asks_for_goes_before_what_is_usual():
    environ = Start(environment={"PYTHONHASHSEED": "7", "PYTHONPATH": "/its/own"}).environ(PLAN)
    assert environ["PYTHONHASHSEED"] == "7"
    assert environ["PYTHONPATH"] == "/its/own"


def test_the_command_names_the_arms_interpreter(tmp_path):
    command = Start(python="/opt/other/python").command(tmp_path / "plan.json")
    assert "/opt/other/python" in command and f"--copycost-plan={tmp_path / 'plan.json'}" in command


#: Settings of a project around the program that would end a measuring process, or make its conversions fail.
AROUND = {
    "pytest.ini": "[pytest]\naddopts = -n 4 --no-such-option\nfilterwarnings = error\n",
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-n 4'\nfilterwarnings = ['error']\n",
    "tox.ini": "[pytest]\naddopts = -n 4\nfilterwarnings = error\n",
    "conftest.py": "raise SystemExit('the conftest.py of another project')\n",
}


@pytest.mark.parametrize("names", [("pytest.ini", "conftest.py"), ("pyproject.toml",), ("tox.ini",)], ids=str)
def test_a_session_knows_no_other_projects_settings_and_no_warning_is_a_failure(tmp_path, names):
    for name in names:
        (tmp_path / name).write_text(AROUND[name])
    shutil.copytree(BENCHMARKS, tmp_path / ".venv" / "benchmarks", ignore=shutil.ignore_patterns("__pycache__"))
    mine = tmp_path / "warns.py"
    mine.write_text(
        "import warnings, torch\n"
        "from copycost import conversion\n"
        "@conversion('mine.warns')\n"
        "def f(a):\n"
        "    warnings.warn('old way', DeprecationWarning)\n"
        "    return torch.tensor(a)\n"
    )
    cells = (Cell("np.array", "to_array", "float32", 16), Cell("mine.warns", "to_tensor", "float32", 16))
    plan_file = tmp_path / "results" / "plan.json"
    plan_file.parent.mkdir()
    MeasurePlan(cells, conversions_file=str(mine)).write(plan_file)
    start = Start(benchmarks=tmp_path / ".venv" / "benchmarks", environment={"PYTHONWARNINGS": "error::UserWarning"})
    with Session(start, plan_file) as session:
        list(session.events("started", 60.0))
        session.ask({"known": {}, "rounds": {}, "cells": [cell.id for cell in cells], "on_trial": [], "code": None})
        told = [(event["event"], event.get("cell")) for event in session.events("ready", 60.0)]
    assert [entry for entry in told if entry[0] == "prepared"] == [("prepared", cell.id) for cell in cells]
