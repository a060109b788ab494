"""Serving: one prepared pytest session that measures as often as the runner asks.

Starting a process costs two and a half seconds, nearly all of it importing torch. So a session is
started and prepared once (sources made, results checked, iterations calibrated), and every measuring
process is forked from it. Measured side by side, the spread between forked processes is that of
fresh ones with the same address layout. Where fork is missing, or the layout is to differ from
process to process, the session measures once and ends.

The runner writes one JSON request a line on standard input and reads one JSON event a line from
standard output; whatever else is printed goes to standard error. The runner is told which process is
about to do what, so that it knows whom to blame when one dies, and whom to end when one hangs.
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
from importlib import import_module
from typing import Any, ClassVar, Optional

import pytest

from copycost.catalogue.cell import Cell
from copycost.catalogue.dtypes import ITEM_BYTES
from copycost.measure import limits, machine, trial
from copycost.measure.engine import JsonPath
from copycost.measure.last_words import last_words
from copycost.measure.plan import MeasurePlan
from copycost.measure.workbench import Workbench


class Server:
    """The measuring side of the conversation with the runner."""

    current: ClassVar[Optional[Server]] = None

    def __init__(self, mode: str) -> None:
        """Take standard output for the events; `mode` is ``fork`` or ``once``."""
        self.mode = mode
        self.process = 0
        self.machine: dict[str, Any] = {}
        self.commit_info: Optional[dict[str, Any]] = None
        self._is_child = False
        self._error: Optional[dict[str, Any]] = None
        self._cells: dict[str, str] = {}
        self._growth = limits.Growth()
        self._events = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        limits.die_with_parent()
        limits.crash_quietly()
        Server.current = self

    def run(self, session: pytest.Session, workbench: Workbench, plan: MeasurePlan) -> Optional[bool]:
        """Prepare the cells, then serve requests until standard input ends.

        Returns None in a process that is to measure (pytest then runs the chosen items), and True
        in the session that only forks.
        """
        from pytest_benchmark.utils import get_commit_info

        self.machine = machine.describe(plan.with_hostname)
        self.commit_info = get_commit_info(None)  # type: ignore[no-untyped-call]
        if not plan.with_hostname:  # a folder and a branch may be named after people
            self.commit_info |= {"project": None, "branch": None}
        import_module("torch")  # what a library takes is no conversion's doing
        limits.limit_memory(plan.memory_limit)
        self._prepare(workbench, plan)
        self._send(event="ready", machine=self.machine, protocol=plan.protocol.fingerprint())
        items = _by_cell(session.items)
        self._cells = {item.nodeid: cell_id for cell_id, visits in items.items() for item in visits}
        gc.collect()
        gc.freeze()  # a collection in a forked process would otherwise copy every page of the heap
        for line in sys.stdin:
            request = json.loads(line)
            if self.mode == "once":
                self._take(request, session, items, plan.protocol.upwards)
                return None
            child = os.fork()
            if child == 0:
                self._is_child = True
                limits.die_with_parent()
                self._take(request, session, items, plan.protocol.upwards)
                workbench.begin_process()
                return None
            _, status = os.waitpid(child, 0)
            self._send(event="ended", process=request["process"], status=_exit_status(status))
        return True

    def report_visit(self, report: pytest.TestReport) -> None:
        """Send how a visit ended, once, when all of it is over; end the process if memory has run out."""
        if self._error is None and (report.failed or report.skipped):
            error, lines = last_words(report.longrepr)
            self._error = {"error": error, "lines": lines, "kind": "exception"}
        if report.when != "teardown":
            return
        cell_id, failure = self._cells[report.nodeid], self._error
        self._error = None
        self._growth.add(cell_id)
        if failure is None:
            self._send(event="visited", cell=cell_id)
        elif limits.says_out_of_memory(failure["error"]):
            self._send(event="exhausted", cell=self._growth.culprit(cell_id), **{**failure, "kind": "memory"})
            os._exit(1)  # what is held cannot be had back, and whoever asks next would be blamed
        else:
            self._send(event="failed", cell=cell_id, **failure)

    def finish(self, session: pytest.Session) -> None:
        """End a forked process; a session that measured once says that it has ended."""
        if self._is_child:
            self._events.flush()
            sys.stderr.flush()
            os._exit(0)
        if self.mode == "once" and self.process:
            self._send(event="ended", process=self.process, status=0)

    def _prepare(self, workbench: Workbench, plan: MeasurePlan) -> None:
        upwards = plan.protocol.upwards
        # Downwards, large sources hold smaller ones; upwards, no larger result was freed before.
        for cell in sorted(plan.cells, key=lambda cell: _bytes(cell.size, cell.dtype) if upwards else -cell.size):
            doubtful = cell.threads > 1 or cell.conversion in plan.on_trial
            if trial.POSSIBLE and doubtful and cell.id not in plan.known:
                self._send(**self._tried(workbench, cell))
            else:
                self._send(event="preparing", cell=cell.id, pid=os.getpid())
                self._send(**trial.prepared(workbench, cell))

    def _tried(self, workbench: Workbench, cell: Cell) -> dict[str, Any]:
        """Prepare a cell in a forked process and return the event that says how it went."""

        def began(pid: int) -> None:
            self._send(event="preparing", cell=cell.id, pid=pid)

        event, status = trial.tried(workbench, cell, began)
        if event is None:
            return {"event": "crashed", "cell": cell.id, "status": _exit_status(status)}
        if event["event"] == "prepared":
            workbench.learn(cell, event["calibration"])
        return event

    def _take(
        self, request: dict[str, Any], session: pytest.Session, items: dict[str, list[pytest.Item]], upwards: bool
    ) -> None:
        """Choose the items of one process and put them in random order; upwards, in that of their bytes."""
        chosen = [item for cell_id, visits in request["visits"].items() for item in items[cell_id][:visits]]
        random.Random(request["seed"]).shuffle(chosen)
        if upwards:
            chosen.sort(key=_item_bytes)
        session.items[:] = chosen
        self.process = request["process"]
        self._growth = limits.Growth()
        self._send(event="began", pid=os.getpid(), cells=[self._cells[item.nodeid] for item in chosen])
        session.config._benchmarksession.json = JsonPath(request["json"])  # type: ignore[attr-defined]

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


def _item_bytes(item: pytest.Item) -> int:
    values = item.callspec.params  # type: ignore[attr-defined]
    return _bytes(values["size"], values["dtype"])


def _bytes(size: int, dtype: str) -> int:
    return size * ITEM_BYTES[dtype]


def _exit_status(status: int) -> int:
    """Return an exit status, or minus the signal that ended the process."""
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
