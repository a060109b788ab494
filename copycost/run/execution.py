"""The execution of a run: one runner at a time in its folder, and nothing lost however it ends."""

from __future__ import annotations

import contextlib
import shutil
import signal
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from copycost.errors import UsageError
from copycost.run.arm_session import Watcher
from copycost.run.counts import Counting
from copycost.run.first_calls import FirstCalls
from copycost.run.folder import leave_empty, locked
from copycost.run.interleave import Interleave
from copycost.run.privacy import redacted
from copycost.run.record import Record, recovered, remove_leftovers
from copycost.run.session import OpenSession, Session, SessionEnded
from copycost.run.settings import Settings
from copycost.store.record import RECORD
from copycost.store.writing import DISK, SCRATCH, CannotWrite

#: The exit status of a command that Ctrl-C has ended.
INTERRUPTED = 130


def execute(
    settings: Settings,
    watcher: Watcher,
    *,
    resume: bool = False,
    open_session: OpenSession = Session,
    clock: Callable[[], float] = time.monotonic,
) -> Record:
    """Measure what the settings ask for and return the run's record.

    Every finished process is kept at once. Ctrl-C ends the run and keeps them too: the record's
    status is then ``interrupted``. With `resume`, the run in the settings' folder goes on; its
    finished processes count.

    Raises:
        UsageError: the folder is in use or cannot be written, the budget is too small, the measuring
            session cannot start, or an interrupted run cannot go on here.
    """
    try:
        with locked(settings.folder):
            record = recovered(settings) if resume else _new(settings)
            return _executed(record, watcher, open_session, clock)
    finally:
        leave_empty(settings.folder)


def _new(settings: Settings) -> Record:
    if (settings.folder / RECORD).exists():
        raise UsageError(f"run folder {settings.folder} exists already: choose another --name")
    remove_leftovers(settings.folder)
    return Record(settings)


def _executed(record: Record, watcher: Watcher, open_session: OpenSession, clock: Callable[[], float]) -> Record:
    """Measure, and keep in the record how it ended; a new run that has measured nothing leaves nothing."""
    began, earlier = clock(), record.wall_seconds or 0.0
    scratch = record.settings.folder / SCRATCH
    try:
        if not record.resumptions:
            record.write()
        scratch.mkdir()
        with Interrupt() as interrupt:
            Interleave(record, watcher, scratch, open_session, clock, interrupt.check).measure()
            if record.settings.counts:
                Counting(record, watcher, scratch, open_session, interrupt.check).count()
            if record.settings.first_calls:
                FirstCalls(record, watcher, scratch, open_session, interrupt.check).time()
        record.status = "complete"
    except KeyboardInterrupt:
        record.status = "interrupted"
    except SessionEnded as error:
        record.status = "incomplete"
        reason = str(error) if record.settings.with_hostname else redacted(str(error))
        record.failed.append({"cell": None, "error": reason})
    except (CannotWrite, OSError) as error:
        _forget(record)
        raise _with_what_is_kept(record, error) from None
    except UsageError:
        _forget(record)
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if record.status == "interrupted" and _forget(record):
        return record
    record.wall_seconds = round(earlier + clock() - began, 3)
    record.write()
    return record


def _forget(record: Record) -> bool:
    """Take a new run's record away if nothing was measured; return whether that was so."""
    if record.processes or record.resumptions:
        return False
    with contextlib.suppress(OSError):
        record.path.unlink(missing_ok=True)
    return True


def _with_what_is_kept(record: Record, error: CannotWrite | OSError) -> Exception:
    """Return the error to raise when the disk refuses; any other error of the system is returned unchanged."""
    if isinstance(error, OSError):
        if error.errno not in DISK:
            return error
        error = CannotWrite(f"{record.settings.folder}: cannot be written ({error.strerror})")
    if not record.processes:
        return error
    count, name = len(record.processes), record.settings.name
    return CannotWrite(f"{error}; {count} processes are kept, `run --resume {name}` goes on with them")


class Interrupt:
    """While it is entered, the first Ctrl-C is noted for `check`, and a second one is raised where it falls.

    SIGTERM, by which systems that hand out machines ask a program to end, counts as the first Ctrl-C, however
    often it comes.

    Python raises KeyboardInterrupt wherever it happens to be; in a callback of the garbage collector or of an
    import it is printed and forgotten, and the run went on to the end of its budget.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupt:
        """Take the signals over; only the main thread can."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raise KeyboardInterrupt if Ctrl-C was pressed."""
        if self._asked:
            raise KeyboardInterrupt

    def _note(self, number: int, _: object) -> None:
        if self._asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._asked = True
