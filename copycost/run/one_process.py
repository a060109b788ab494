"""One measuring process: asked for, listened to, ended when it hangs; and which cell is to blame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from copycost.run.failures import Failure, ended, hung, told
from copycost.run.measuring_session import Event, MeasuringSession, SessionEnded, SessionSilent

_KILLED = -9


@dataclass(frozen=True)
class Ending:
    """How a process ended: whole, or with the cell that ended it and what happened.

    A process that is not whole and has no culprit failed when every visit was made. After some
    endings the session does not live either.
    """

    whole: bool
    failure: Failure
    culprit: str | None = None
    session_lives: bool = True


@dataclass
class _Visits:
    """How far a process got: its visits in order, and how many of them are over."""

    pid: int | None = None
    cells: list[str] = field(default_factory=list)
    done: int = 0
    blamed: tuple[str, Failure] | None = None

    def take(self, event: Event) -> None:
        if event["event"] == "began":
            self.pid, self.cells = event["pid"], event["cells"]
        elif event["event"] in ("visited", "failed"):
            self.done += 1
        elif event["event"] == "exhausted":
            self.blamed = event["cell"], told(event)

    @property
    def running(self) -> str | None:
        """Return the cell whose visit is not over."""
        return self.cells[self.done] if self.done < len(self.cells) else None


def ask_for_one(
    session: MeasuringSession,
    request: Mapping[str, Any],
    *,
    timeout: float,
    heard: Callable[[Event], None],
    meanwhile: Callable[[], None],
) -> Ending:
    """Ask a session for one process, wait until it has ended and return how.

    Args:
        session: a prepared one.
        request: what the process shall measure.
        timeout: seconds that a visit may take.
        heard: told of every event but the last.
        meanwhile: called in every silence.
    """
    mark = session.said()
    visits = _Visits()
    has_hung = False
    try:
        session.ask(request)
        while True:
            try:
                status = _until_ended(session, visits, timeout, heard, meanwhile)
                break
            except SessionSilent:
                if has_hung or visits.pid is None:
                    raise
                has_hung = True
                session.kill(visits.pid)
        lives = True
    except SessionEnded as error:
        status, lives = _KILLED if error.status is None else error.status, False
    except SessionSilent:
        session.abandon()
        status, lives, has_hung = _KILLED, False, True
    return _ending(visits, status, lives, hung(timeout) if has_hung else ended(status, session.words(mark)))


def _until_ended(
    session: MeasuringSession,
    visits: _Visits,
    timeout: float,
    heard: Callable[[Event], None],
    meanwhile: Callable[[], None],
) -> int:
    for event in session.events("ended", timeout, meanwhile):
        if event["event"] == "ended":
            return int(event["status"])
        visits.take(event)
        heard(event)
    raise SessionEnded("the session stopped listening")


def _ending(visits: _Visits, status: int, lives: bool, failure: Failure) -> Ending:
    if visits.blamed is not None:
        culprit, failure = visits.blamed
        return Ending(False, failure, culprit, lives)
    return Ending(lives and status == 0 and visits.running is None, failure, visits.running, lives)
