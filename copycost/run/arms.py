"""Arms: named sets of conditions for whole processes, measured by turns in one run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from copycost.catalogue.cell import Cell
from copycost.errors import UsageError

_NEEDED = ("torch", "numpy", "pytest", "pytest_benchmark")


@dataclass(frozen=True)
class Arm:
    """One arm: environment variables, an interpreter, a thread count; None leaves them as they are."""

    name: str
    environment: tuple[tuple[str, str], ...] = ()
    python: str | None = None
    threads: int | None = None

    def cell(self, cell: Cell) -> Cell:
        """Return the cell as this arm measures it."""
        if self.threads is None or cell.size == 0:
            return cell
        return replace(cell, threads=self.threads)

    def as_record(self) -> dict[str, Any]:
        """Return the arm as it stands in run.json."""
        environment = dict(self.environment)
        return {"name": self.name, "environment": environment, "python": self.python, "threads": self.threads}


BASE = Arm("base")


def parse_arms(texts: Sequence[str]) -> tuple[Arm, ...]:
    """Return the arms in texts such as ``base``, ``thp:THP_MEM_ALLOC_ENABLE=1``, ``new:python=PATH``.

    Several conditions of one arm are joined by commas. No text means one arm, named base.

    Raises:
        UsageError: a text does not parse, a name comes twice, or an interpreter lacks what measuring needs.
    """
    arms = tuple(_parse(text) for text in texts) or (BASE,)
    names = [arm.name for arm in arms]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"arm {name!r} is named twice")
    return arms


def _parse(text: str) -> Arm:
    name, colon, conditions = text.partition(":")
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,49}", name, re.ASCII) or (colon and not conditions):
        raise UsageError(f"arm {text!r} is not NAME or NAME:KEY=VALUE,KEY=VALUE")
    arm = Arm(name)
    for condition in re.split(r",(?=\w+=)", conditions) if colon else ():
        key, equals, value = condition.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_]\w*", key, re.ASCII):
            raise UsageError(f"arm {name!r}: {condition!r} is not KEY=VALUE")
        arm = _with(arm, key, value)
    return arm


def _with(arm: Arm, key: str, value: str) -> Arm:
    if key == "python":
        return replace(arm, python=_interpreter(arm.name, value))
    if key == "threads":
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        if not value.isdigit() or not 1 <= int(value) <= cores:
            raise UsageError(f"arm {arm.name!r}: threads {value!r} is not from 1 to this machine's {cores} cores")
        return replace(arm, threads=int(value))
    return replace(arm, environment=(*arm.environment, (key, value)))


def _interpreter(arm: str, path: str) -> str:
    """Return the path of an interpreter that can measure."""
    try:
        tried = subprocess.run(
            [path, "-c", f"import {', '.join(_NEEDED)}"], capture_output=True, text=True, check=False, timeout=120
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"arm {arm!r}: python {path!r} cannot be run ({error})") from None
    if tried.returncode != 0:
        last = (tried.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UsageError(f"arm {arm!r}: python {path!r} cannot measure, it needs {', '.join(_NEEDED)}: {last}")
    return path


def interpreter(arm: Arm) -> str:
    """Return the interpreter that measures an arm."""
    return arm.python or sys.executable
