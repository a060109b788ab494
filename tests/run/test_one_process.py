import pytest

from copycost.run.measuring_session import SessionEnded, SessionSilent
from copycost.run.one_process import ask_for_one

PID = 77


class Scripted:
    """A session that tells a script's events; an exception in it is raised where it stands."""

    def __init__(self, *script):
        self.script = iter(script)
        self.killed = []
        self.abandoned = False

    def said(self):
        return 0

    def words(self, since=0):
        return "terminate called"

    def ask(self, request):
        self.asked = request

    def kill(self, pid):
        self.killed.append(pid)

    def abandon(self):
        self.abandoned = True

    def events(self, until, timeout, meanwhile):
        for event in self.script:
            if isinstance(event, Exception):
                raise event
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
    ending = ask_for_one(session, {}, timeout=5.0, heard=heard.append, meanwhile=lambda: None)
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


def test_a_process_that_fails_after_its_last_visit_has_no_culprit():
    ending, _, _ = ask(BEGAN, VISITED, VISITED, VISITED, end(1))
    assert not ending.whole and ending.culprit is None


def test_a_silent_process_is_ended_by_its_number_and_its_cell_has_hung():
    ending, session, _ = ask(BEGAN, VISITED, SessionSilent(""), end(-9))
    assert session.killed == [PID]
    assert ending.session_lives
    assert (ending.culprit, ending.failure.kind, ending.failure.error) == ("b", "time-out", "no answer within 5 s")


def test_a_session_that_stays_silent_is_abandoned():
    ending, session, _ = ask(BEGAN, SessionSilent(""), SessionSilent(""))
    assert session.killed == [PID] and session.abandoned
    assert not ending.session_lives and ending.culprit == "a" and ending.failure.kind == "time-out"


def test_a_session_that_dies_blames_the_running_cell_too():
    ending, _, _ = ask(BEGAN, VISITED, SessionEnded("", -6, "words"))
    assert not ending.session_lives
    assert ending.culprit == "b" and "SIGABRT" in ending.failure.error


def test_a_process_out_of_memory_names_the_cell_that_holds_it():
    exhausted = {"event": "exhausted", "cell": "a", "kind": "memory", "error": "MemoryError", "lines": []}
    ending, _, _ = ask(BEGAN, VISITED, exhausted, end(1))
    assert (ending.culprit, ending.failure.kind) == ("a", "memory")


def test_a_session_that_ends_before_it_begins_has_no_culprit():
    ending, _, _ = ask(SessionEnded("", 1, ""))
    assert not ending.whole and ending.culprit is None and not ending.session_lives
