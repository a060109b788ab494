"""A measuring session without processes or a clock: it answers with made-up rounds."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from copycost.measure.protocol import Protocol
from copycost.run.session import SessionEnded, SessionSilent
from tests.made_up import Law, MadeUpCell, machine_facts, made_up_rounds, process_json

PID = 4711
CODE = {"/lib/library.so": [1, 2, 5]}
CALIBRATION = {"block": 10, "iterations": 20}


class FakeClock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def made_up(cell):
    return MadeUpCell(
        cell.conversion,
        cell.direction,
        "f(a)",
        "copies",
        cell.dtype,
        cell.size,
        seconds=1e-6,
        shares_memory=False,
        threads=cell.threads,
    )


class ScriptedSession:
    """A session that tells the events of its `_script`, and of which nothing else is known."""

    _script: Iterator[dict]

    def events(self, until, timeout, meanwhile):
        for event in self._script:
            yield event
            if event["event"] == until:
                return

    def mark(self):
        return 0

    def last_line(self, mark=0):
        return "last words"


class FakeSession:
    """Every visit takes `seconds` on the clock, and is foretold to take `price`; `fault` may break any process.

    As bytes, it is what the process writes in place of its figures.

    `crashes` has what cells do, by their ids: "signal", "hang", "memory", "raise", "session" (which dies with them) or
    "stop" (somebody stops their process for good), in each process that visits them; the same words in `preparing` for
    what they do before. With `once`, a cell does it a single time. Those in `sharing` are seen to share memory.
    `levels` has the undisturbed level that each process sees, by its number; with `busy`, each waits as long as it may.
    """

    def __init__(
        self,
        cells,
        clock,
        seconds=0.01,
        law=None,
        fault=None,
        skipped=(),
        crashes=None,
        preparing=None,
        once=False,
        machine=None,
        price=None,
        sharing=(),
        levels=None,
        busy=False,
    ):
        self.cells = {cell.id: cell for cell in cells}
        self.clock = clock
        self.seconds = seconds
        self.law = law or Law()
        self.fault = fault or (lambda process: None)
        self.skipped = skipped
        self.crashes = dict(crashes or {})
        self.preparing = dict(preparing or {})
        self.once = once
        self.price = seconds if price is None else price
        self.sharing = sharing
        self.levels = levels or {}
        self.busy = busy
        self.machine = machine or machine_facts()
        self.asked = []
        self.told = []
        self.plans = []
        self.killed = []

    def __call__(self, start, plan_file):
        self.start = start
        self.plan = json.loads(Path(plan_file).read_text())
        self.plans.append(self.plan)
        return Opened(self, self.plan)


class Opened:
    """One of the sessions that a `FakeSession` has opened."""

    def __init__(self, fake, plan):
        self.fake = fake
        self.plan = plan
        self.closed = False
        self.stopped = None
        self._script = iter([{"event": "started"}])

    def close(self):
        self.closed = True

    def mark(self):
        return 0

    def last_line(self, mark=0):
        assert not self.closed, "nothing can be read from a session that is closed"
        return "last words"

    def kill(self, pid=None):
        self.fake.killed.append(pid)

    def is_stopped(self, pid=None):
        return pid is not None and pid == self.stopped

    def events(self, until: str, timeout: float, meanwhile: Callable[[], None] = lambda: None) -> Iterator[dict]:
        for event in self._script:
            if event["event"] == "silence":
                self.fake.clock.now += timeout
                raise SessionSilent("nothing was heard")
            if event["event"] == "stop":
                self.stopped = PID
                while PID not in self.fake.killed:
                    meanwhile()
                self.stopped = None
                continue
            if event["event"] == "death":
                raise SessionEnded("the measuring process was ended by SIGSEGV", -11)
            yield event
            if event["event"] == until:
                return

    def ask(self, request):
        if "known" in request:
            self.fake.told.append(request)
            self._script = self._prepared([cell for cell in request["cells"] if cell not in request["known"]])
        else:
            self.fake.asked.append(request)
            self._script = self._visited(request)

    def _does(self, faults, cell):
        return (faults.pop if self.fake.once else faults.get)(cell, None)

    def _prepared(self, cells):
        fake = self.fake
        for cell in cells:
            assert self._is_planned(cell)
            yield {"event": "preparing", "cell": cell, "pid": PID}
            what = self._does(fake.preparing, cell)
            if what == "hang":
                yield {"event": "silence"}
            if what == "session":
                yield {"event": "death"}
            if what == "stop":
                yield {"event": "stop"}
            if what in ("hang", "signal", "stop"):
                yield {"event": "crashed", "cell": cell, "status": -11 if what == "signal" else -9}
            elif what == "raise":
                yield {"event": "failed", "cell": cell, "kind": "exception", "error": "ValueError: no"}
            elif cell in fake.skipped:
                yield {"event": "skipped", "cell": cell, "reason": "no such pair"}
            else:
                calibration = {**CALIBRATION, "shares_memory": cell in fake.sharing}
                yield {"event": "prepared", "cell": cell, "seconds": fake.price, "calibration": calibration}
        yield {"event": "ready", "machine": fake.machine, "protocol": Protocol().fingerprint(), "code": CODE}

    def _is_planned(self, cell):
        return self.fake.cells[cell].as_dict() in self.plan["cells"]

    def _visited(self, request):
        fake, process = self.fake, request["process"]
        order = [cell for cell, visits in request["visits"].items() for _ in range(visits)]
        yield {"event": "began", "pid": PID, "cells": order}
        for cell in order:
            fake.clock.now += fake.seconds
            what = self._does(fake.crashes, cell)
            if what == "hang":
                yield {"event": "silence"}
            if what == "session":
                yield {"event": "death"}
            if what == "stop":
                yield {"event": "stop"}
            if what == "memory":
                yield {"event": "exhausted", "cell": cell, "kind": "memory", "error": "MemoryError", "lines": []}
            if what in ("hang", "signal", "memory", "stop"):
                status = {"hang": -9, "stop": -9, "memory": 1}.get(what, -11)
                yield {"event": "ended", "process": process, "status": status}
                return
            if what == "raise":
                lines = ["mine.py, line 3: raise ValueError('no')"]
                yield {"event": "failed", "cell": cell, "error": "ValueError: no", "lines": lines}
            else:
                yield {"event": "visited", "cell": cell}
        fault = fake.fault(process)
        if isinstance(fault, BaseException):
            raise fault
        if isinstance(fault, bytes):
            Path(request["json"]).write_bytes(fault)
            yield {"event": "ended", "process": process, "status": 0}
            return
        if fault == "status":
            yield {"event": "ended", "process": process, "status": -11}
            return
        cells = [made_up(fake.cells[cell]) for cell in request["visits"]]
        law = Law(**{**vars(fake.law), "processes": 1, "visits": max(request["visits"].values())})
        rounds = made_up_rounds(law, cells, seed=process)
        content = process_json(rounds, run=self.plan["run"], arm=self.plan["arm"], process=process)
        waited = request["waiting"] if fake.busy else 0.0
        fake.clock.now += waited
        content["copycost"] |= {"waited": waited, "level": fake.levels.get(process)}
        ids = {(cell.conversion, cell.size): cell.id for cell in fake.cells.values()}
        for entry in content["benchmarks"]:
            entry["param"] = ids[entry["extra_info"]["conversion"], entry["extra_info"]["size"]]
        Path(request["json"]).write_text(json.dumps(content, default=np.generic.item))
        yield {"event": "ended", "process": process, "status": 0}


__all__ = ["PID", "FakeClock", "FakeSession", "ScriptedSession", "SessionEnded"]
