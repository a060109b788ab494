"""The execution of a run: one runner at a time in its folder, and nothing lost however it ends."""

from __future__ import annotations

import contextlib
import errno
import shutil
import time
from collections.abc import Callable

from copycost.errors import UsageError
from copycost.run.interrupt import Interrupt
from copycost.run.lock import FolderLock
from copycost.run.measuring_session import MeasuringSession, SessionEnded
from copycost.run.new_folder import leave_empty
from copycost.run.privacy import redacted
from copycost.run.record import Record
from copycost.run.recovery import recovered, remove_leftovers
from copycost.run.sessions import OpenSession
from copycost.run.settings import Settings
from copycost.run.turns import Turns, Watcher
from copycost.store.record import RECORD
from copycost.store.writing import SCRATCH, CannotWrite

#: What the system says when it is the disk.
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}


def execute(
    settings: Settings,
    watcher: Watcher,
    *,
    resume: bool = False,
    open_session: OpenSession = MeasuringSession,
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
        with FolderLock(settings.folder):
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
            Turns(record, watcher, scratch, open_session, clock, interrupt).measure()
        record.status = "complete"
    except KeyboardInterrupt:
        record.status = "interrupted"
    except SessionEnded as error:
        record.status = "incomplete"
        told = str(error) if record.settings.with_hostname else redacted(str(error))
        record.failed.append({"cell": None, "error": told})
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
    """Return what to say when the disk refuses; any other trouble of the system is returned as it is."""
    if isinstance(error, OSError):
        if error.errno not in _DISK:
            return error
        error = CannotWrite(f"{record.settings.folder}: cannot be written ({error.strerror})")
    if not record.processes:
        return error
    count, name = len(record.processes), record.settings.name
    return CannotWrite(f"{error}; {count} processes are kept, `run --resume {name}` goes on with them")
