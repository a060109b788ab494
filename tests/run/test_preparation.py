import pytest

from copycost.run.measuring_session import SessionEnded, SessionSilent
from copycost.run.preparation import Preparation, SessionDied
from tests.run.test_one_process import Scripted


def preparing(cell, pid=7):
    return {"event": "preparing", "cell": cell, "pid": pid}


READY = {"event": "ready"}


def events(*script):
    session = Scripted(*script)
    preparation = Preparation(session, 5.0, lambda: None)
    return list(preparation.events()), preparation, session


def test_events_are_passed_on_up_to_ready():
    told, preparation, _ = events(preparing("a"), {"event": "prepared", "cell": "a"}, READY, READY)
    assert [event["event"] for event, _ in told] == ["prepared", "ready"]
    assert preparation.lost == 0


def test_a_crash_comes_with_what_happened():
    told, _, _ = events(preparing("a"), {"event": "crashed", "cell": "a", "status": -11}, READY)
    (event, failure), _ = told
    assert event["cell"] == "a" and failure.error == "its process was ended by SIGSEGV: terminate called"


def test_what_hangs_is_ended_and_its_crash_is_a_time_out():
    told, preparation, session = events(
        preparing("a", 7), preparing("b", 8), SessionSilent(""), {"event": "crashed", "cell": "b", "status": -9}, READY
    )
    assert session.killed == [8] and preparation.lost == 5.0
    assert told[0][1].kind == "time-out"


def test_a_crash_after_a_time_out_is_its_own():
    crash = {"event": "crashed", "cell": "b", "status": -9}
    told, _, _ = events(preparing("b"), SessionSilent(""), crash, preparing("c"), {**crash, "cell": "c"}, READY)
    assert [failure.kind for _, failure in told[:2]] == ["time-out", "signal"]


def test_a_session_that_dies_names_the_cell():
    with pytest.raises(SessionDied) as caught:
        events(preparing("a"), {"event": "prepared", "cell": "a"}, preparing("b"), SessionEnded("", 3, "libgomp"))
    assert caught.value.cell_id == "b" and "exit status 3: libgomp" in caught.value.failure.error


def test_a_session_that_hangs_and_will_not_end_is_abandoned():
    session = Scripted(preparing("a"), SessionSilent(""), SessionSilent("for long"))
    with pytest.raises(SessionDied) as caught:
        list(Preparation(session, 5.0, lambda: None).events())
    assert session.abandoned and caught.value.failure.kind == "time-out"


@pytest.mark.parametrize("end", [SessionEnded("no module named torch"), SessionSilent("for 300 s")])
def test_a_session_that_never_begins_is_not_a_cells_fault(end):
    with pytest.raises(SessionEnded, match=r"no module|300 s"):
        events(end)
