"""Trials: a cell prepared in a forked process, so that a crash there costs one cell and not the session.

The session that measuring processes are forked from must not be ended by a conversion nobody knows
yet, nor run anything on several threads: OpenMP's threads do not survive a fork, and a process forked
after they were started waits for them for ever.
"""

from __future__ import annotations

import json
import os
import traceback
from dataclasses import asdict
from typing import Any, Callable, Optional, Tuple

from copycost.catalogue.cell import Cell
from copycost.catalogue.evidence import CannotConvert, WrongResult
from copycost.measure.limits import crash_quietly, die_with_parent, is_out_of_memory
from copycost.measure.workbench import Workbench

POSSIBLE = hasattr(os, "fork")


def prepared(workbench: Workbench, cell: Cell) -> dict[str, Any]:
    """Prepare a cell and return the event that says how it went."""
    try:
        subject = workbench.prepare(cell)
    except CannotConvert as error:
        if is_out_of_memory(error):
            return {"event": "failed", "cell": cell.id, "kind": "memory", "error": str(error)}
        return {"event": "skipped", "cell": cell.id, "reason": str(error)}
    except WrongResult as error:
        return {"event": "failed", "cell": cell.id, "kind": "wrong result", "error": str(error)}
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        traceback.print_exc()
        kind = "memory" if is_out_of_memory(error) else "exception"
        return {"event": "failed", "cell": cell.id, "kind": kind, "error": f"{type(error).__name__}: {error}"}
    seconds, calibration = workbench.visit_seconds(subject), asdict(subject.calibration)
    return {"event": "prepared", "cell": cell.id, "seconds": seconds, "calibration": calibration}


def tried(workbench: Workbench, cell: Cell, began: Callable[[int], None]) -> Tuple[Optional[dict[str, Any]], int]:
    """Prepare a cell in a forked process and return its event, if it came to that, and the wait status.

    `began` is told the process's id.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _try(workbench, cell, writing)
    os.close(writing)
    began(child)
    try:
        _, status = os.waitpid(child, 0)
        # What the child itself has forked may hold the pipe open: only what is there already is read.
        os.set_blocking(reading, False)
        try:
            said = os.read(reading, 1 << 16)
        except BlockingIOError:
            said = b""
    finally:
        os.close(reading)
    return (json.loads(said) if said.endswith(b"\n") else None), status


def _try(workbench: Workbench, cell: Cell, pipe: int) -> None:
    code = 1
    try:
        die_with_parent()
        crash_quietly()
        os.write(pipe, json.dumps(prepared(workbench, cell)).encode() + b"\n")
        code = 0
    finally:
        os._exit(code)
