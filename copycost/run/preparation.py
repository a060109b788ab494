"""The preparing of a session: listened to until it is ready; whatever takes too long is ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from copycost.run.failures import Failure, ended, hung
from copycost.run.measuring_session import Event, MeasuringSession, SessionEnded, SessionSilent

#: Until the first cell is prepared: torch is imported meanwhile, from a slow disk perhaps.
_START_SECONDS = 300.0


class SessionDied(Exception):
    """A session ended while it prepared a cell, which is to blame."""

    def __init__(self, cell_id: str, failure: Failure) -> None:
        """Keep the arm's own id of the cell, and what happened."""
        super().__init__(f"{cell_id}: {failure.error}")
        self.cell_id = cell_id
        self.failure = failure


class Preparation:
    """Hears one session until it is ready.

    Args:
        session: the session, just started.
        timeout: seconds that preparing one cell may take.
        meanwhile: called at every event and in every silence.
    """

    def __init__(self, session: MeasuringSession, timeout: float, meanwhile: Callable[[], None]) -> None:
        """Hear nothing yet."""
        self._session = session
        self._timeout = timeout
        self._meanwhile = meanwhile
        self._cell: str | None = None
        self._pid = 0
        self._mark = 0
        self._hung: Failure | None = None
        #: Seconds that waiting for what hung has cost.
        self.lost = 0.0

    def events(self) -> Iterator[tuple[Event, Failure | None]]:
        """Yield what the session tells, a crash with what happened.

        Raises:
            SessionDied: a cell has ended the session.
            SessionEnded: it ended or fell silent before it prepared any cell.
        """
        try:
            for event in self._heard():
                self._meanwhile()
                if event["event"] == "preparing":
                    self._cell, self._pid, self._mark = event["cell"], event["pid"], self._session.said()
                elif event["event"] == "crashed":
                    yield event, self._what_happened(event["status"], self._session.words(self._mark))
                else:
                    yield event, None
        except SessionEnded as error:
            if self._cell is None:
                raise
            raise SessionDied(self._cell, self._what_happened(error.status, error.words)) from error

    def _heard(self) -> Iterator[Event]:
        try:
            yield from self._session.events("preparing", _START_SECONDS, self._meanwhile)
        except SessionSilent as silence:
            raise SessionEnded(str(silence)) from silence
        while True:
            try:
                yield from self._session.events("ready", self._timeout, self._meanwhile)
                return
            except SessionSilent as silence:
                if self._hung is not None:  # what hung was ended, and nothing came of it
                    self._session.abandon()
                    raise SessionEnded(str(silence)) from silence
                self._hung = hung(self._timeout)
                self.lost += self._timeout
                self._session.kill(self._pid)

    def _what_happened(self, status: int | None, words: str) -> Failure:
        failure, self._hung = self._hung, None
        return failure or ended(status or 0, words)
