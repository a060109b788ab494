"""The program that measures a host of a cluster, beside the Dask worker and not inside it.

`python -m copycost.run.cluster.host_process JOB_FILE` does what `run` does, tells its progress on standard
output, and ends when its standard input does: a worker that dies leaves nothing behind that goes on measuring. Whatever
else is printed, as a user's conversions file may, goes to standard error.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from rich.console import Console

from copycost.catalogue import sandbox
from copycost.errors import UsageError
from copycost.run.cluster.hosts import REFUSED
from copycost.run.execution import execute
from copycost.run.progress import ProgressBar
from copycost.run.session import Session, Start
from copycost.run.settings import settle
from copycost.temporary import require_temporary

_LAST_RESORT = 10


def progress_alone() -> TextIO:
    """Return standard output for progress alone: what anybody prints from now on goes to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return out


def end_with_parent(lifeline: int, parent: int) -> None:
    """Interrupt this process when the lifeline is closed or the parent is gone, ever harder until it ends."""
    while os.getppid() == parent:
        ready, _, _ = select.select([lifeline], [], [], 1.0)
        if ready and not os.read(lifeline, 1):
            break
    for _ in range(_LAST_RESORT):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1.0)
    os._exit(1)


@contextlib.contextmanager
def host_alone(waits: Callable[[], None], folder: Path | None = None) -> Iterator[None]:
    """Hold the lock that all cluster runs on this host share, whoever started them: one benchmark at a time.

    It is the system's lock of a folder that every user can open: a file would be left there, and be somebody's own.
    `waits` is called if somebody else holds it. The system lets go of it when the process ends, however it ends. Where
    it cannot be had at all, as on Windows and some network file systems, there is no waiting.

    Args:
        waits: called once.
        folder: None for that of temporary files.
    """
    with contextlib.ExitStack() as stack:
        try:
            import fcntl

            lock = os.open(folder or tempfile.gettempdir(), os.O_RDONLY)
            stack.callback(os.close, lock)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waits()
                fcntl.flock(lock, fcntl.LOCK_EX)
        except (ImportError, OSError):
            pass
        yield


def main(job_file: Path) -> int:
    """Measure, and return the exit status; the last line on standard error says why there are no results, or few."""
    sandbox.die_with_parent()
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a worker's children are made to ignore it
    threading.Thread(target=end_with_parent, args=(0, os.getppid()), daemon=True).start()
    require_temporary(Path.cwd())  # a folder of the worker's
    job = json.loads(job_file.read_text(encoding="utf-8"))
    typed = {**job["typed"], "out": Path(job["typed"]["out"]).absolute()}
    console = Console(file=progress_alone(), force_terminal=False, width=1000, highlight=False)

    def open_session(start: Start, plan_file: Path) -> Session:
        return Session(replace(start, benchmarks=Path(job["suite"]).absolute()), plan_file)

    try:
        with host_alone(lambda: console.print("waits for another run on this host")):
            settings = settle(**typed, conversions_file=job["conversions"] and Path(job["conversions"]))
            record = execute(settings, ProgressBar(settings, console), open_session=open_session)
    except UsageError as error:
        print(error, file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        return 1
    for entry in record.failed:
        if entry.get("cell", "") is None:
            print(entry["error"], file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
