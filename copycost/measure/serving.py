"""Serving: one prepared pytest session that measures as often as the runner asks.

Starting a process costs two and a half seconds, nearly all of it importing torch. So a session is
started and prepared once (sources made, results checked, iterations calibrated), and every measuring
process is forked from it. Measured side by side, the spread between forked processes is that of
fresh ones with the same address layout. Where fork is missing, or the layout is to differ from
process to process, the session measures once and ends.

The runner writes one JSON request a line on standard input and reads one JSON event a line from
standard output; whatever else is printed goes to standard error.
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
from dataclasses import asdict
from typing import Any, ClassVar, Optional

import pytest

from copycost.catalogue.cell import Cell
from copycost.catalogue.evidence import CannotConvert, WrongResult
from copycost.measure import machine
from copycost.measure.plan import MeasurePlan
from copycost.measure.workbench import Workbench


class Server:
    """The measuring side of the conversation with the runner."""

    current: ClassVar[Optional[Server]] = None

    def __init__(self, mode: str) -> None:
        """Take standard output for the events; `mode` is ``fork`` or ``once``."""
        self.mode = mode
        self.process = 0
        self.machine = machine.describe()
        self.commit_info: Optional[dict[str, Any]] = None
        self._is_child = False
        self._events = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        Server.current = self

    def run(self, session: pytest.Session, workbench: Workbench, plan: MeasurePlan) -> Optional[bool]:
        """Prepare the cells, then serve requests until standard input ends.

        Returns None in a process that is to measure (pytest then runs the chosen items), and True
        in the session that only forks.
        """
        from pytest_benchmark.utils import get_commit_info

        self.commit_info = get_commit_info(None)  # type: ignore[no-untyped-call]
        self._prepare(workbench, plan)
        self._send(event="ready", machine=self.machine, protocol=plan.protocol.fingerprint())
        items = _by_cell(session.items)
        gc.collect()
        gc.freeze()  # a collection in a forked process would otherwise copy every page of the heap
        for line in sys.stdin:
            request = json.loads(line)
            if self.mode == "once":
                self._take(request, session, items)
                return None
            child = os.fork()
            if child == 0:
                self._is_child = True
                self._take(request, session, items)
                workbench.begin_process()
                return None
            _, status = os.waitpid(child, 0)
            self._send(event="ended", process=request["process"], status=_exit_status(status))
        return True

    def report_visit(self, report: pytest.TestReport) -> None:
        """Send how a visit ended: once, after its call or with what kept it from being made."""
        cell_id = _cell_id(report.nodeid)
        if report.failed:
            lines = str(report.longrepr).strip().splitlines()
            self._send(event="failed", cell=cell_id, error=lines[-1] if lines else "failed")
        elif report.when == "call":
            self._send(event="visited", cell=cell_id)

    def finish(self, session: pytest.Session) -> None:
        """End a forked process; a session that measured once says that it has ended."""
        if self._is_child:
            self._events.flush()
            sys.stderr.flush()
            os._exit(0)
        if self.mode == "once" and self.process:
            self._send(event="ended", process=self.process, status=0)

    def _prepare(self, workbench: Workbench, plan: MeasurePlan) -> None:
        for cell in sorted(plan.cells, key=lambda cell: -cell.size):  # large sources hold smaller ones
            try:
                subject = workbench.prepare(cell)
            except CannotConvert as error:
                self._send(event="skipped", cell=cell.id, reason=str(error))
            except WrongResult as error:
                self._send(event="failed", cell=cell.id, error=str(error))
            else:
                self._send(
                    event="prepared",
                    cell=cell.id,
                    seconds=workbench.visit_seconds(subject),
                    calibration=asdict(subject.calibration),
                )

    def _take(self, request: dict[str, Any], session: pytest.Session, items: dict[str, list[pytest.Item]]) -> None:
        """Choose the items of one process and put them in random order."""
        chosen = [item for cell_id, visits in request["visits"].items() for item in items[cell_id][:visits]]
        random.Random(request["seed"]).shuffle(chosen)
        session.items[:] = chosen
        self.process = request["process"]
        session.config._benchmarksession.json = request["json"]  # type: ignore[attr-defined]

    def _send(self, **event: Any) -> None:
        self._events.write(json.dumps(event) + "\n")
        self._events.flush()


def _by_cell(items: list[pytest.Item]) -> dict[str, list[pytest.Item]]:
    found: dict[str, list[pytest.Item]] = {}
    for item in items:
        values = item.callspec.params  # type: ignore[attr-defined]
        direction = item.get_closest_marker("cells").args[0]  # type: ignore[union-attr]
        cell = Cell.from_dict({**values, "direction": direction})
        found.setdefault(cell.id, []).append(item)
    return found


def _cell_id(nodeid: str) -> str:
    """Return the cell's id within ``file::test[cell]`` or, with several visits, ``[visit-cell]``."""
    return nodeid.partition("[")[2].rstrip("]")


def _exit_status(status: int) -> int:
    """Return an exit status, or minus the signal that ended the process."""
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
