"""A measuring session without processes or a clock: it answers with made-up rounds."""

import json
from pathlib import Path

import numpy as np

from copycost.measure.protocol import Protocol
from copycost.run.measuring_session import SessionEnded
from tests.made_up import Law, MadeUpCell, machine_facts, made_up_rounds, process_json


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


class FakeSession:
    """Every visit takes `seconds` on the clock; `fault` may break any process."""

    def __init__(self, cells, clock, seconds=0.01, law=None, fault=None, skipped=()):
        self.cells = {cell.id: cell for cell in cells}
        self.clock = clock
        self.seconds = seconds
        self.law = law or Law()
        self.fault = fault or (lambda process: None)
        self.skipped = skipped
        self.asked = []

    def __call__(self, start, plan_file):
        self.plan = json.loads(Path(plan_file).read_text())
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def close(self):
        pass

    def events(self, until, timeout):
        yield from self._prepared() if until == "ready" else self._visited()

    def ask(self, request):
        self.asked.append(request)

    def _prepared(self):
        for cell in self.cells:
            if cell in self.skipped:
                yield {"event": "skipped", "cell": cell, "reason": "no such pair"}
            else:
                yield {"event": "prepared", "cell": cell, "seconds": self.seconds, "calibration": {}}
        yield {"event": "ready", "machine": machine_facts(), "protocol": Protocol().fingerprint()}

    def _visited(self):
        request = self.asked[-1]
        process = request["process"]
        for cell, visits in request["visits"].items():
            self.clock.now += visits * self.seconds
            for _ in range(visits):
                yield {"event": "visited", "cell": cell}
        fault = self.fault(process)
        if isinstance(fault, BaseException):
            raise fault
        if fault == "status":
            yield {"event": "ended", "process": process, "status": -11}
            return
        cells = [made_up(self.cells[cell]) for cell in request["visits"]]
        law = Law(**{**vars(self.law), "processes": 1, "visits": max(request["visits"].values())})
        rounds = made_up_rounds(law, cells, seed=process)
        content = process_json(rounds, run="made-up", arm="base", process=process)
        Path(request["json"]).write_text(json.dumps(content, default=np.generic.item))
        yield {"event": "ended", "process": process, "status": 0}


__all__ = ["FakeClock", "FakeSession", "SessionEnded"]
