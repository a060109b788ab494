"""The fork server: one prepared pytest session that measures as often as the runner asks.

Starting a process costs two and a half seconds, nearly all of it importing torch. So a session is
started once and told what other sessions have found out of its cells (results checked, iterations calibrated), and
every measuring process is forked from it. What is forked from one session has the session's address layout, so a run
has several. Where fork is missing, or a process must find the heap as it is, the session measures once and ends.

The runner writes one JSON request a line on standard input and reads one JSON event a line from
standard output; whatever else is printed goes to standard error. The runner is told which process is
about to do what, so that it knows whom to blame when one dies, and whom to end when one hangs.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import random
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from importlib import import_module
from typing import Any, ClassVar

import pytest

from copycost.catalogue import sandbox
from copycost.catalogue.cell import Cell
from copycost.catalogue.conversions import CannotConvert, WrongResult
from copycost.catalogue.device import needs_device, of_device
from copycost.catalogue.sandbox import Ended, sandboxed
from copycost.errors import told
from copycost.measure import machine, page_frames
from copycost.measure.core_watch import CoreWatch
from copycost.measure.device_facts import device_facts
from copycost.measure.failures import (
    MemoryGrowth,
    failure_excerpt,
    is_out_of_memory,
    says_device_out_of_memory,
    says_out_of_memory,
)
from copycost.measure.plan import MeasurePlan
from copycost.measure.worker import Worker


class ForkServer:
    """The measuring side of the conversation with the runner."""

    current: ClassVar[ForkServer | None] = None

    def __init__(self, mode: str) -> None:
        """Take standard output for the events; `mode` is ``fork`` or ``once``."""
        self.mode = mode
        self.process = 0
        self.machine: dict[str, Any] = {}
        self.commit_info: dict[str, Any] | None = None
        self._is_child = False
        self._measuring = 0
        self._in_order = False
        self._error: dict[str, Any] | None = None
        self._cells: dict[str, str] = {}
        self._growth = MemoryGrowth()
        self.watch = CoreWatch()
        self._events = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        sandbox.die_with_parent()
        sandbox.adopt_orphans()
        sandbox.crash_quietly()
        ForkServer.current = self

    def run(self, session: pytest.Session, worker: Worker, plan: MeasurePlan) -> bool | None:
        """Import, hear what is known of the cells, prepare the others, then serve requests until standard input ends.

        Returns None in a process that is to measure (pytest then runs the chosen items), and True
        in the session that only forks.
        """
        from pytest_benchmark.utils import get_commit_info

        self.machine = machine.describe(plan.with_hostname)
        self.commit_info = get_commit_info(None)  # type: ignore[no-untyped-call]
        if not plan.with_hostname:  # a folder and a branch may be named after people
            self.commit_info |= {"project": None, "branch": None}
        import_module("torch")  # what a library takes is no conversion's doing
        sandbox.limit_memory(plan.memory_limit)
        if plan.device is not None:
            self.machine |= self._aside(partial(device_facts, plan.device))
        self._send(event="started")
        line = sys.stdin.readline()
        if not line:
            return True
        asked = json.loads(line)
        self._prepare(worker, plan, asked)
        code = page_frames.in_use(asked["code"])
        own = page_frames.give_own(page_frames.one_of(code))
        code = code if own else {}  # where one page cannot be copied, no process tries it with all
        method = {**plan.protocol.fingerprint(), "page_frames": "own" if own else "shared"}
        self._send(event="ready", machine=self.machine, protocol=method, level=self.watch.level, code=code)
        items = _by_cell(session.items)
        self._cells = {item.nodeid: cell_id for cell_id, visits in items.items() for item in visits}
        gc.collect()
        gc.freeze()  # a collection in a forked process would otherwise copy every page of the heap
        for line in sys.stdin:
            request = json.loads(line)
            if self.mode == "once":
                sandbox.without_input()
                self._take(request, session, items, plan.protocol.upwards)
                worker.begin_process(self.watch, code)
                return None
            server, child = os.getpid(), os.fork()
            if child == 0:
                self._is_child = True
                sandbox.die_with_parent(server)
                sandbox.without_input()
                self._take(request, session, items, plan.protocol.upwards)
                worker.begin_process(self.watch, code)
                return None
            _, status = os.waitpid(child, 0)
            sandbox.kill_children()
            self._send(event="ended", process=request["process"], status=os.waitstatus_to_exitcode(status))
        return True

    def report_visit(self, report: pytest.TestReport) -> None:
        """Send how a visit ended, once, after its teardown; end the process if memory has run out."""
        if os.getpid() != self._measuring:
            os._exit(1)  # a conversion has forked, and its child would go on with what is measured here
        if self._error is None and (report.failed or report.skipped):
            error, lines = failure_excerpt(report.longrepr)
            self._error = {"error": error, "lines": lines, "kind": "exception"}
        if report.when != "teardown":
            return
        cell_id, failure = self._cells[report.nodeid], self._error
        self._error = None
        self._growth.add(cell_id)
        if failure is None:
            self._send(event="visited", cell=cell_id)
        elif says_device_out_of_memory(failure["error"]):  # its allocator raises and goes on
            self._send(event="failed", cell=cell_id, **{**failure, "kind": "memory"})
        elif says_out_of_memory(failure["error"]):
            self._send(event="exhausted", cell=self._growth.culprit(cell_id), **{**failure, "kind": "memory"})
            os._exit(1)  # what is held cannot be had back, and whoever asks next would be blamed
        else:
            self._send(event="failed", cell=cell_id, **failure)

    def puts_back(self, item: pytest.Item) -> bool:
        """Put a visit behind all others while its core is shared; return whether that was done.

        Upwards, cells are visited in an order that matters, and nothing is put back.
        """
        if self.process == 0 or self._in_order or not self.watch.puts_back(item.nodeid):
            return False
        item.session.items.append(item)
        self._send(event="put back", cell=self._cells[item.nodeid])
        return True

    def _lowest(self, level: float | None) -> float | None:
        """Return the lower one of the undisturbed levels that others have seen and this session has."""
        return min((known for known in (level, self.watch.level) if known is not None), default=None)

    def finish(self, session: pytest.Session) -> None:
        """End a forked process; a session that measured once says that it has ended."""
        if self._is_child:
            self._events.flush()
            with contextlib.suppress(Exception):  # a conversion may have closed it, or put anything in its place
                sys.stderr.flush()
            os._exit(0)
        if self.mode == "once" and self.process:
            self._send(event="ended", process=self.process, status=0)

    def _prepare(self, worker: Worker, plan: MeasurePlan, asked: Mapping[str, Any]) -> None:
        """Prepare cells by their ids.

        Calibrations that are ``known`` are taken over, of other arms only the calls in their ``rounds``; conversions
        ``on_trial`` have not shown yet that they end no process.
        """
        known = asked["known"]
        worker.learn(known, asked["rounds"])
        wanted = [cell for cell in plan.cells if cell.id in set(asked["cells"])]
        upwards = plan.protocol.upwards
        self._prepare_aside(worker, [cell for cell in of_device(wanted) if cell.id not in known])
        # Downwards, large sources hold smaller ones; upwards, no larger result was freed before.
        for cell in sorted(wanted, key=lambda cell: cell.bytes if upwards else -cell.size):
            if self.mode == "fork" and (cell.id in known or needs_device(cell)):  # its source is made where it is used
                continue
            doubtful = cell.threads > 1 or cell.conversion in asked["on_trial"]
            if sandbox.POSSIBLE and doubtful and cell.id not in known:
                self._send(**self._try_to_prepare(worker, cell))
            else:
                self._send(event="preparing", cell=cell.id, pid=os.getpid())
                self._send(**preparation_event(worker, cell))
            self.watch.look()
        if self.mode == "fork":
            worker.forget_sources()

    def _aside(self, function: Callable[[], Any]) -> Any:
        """Return what a function returns in a forked process, where one is to be forked from this one later."""
        if self.mode != "fork":
            return function()
        (found,) = sandboxed(lambda _: function(), [None])
        return {} if isinstance(found, Ended) else found

    def _prepare_aside(self, worker: Worker, cells: list[Cell]) -> None:
        """Prepare the cells of a device in a forked process, all in one: to set a device up takes it half a second.

        Nothing is left behind in this process, which has never used the device: no process that is forked from one
        that has can use it. A cell that ends the process costs itself, and another process goes on after it.
        """
        if self.mode != "fork":
            return

        def prepare(cell: Cell) -> dict[str, Any]:
            self._send(event="preparing", cell=cell.id, pid=os.getpid())
            event = preparation_event(worker, cell)
            self._send(**event)
            return event

        cells = sorted(cells, key=lambda cell: -cell.size)
        for cell, event in zip(cells, sandboxed(prepare, cells), strict=True):
            if isinstance(event, Ended):
                self._send(event="crashed", cell=cell.id, status=event.status)
            elif event["event"] == "prepared":
                worker.learn({cell.id: event["calibration"]}, {})

    def _try_to_prepare(self, worker: Worker, cell: Cell) -> dict[str, Any]:
        """Prepare a cell in a forked process and return the event that says how it went."""

        def began(pid: int) -> None:
            self._send(event="preparing", cell=cell.id, pid=pid)

        (event,) = sandboxed(partial(preparation_event, worker), [cell], began=began)
        if isinstance(event, Ended):
            return {"event": "crashed", "cell": cell.id, "status": event.status}
        if event["event"] == "prepared":
            worker.learn({cell.id: event["calibration"]}, {})
        return dict(event)

    def _take(
        self, request: dict[str, Any], session: pytest.Session, items: dict[str, list[pytest.Item]], upwards: bool
    ) -> None:
        """Choose the items of one process and shuffle them; upwards, sort them by bytes besides."""
        self._in_order = upwards
        chosen = [item for cell_id, visits in request["visits"].items() for item in items[cell_id][:visits]]
        random.Random(request["seed"]).shuffle(chosen)
        if upwards:
            chosen.sort(key=lambda item: _cell_of(item).bytes)
        session.items[:] = chosen
        self.process, self._measuring = request["process"], os.getpid()
        self._growth = MemoryGrowth()
        single = all(_cell_of(item).threads == 1 for item in chosen)
        self.watch = CoreWatch(self._lowest(request.get("level")), request.get("waiting", 0.0), can_move=single)
        self._send(event="began", pid=os.getpid(), cells=[self._cells[item.nodeid] for item in chosen])
        session.config._benchmarksession.json = JsonPath(request["json"])  # type: ignore[attr-defined]

    def _send(self, **event: Any) -> None:
        self._events.write("\n" + json.dumps(event) + "\n")  # on a line of its own, whatever a conversion has written
        self._events.flush()


def preparation_event(worker: Worker, cell: Cell) -> dict[str, Any]:
    """Prepare a cell and return the event that says how it went."""
    try:
        ready = worker.prepare(cell)
    except CannotConvert as error:
        if is_out_of_memory(error):
            return {"event": "failed", "cell": cell.id, "kind": "memory", "error": str(error)}
        return {"event": "skipped", "cell": cell.id, "reason": str(error)}
    except WrongResult as error:
        return {"event": "failed", "cell": cell.id, "kind": "wrong result", "error": str(error)}
    except BaseException as error:  # a user's conversion may raise whatever there is, SystemExit too
        traceback.print_exc()
        kind = "memory" if is_out_of_memory(error) else "exception"
        return {"event": "failed", "cell": cell.id, "kind": kind, "error": told(error)}
    seconds, calibration = worker.visit_seconds(ready), asdict(ready.calibration)
    return {"event": "prepared", "cell": cell.id, "seconds": seconds, "calibration": calibration}


class JsonPath(str):
    """The path of a JSON file: pytest-benchmark opens it since 5.3, and enters it as an open file before."""

    def __enter__(self) -> Any:
        """Open the file for writing bytes."""
        self._file = open(self, "wb")
        return self._file

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()


def _cell_of(item: pytest.Item) -> Cell:
    direction = item.get_closest_marker("cells").args[0]  # type: ignore[union-attr]
    return Cell.from_dict({**item.callspec.params, "direction": direction})  # type: ignore[attr-defined]


def _by_cell(items: list[pytest.Item]) -> dict[str, list[pytest.Item]]:
    grouped: dict[str, list[pytest.Item]] = {}
    for item in items:
        grouped.setdefault(_cell_of(item).id, []).append(item)
    return grouped
