import itertools
from types import SimpleNamespace

import pytest

from copycost.run import supervision as module
from copycost.run.session import SessionEnded, SessionSilent
from copycost.run.supervision import Supervision, measure_process

PID = 77


class Scripted:
    """A session that tells a script's events; an exception in it is raised where it stands, a number is silent seconds.

    What is in ``stopped`` is stopped, None standing for the session itself.
    """

    def __init__(self, *script):
        self.script = iter(script)
        self.killed = []
        self.stopped = set()

    def is_stopped(self, pid=None):
        return pid in self.stopped

    def mark(self):
        return 0

    def last_line(self, mark=0):
        return "terminate called"

    def ask(self, request):
        self.asked = request

    def kill(self, pid=None):
        self.killed.append(pid)

    def events(self, until, timeout, meanwhile):
        for event in self.script:
            if isinstance(event, Exception):
                raise event
            if isinstance(event, int):
                for _ in range(event):
                    meanwhile()
                continue
            yield event
            if event["event"] == until:
                return


BEGAN = {"event": "began", "pid": PID, "cells": ["a", "b", "a"]}
VISITED = {"event": "visited", "cell": "a"}


def end(status):
    return {"event": "ended", "process": 1, "status": status}


def ask(*script):
    session = Scripted(*script)
    heard = []
    ending = measure_process(session, {}, timeout=5.0, heard=heard.append, meanwhile=lambda: None)
    return ending, session, heard


def test_a_process_that_makes_all_its_visits_is_whole():
    ending, _, heard = ask(BEGAN, VISITED, VISITED, VISITED, end(0))
    assert ending.whole and ending.culprit is None
    assert heard == [BEGAN, VISITED, VISITED, VISITED]


@pytest.mark.parametrize("status", [-11, 3, 0])
def test_the_cell_whose_visit_was_running_is_to_blame(status):
    ending, _, _ = ask(BEGAN, VISITED, end(status))
    assert not ending.whole and ending.session_lives
    assert ending.culprit == "b"
    assert "terminate called" in ending.failure.error


def test_a_visit_that_failed_is_over():
    ending, _, _ = ask(BEGAN, {"event": "failed", "cell": "a", "error": "no"}, end(-11))
    assert ending.culprit == "b"


def test_a_visit_that_is_put_back_is_not_running():
    back = {"event": "put back", "cell": "a"}
    assert ask(BEGAN, back, end(-11))[0].culprit == "b"
    assert ask(BEGAN, back, VISITED, VISITED, end(-11))[0].culprit == "a"
    assert ask(BEGAN, back, VISITED, VISITED, VISITED, end(0))[0].whole


def test_a_process_that_fails_after_its_last_visit_has_no_culprit():
    ending, _, _ = ask(BEGAN, VISITED, VISITED, VISITED, end(1))
    assert not ending.whole and ending.culprit is None


def test_a_silent_process_is_ended_by_its_number_and_its_cell_has_hung():
    ending, session, _ = ask(BEGAN, VISITED, SessionSilent(""), end(-9))
    assert session.killed == [PID]
    assert ending.session_lives
    assert (ending.culprit, ending.failure.cause, ending.failure.error) == ("b", "time-out", "no answer within 5 s")


def test_a_session_that_stays_silent_is_ended_as_a_whole():
    ending, session, _ = ask(BEGAN, SessionSilent(""), SessionSilent(""))
    assert session.killed == [PID, None]
    assert not ending.session_lives and ending.culprit == "a" and ending.failure.cause == "time-out"


def test_a_session_that_dies_blames_the_running_cell_too():
    ending, _, _ = ask(BEGAN, VISITED, SessionEnded("", -6))
    assert not ending.session_lives
    assert ending.culprit == "b" and "SIGABRT" in ending.failure.error


def test_a_process_out_of_memory_names_the_cell_that_holds_it():
    exhausted = {"event": "exhausted", "cell": "a", "kind": "memory", "error": "MemoryError", "lines": []}
    ending, _, _ = ask(BEGAN, VISITED, exhausted, end(1))
    assert (ending.culprit, ending.failure.cause) == ("a", "memory")


@pytest.mark.parametrize("script", [(BEGAN, end(-15)), (BEGAN, SessionEnded("", -15)), (SessionEnded("", -15),)])
def test_a_process_that_was_asked_to_end_together_with_the_runner_is_nobodys_fault(script):
    waits = itertools.count()

    def meanwhile():
        if next(waits) == 5:  # the signal reaches the runner a moment later
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_process(Scripted(*script), {}, timeout=5.0, heard=lambda _: None, meanwhile=meanwhile)


def test_a_process_that_is_asked_to_end_alone_has_a_culprit(monkeypatch):
    monkeypatch.setattr(module.time, "sleep", lambda _: None)
    ending, _, _ = ask(BEGAN, VISITED, end(-15))
    assert ending.culprit == "b" and "SIGTERM" in ending.failure.error


def test_a_session_that_ends_before_it_begins_has_no_culprit():
    ending, _, _ = ask(SessionEnded("", 1))
    assert not ending.whole and ending.culprit is None and not ending.session_lives


def preparing(cell, pid=7):
    return {"event": "preparing", "cell": cell, "pid": pid}


READY = {"event": "ready"}


def crashed(cell, status):
    return {"event": "crashed", "cell": cell, "status": status}


def prepare(*script):
    """Hear a session that prepares cells; return the failures of those that crashed, by their ids."""
    session = Scripted(*script)
    supervision = Supervision(session, 5.0, lambda: None)
    failures, heard = {}, []
    for event in supervision.events("ready"):
        heard.append(event["event"])
        if event["event"] == "crashed":
            failures[event["cell"]] = supervision.failure(event["status"])
    return failures, heard, supervision, session


def test_events_are_heard_up_to_the_last():
    _, heard, supervision, _ = prepare(preparing("a"), {"event": "prepared", "cell": "a"}, READY, READY)
    assert heard == ["preparing", "prepared", "ready"]
    assert supervision.lost_seconds == 0


def test_what_a_crash_was_is_told():
    failures, *_ = prepare(preparing("a"), crashed("a", -11), READY)
    assert failures["a"].error == "its process was ended by SIGSEGV: terminate called"


def test_what_hangs_is_ended_and_its_crash_is_a_time_out():
    failures, _, supervision, session = prepare(
        preparing("a", 7), preparing("b", 8), SessionSilent(""), crashed("b", -9), READY
    )
    assert session.killed == [8] and supervision.lost_seconds == 5.0
    assert failures["b"].cause == "time-out"


def test_a_crash_after_a_time_out_is_its_own():
    failures, *_ = prepare(preparing("b"), SessionSilent(""), crashed("b", -9), preparing("c"), crashed("c", -9), READY)
    assert [failure.cause for failure in failures.values()] == ["time-out", "signal"]


def ended(*script):
    """Hear a session that ends while it prepares; return its supervision, its end and the session."""
    session = Scripted(*script)
    supervision = Supervision(session, 5.0, lambda: None)
    with pytest.raises(SessionEnded) as caught:
        list(supervision.events("ready"))
    return supervision, caught.value, session


@pytest.mark.parametrize("between", [(), ({"event": "failed", "cell": "b", "error": "no"},)], ids=["at once", "later"])
def test_a_session_that_dies_names_the_cell_that_was_prepared(between):
    supervision, end, _ = ended(
        preparing("a"), {"event": "prepared", "cell": "a"}, preparing("b"), *between, SessionEnded("", 3)
    )
    assert supervision.cell == "b"
    assert "exit status 3: terminate called" in supervision.failure(end.status).error


def test_a_session_that_hangs_and_will_not_end_is_ended_as_a_whole():
    supervision, end, session = ended(preparing("a", 7), SessionSilent(""), SessionSilent("for long"))
    assert session.killed == [7, None]
    assert (supervision.cell, supervision.failure(end.status).cause) == ("a", "time-out")


@pytest.mark.parametrize("end", [SessionEnded("no module named torch"), SessionSilent("for 300 s")])
def test_a_session_that_never_begins_is_not_a_cells_fault(end):
    supervision, told, _ = ended(end)
    assert supervision.cell is None and str(told) == str(end)


@pytest.fixture
def seconds(monkeypatch):
    """Let every look at the clock be one second later than the look before."""
    clock = SimpleNamespace(monotonic=itertools.count(100.0).__next__, sleep=lambda _: None)
    monkeypatch.setattr(module, "time", clock)


@pytest.mark.parametrize("stopped", [PID, None])
def test_what_somebody_stopped_is_ended_and_no_cell_is_to_blame(seconds, stopped):
    session = Scripted(BEGAN, VISITED, 30, end(-9))
    session.stopped = {stopped}
    ending = measure_process(session, {}, timeout=60.0, heard=lambda _: None, meanwhile=lambda: None)
    assert set(session.killed) == {stopped}
    assert not ending.whole and ending.culprit is None
    assert "stopped" in ending.failure.error


def test_a_short_stop_changes_nothing(seconds):
    session = Scripted(BEGAN, VISITED, 8, VISITED, VISITED, end(0))
    session.stopped = {PID}
    assert measure_process(session, {}, timeout=60.0, heard=lambda _: None, meanwhile=lambda: None).whole
    assert not session.killed


def test_stops_that_were_continued_are_not_added_up(seconds):
    session = Scripted(BEGAN, 8, VISITED, 2, VISITED, 8, VISITED, end(0))

    def continued(event):  # stopped, continued, stopped again and continued again
        session.stopped ^= {PID}

    assert measure_process(session, {}, timeout=60.0, heard=continued, meanwhile=lambda: None).whole
    assert not session.killed
