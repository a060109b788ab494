"""The program that measures a host of a cluster, beside the Dask worker and not inside it.

`python -m copycost.run.cluster.hosted JOB_FILE` does what `run` does, tells one JSON event a line on standard
output, and ends when its standard input does: a worker that dies leaves nothing behind that goes on measuring.
Whatever else is printed, as a user's conversions file may, goes to standard error.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from copycost.errors import UsageError
from copycost.run.cluster.host_alone import host_alone
from copycost.run.cluster.job import Laid
from copycost.run.execution import execute
from copycost.run.progress import Progress
from copycost.run.session import Session, Start
from copycost.run.settings import Settings, settle

COMPLETE, INCOMPLETE, REFUSED = 0, 1, 2

_TELL_SECONDS = 1.0
_LAST_RESORT = 10


class Teller:
    """Tells how the run goes, a line at a time; visits are not told, they are too many."""

    def __init__(self, out: TextIO) -> None:
        """Tell it on `out`."""
        self._out = out
        self._told = float("-inf")

    def prepared(self, cell_id: str, done: int, planned: int) -> None:
        """Tell how many cells are prepared, once a second at most."""
        now = time.monotonic()
        if now - self._told >= _TELL_SECONDS:
            self._told = now
            self.tell("preparing", done=done, planned=planned)

    def visited(self, cell_id: str, done: int, planned: int) -> None:
        """Tell nothing."""

    def process_ended(self, progress: Progress) -> None:
        """Tell that one more file is kept."""
        self.tell(
            "kept",
            processes=progress.processes,
            elapsed=progress.elapsed,
            precise=progress.precise,
            cells=progress.cells,
            quiet_share=progress.quiet_share,
        )

    def tell(self, event: str, **values: Any) -> None:
        """Tell one event."""
        self._out.write(json.dumps({"event": event, **values}) + "\n")
        self._out.flush()


def own_output() -> TextIO:
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
    os._exit(INCOMPLETE)


def settings_of(laid: Laid) -> Settings:
    """Return the run's settings, as they are settled on this host; a run that goes on has its folder already.

    Raises:
        UsageError: as `settle` does.
    """
    out = laid.folder / "settled" if laid.resume else laid.results
    settings = settle(**laid.typed, name=laid.name, out=out, conversions_file=laid.conversions)
    return replace(settings, folder=laid.results / laid.name)


def main(job_file: str) -> int:
    """Measure, and return the exit status: complete, incomplete or refused."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a worker's children are made to ignore it
    threading.Thread(target=end_with_parent, args=(0, os.getppid()), daemon=True).start()
    laid = Laid.read(Path(job_file))
    teller = Teller(own_output())

    def open_session(start: Start, plan_file: Path) -> Session:
        return Session(replace(start, benchmarks=laid.suite), plan_file)

    try:
        with host_alone(lambda: teller.tell("waiting")):
            record = execute(settings_of(laid), teller, resume=laid.resume, open_session=open_session)
    except UsageError as error:
        teller.tell("refused", reason=str(error))
        return REFUSED
    except KeyboardInterrupt:
        return INCOMPLETE
    reasons = [str(entry["error"]) for entry in record.failed if entry.get("cell", "") is None]
    teller.tell("ended", status=record.status, reason=reasons[-1] if reasons else None)
    return COMPLETE if record.status == "complete" else INCOMPLETE


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
