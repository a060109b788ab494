"""Supervision of a session: whatever takes too long is ended, and the cell that is to blame is known."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from copycost.run.failures import SIGNAL, Failure
from copycost.run.session import Event, Session, SessionEnded, SessionSilent

#: Until the first cell is prepared: torch is imported meanwhile, from a slow disk perhaps.
START_SECONDS = 300.0

_KILLED = -9

#: Seconds that a process may be stopped before it is ended: whoever stops all of a run continues it in any order.
_LONGEST_STOP = 10.0

#: Seconds in which a signal that ended a process may reach this one too.
_ENDING_TOGETHER, _LOOKS = 1.0, 20


class Supervision:
    """Hears a session, knows from its events which cell is worked on, and ends processes that hang.

    Args:
        session: a session that was just started, or is just asked for a process.
        timeout: seconds that preparing a cell, or one visit, may take.
        meanwhile: called at every event, and in every silence.
    """

    def __init__(self, session: Session, timeout: float, meanwhile: Callable[[], object]) -> None:
        """Hear nothing yet."""
        self._session = session
        self._timeout = timeout
        self._meanwhile = meanwhile
        self._mark = session.mark()
        self._pid: int | None = None
        self._visits: list[str] | None = None
        self._preparing: str | None = None
        self._hung = False
        self._stopped_since: float | None = None
        #: Whether the session or its process was stopped and not continued, for which no cell is to blame.
        self.stopped = False
        #: Seconds that waiting for what hung has cost.
        self.lost_seconds = 0.0

    @property
    def cell(self) -> str | None:
        """Return the id of the cell to blame if the process ends now: its work has begun and is not over."""
        if self._visits is None:
            return self._preparing
        return self._visits[0] if self._visits else None

    def events(self, until: str, timeout: float | None = None) -> Iterator[Event]:
        """Yield events up to and including the first one named `until`.

        A process that is silent for `timeout` seconds (by default the one of all visits) is ended, once; a session
        that stays silent is ended too.

        Raises:
            SessionEnded: the session ended; `cell` and `failure` say why.
        """
        timeout = timeout or self._timeout
        while True:
            try:
                for event in self._session.events(until, timeout, self._in_silence):
                    self._meanwhile()
                    self._note(event)
                    yield event
                return
            except SessionSilent as silence:
                if self._hung or self._pid is None:
                    self._hung = True
                    self._session.kill()
                    raise SessionEnded(str(silence)) from silence
                self._hung = True
                self.lost_seconds += timeout
                self._session.kill(self._pid)

    def _in_silence(self) -> None:
        """Do what is done meanwhile, and end what somebody has stopped, which would else be taken for hung."""
        self._meanwhile()
        if self._session.is_stopped():
            stopped = None
        elif self._pid is not None and self._session.is_stopped(self._pid):
            stopped = self._pid
        else:
            self._stopped_since = None
            return
        now = time.monotonic()
        self._stopped_since = self._stopped_since or now
        if now - self._stopped_since > _LONGEST_STOP:
            self.stopped, self._stopped_since = True, None
            self._session.kill(stopped)

    def failure(self, status: int | None) -> Failure:
        """Return the failure that ended a process just now; `status` is its exit status, or minus a signal's number.

        What asks a whole group to end, as systems that hand out machines do, sends SIGTERM to the measuring processes
        and to this one, in any order; then `meanwhile` ends the run, and no cell is to blame.
        """
        if status == -signal.SIGTERM:
            for _ in range(_LOOKS):
                self._meanwhile()
                time.sleep(_ENDING_TOGETHER / _LOOKS)
        hung, self._hung = self._hung, False
        if self.stopped:
            return Failure(SIGNAL, "its process was stopped (SIGSTOP) and not continued")
        if hung:
            return Failure.hung(self._timeout)
        return Failure.ended(_KILLED if status is None else status, self._session.last_line(self._mark))

    def _note(self, event: Event) -> None:
        match event["event"]:
            case "preparing":
                self._preparing, self._pid, self._mark = event["cell"], event["pid"], self._session.mark()
            case "began":
                self._visits, self._pid = list(event["cells"]), event["pid"]
            case "visited" | "failed" if self._visits:
                self._visits.pop(0)
            case "put back" if self._visits:
                self._visits.append(self._visits.pop(0))


@dataclass(frozen=True)
class Ending:
    """The end of a process: whole, or by a failure, whose culprit is the id of a cell.

    A process that is not whole and has no culprit failed when every visit was made. After some endings the session
    does not live either.
    """

    whole: bool
    failure: Failure
    culprit: str | None = None
    session_lives: bool = True


def measure_process(
    session: Session,
    request: Mapping[str, Any],
    *,
    timeout: float,
    heard: Callable[[Event], None],
    meanwhile: Callable[[], object],
) -> Ending:
    """Ask a prepared session for one process, wait until the process has ended and return how.

    Args:
        session: a prepared one.
        request: what the process shall measure.
        timeout: seconds that a visit may take.
        heard: called with every event but the last.
        meanwhile: called at every event, and in every silence.
    """
    supervision = Supervision(session, timeout, meanwhile)
    exhausted: Event | None = None
    status: int | None = None
    lives = True
    try:
        session.ask(request)
        for event in supervision.events("ended"):
            if event["event"] == "ended":
                status = event["status"]
            else:
                exhausted = event if event["event"] == "exhausted" else exhausted
                heard(event)
    except SessionEnded as error:
        status, lives = error.status, False
    if exhausted is not None:
        return Ending(False, Failure.reported(exhausted), exhausted["cell"], lives)
    whole = lives and status == 0 and supervision.cell is None
    culprit = None if supervision.stopped else supervision.cell
    return Ending(whole, supervision.failure(status), culprit, lives)
