"""Prints what a measuring process costs: starting afresh, forking, and each visit beside its rounds.

python targets/processes.py
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path

from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.measure.plan import MeasurePlan
from copycost.run.record import timed_seconds
from copycost.run.session import Session, Start

CELLS = (EMPTY_CALL, *(Cell("torch.from_numpy", "to_tensor", "float64", 4**power) for power in range(10)))
VISITS = 8
REPEATS = 10


def main() -> None:
    """Measure and print."""
    first, wall, timed = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        plan, file = Path(folder) / "plan.json", Path(folder) / "process.json"
        MeasurePlan(CELLS, visits=VISITS).write(plan)
        started = time.monotonic()
        with Session(Start(), plan) as session:
            list(session.events("started", 100))
            session.ask({"cells": [cell.id for cell in CELLS], "known": {}, "rounds": {}, "on_trial": [], "code": None})
            list(session.events("ready", 100))
            ready = time.monotonic() - started
            for number in range(1, REPEATS + 1):
                asked = time.monotonic()
                visits = {cell.id: VISITS for cell in CELLS}
                session.ask({"process": number, "json": str(file), "visits": visits, "seed": number})
                for event in session.events("ended", 100):
                    if event["event"] == "visited" and len(first) == number - 1:
                        first.append(time.monotonic() - asked)
                wall.append(time.monotonic() - asked)
                timed.append(timed_seconds(json.loads(file.read_text())))
    beside = [(whole - rounds) / VISITS / len(CELLS) for whole, rounds in zip(wall, timed, strict=True)]
    print(f"a session, started and prepared: {ready:.2f} s")
    print(f"a forked process, until its first visit is made: {_ms(first)}")
    print(f"a visit, everything beside its timed rounds (its share of start and end too): {_ms(beside)}")


def _ms(seconds: list[float]) -> str:
    low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
    return f"{1e3 * middle:.1f} ms ({1e3 * low:.1f} to {1e3 * high:.1f})"


if __name__ == "__main__":
    main()
