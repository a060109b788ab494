"""The program that measures a host of a cluster, beside the Dask worker and not inside it.

`python -m copycost.run.cluster.host_process JOB_FILE` does what `run` does, tells one JSON event a line on
standard output, and ends when its standard input does: a worker that dies leaves nothing behind that goes on
measuring. Whatever else is printed, as a user's conversions file may, goes to standard error.
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

from filelock import FileLock, Timeout

from copycost.errors import UsageError
from copycost.run.execution import execute
from copycost.run.measuring_session import MeasuringSession, Start
from copycost.run.progress import Progress
from copycost.run.settings import settle

LOCK = Path(tempfile.gettempdir()) / "copycost-host.lock"

_LAST_RESORT = 10


class Teller:
    """Tells how the run goes, a line for each process; cells and visits are not told, they are too many."""

    def __init__(self, out: TextIO) -> None:
        """Tell it on `out`."""
        self._out = out

    def prepared(self, cell_id: str, done: int, planned: int) -> None:
        """Tell nothing."""

    def visited(self, cell_id: str, done: int, planned: int) -> None:
        """Tell nothing."""

    def process_ended(self, progress: Progress) -> None:
        """Tell that one more file is kept."""
        self.tell(
            f"process {progress.processes}, {progress.elapsed:.0f} of {progress.settings.budget:.0f} s: "
            f"{progress.precise}/{len(progress.half_widths) - 1} cells "
            f"within {100 * progress.settings.precision:.3g}%, "
            f"{progress.quiet_share:.0%} of rounds quiet"
        )

    def tell(self, text: str, ended: str | None = None) -> None:
        """Say something; at the end, why the run was ``refused`` or ``failed``."""
        self._out.write(json.dumps({"text": text, "ended": ended}) + "\n")
        self._out.flush()


def events_alone() -> TextIO:
    """Return standard output for events alone: what anybody prints from now on goes to standard error."""
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
def host_alone(waits: Callable[[], None], path: Path = LOCK) -> Iterator[None]:
    """Hold the lock that all cluster runs on this host share, whoever started them: one benchmark at a time.

    `waits` is called if somebody else holds it. The system lets go of it when the process ends, however it ends. Where
    it cannot be had at all, as on a read-only disk or where another user keeps it to himself, there is no waiting.
    """
    lock = FileLock(path, mode=0o666, fallback_to_soft=False)
    try:
        try:
            lock.acquire(blocking=False)
        except Timeout:
            waits()
            lock.acquire(poll_interval=1.0)
    except OSError:
        pass
    try:
        yield
    finally:
        lock.release()


def main(job_file: Path) -> int:
    """Measure, and return the exit status."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a worker's children are made to ignore it
    threading.Thread(target=end_with_parent, args=(0, os.getppid()), daemon=True).start()
    job = json.loads(job_file.read_text(encoding="utf-8"))
    typed = {**job["typed"], "out": Path(job["typed"]["out"]).absolute()}
    teller = Teller(events_alone())

    def open_session(start: Start, plan_file: Path) -> MeasuringSession:
        return MeasuringSession(replace(start, benchmarks=Path(job["suite"]).absolute()), plan_file)

    try:
        with host_alone(lambda: teller.tell("waits for another run on this host")):
            settings = settle(**typed, conversions_file=job["conversions"] and Path(job["conversions"]))
            record = execute(settings, teller, open_session=open_session)
    except UsageError as error:
        teller.tell(str(error), "refused")
        return 2
    except KeyboardInterrupt:
        return 1
    reasons = [str(entry["error"]) for entry in record.failed if entry.get("cell", "") is None]
    if reasons:
        teller.tell(reasons[-1], "failed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
