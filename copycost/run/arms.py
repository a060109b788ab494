"""Arms: named sets of conditions for whole processes, measured by turns in one run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from copycost.catalogue.cell import Cell
from copycost.catalogue.grid import parse_threads
from copycost.errors import UsageError
from copycost.measure import safe_path
from copycost.run.memory_node import cores_of
from copycost.run.session import Start

#: Variables for the number of threads; torch.set_num_threads, which every cell is measured under, goes before them.
_OVERRIDDEN = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")

ARM_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,49}", re.ASCII)
"""What an arm may be named."""

_NEEDED = "Python 3.10, torch 2.0, pytest-benchmark 5.2, NumPy and pytest, or newer ones"
_CAN_MEASURE = "can measure"

#: Run by another interpreter, of whatever version; the imports are those of a measuring session.
_CHECK = f"""
import re, sys
def check(name, version, least):
    if tuple(map(int, re.findall("[0-9]+", version)[:2])) < least:
        raise SystemExit("it is Python " + version if name == "Python" else "its " + name + " is " + version)
check("Python", sys.version.split()[0], (3, 10))
import torch, numpy, pytest, pytest_benchmark
check("torch", torch.__version__, (2, 0))
check("pytest-benchmark", pytest_benchmark.__version__, (5, 2))
import copycost.measure.plugin
print({_CAN_MEASURE!r})
"""


@dataclass(frozen=True)
class Arm:
    """An arm: environment variables, an interpreter, a thread count, a memory node; None leaves each as it is."""

    name: str
    environment: tuple[tuple[str, str], ...] = ()
    python: str | None = None
    threads: int | None = None
    numa: int | None = None

    def cell(self, cell: Cell) -> Cell:
        """Return the cell as this arm measures it."""
        if self.threads is None or cell.size == 0:
            return cell
        return replace(cell, threads=self.threads)

    def as_record(self) -> dict[str, Any]:
        """Return the arm as it stands in run.json."""
        environment = dict(self.environment)
        recorded = {"name": self.name, "environment": environment, "python": self.python, "threads": self.threads}
        return recorded if self.numa is None else {**recorded, "numa": self.numa}


BASE = Arm("base")


def parse_arms(texts: Sequence[str]) -> tuple[Arm, ...]:
    """Return the arms in texts such as ``base``, ``thp:THP_MEM_ALLOC_ENABLE=1``, ``new:python=PATH``, ``far:numa=1``.

    Several conditions of one arm are joined by commas. No text means one arm, named base.

    Raises:
        UsageError: a text does not parse, a name comes twice, a value is empty, an interpreter lacks what measuring
            needs, or there is no such memory node.
    """
    arms = tuple(_parse(text) for text in texts) or (BASE,)
    names = [arm.name for arm in arms]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"arm {name!r} is named twice")
    return arms


def _parse(text: str) -> Arm:
    name, colon, conditions = text.partition(":")
    if not ARM_NAME.fullmatch(name) or (colon and not conditions):
        raise UsageError(f"arm {text!r} is not NAME or NAME:KEY=VALUE,KEY=VALUE")
    arm, keys = Arm(name), set()
    for condition in re.split(r",(?=\w+=)", conditions) if colon else ():
        key, equals, value = condition.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_]\w*", key, re.ASCII):
            raise UsageError(f"arm {name!r}: {condition!r} is not KEY=VALUE")
        if not value:  # what a shell makes of a variable that is not set
            raise UsageError(f"arm {name!r}: {key} has no value: is the variable set that it comes from?")
        if key in keys:
            raise UsageError(f"arm {name!r}: {key} is given twice")
        keys.add(key)
        arm = _with(arm, key, value)
    if arm.python is not None:
        _check_interpreter(arm.name, arm.python, dict(arm.environment))
    return arm


def _with(arm: Arm, key: str, value: str) -> Arm:
    if key == "python":
        return replace(arm, python=_program(value))
    if key == "threads":
        try:
            (threads,) = parse_threads(value)
        except UsageError as error:
            raise UsageError(f"arm {arm.name!r}: {error}") from None
        return replace(arm, threads=threads)
    if key == "numa":
        if not re.fullmatch(r"[0-9]{1,4}", value, re.ASCII):
            raise UsageError(f"arm {arm.name!r}: numa={value} is not the number of a memory node, such as 0")
        try:
            cores_of(int(value))
        except UsageError as error:
            raise UsageError(f"arm {arm.name!r}: {error}") from None
        return replace(arm, numa=int(value))
    if key in _OVERRIDDEN:
        raise UsageError(
            f"arm {arm.name!r}: {key}={value} would change nothing, because every cell sets its number of threads: "
            f"give threads={value}"
        )
    return replace(arm, environment=(*arm.environment, (key, value)))


def _program(path: str) -> str:
    """Return where a program is, its links not followed: a virtual environment's python is one."""
    path = os.path.expanduser(path)
    return os.path.abspath(shutil.which(path) or path)


def _check_interpreter(arm: str, path: str, environment: Mapping[str, str]) -> None:
    """Refuse an interpreter that cannot measure.

    Raises:
        UsageError: it cannot be run, or it lacks what measuring needs.
    """
    environ = Start(path, environment, layout=None).environ(Path())
    try:
        tried = subprocess.run(
            [path, safe_path.__file__, "-c", _CHECK],
            env=environ,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=120,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = f"no answer after {error.timeout:.0f} s" if isinstance(error, subprocess.TimeoutExpired) else error
        raise UsageError(f"arm {arm!r}: python {path!r} cannot be run ({reason})") from None
    if tried.returncode != 0 or _CAN_MEASURE not in tried.stdout:
        last = (tried.stderr.strip().splitlines() or ["it is no Python"])[-1]
        raise UsageError(f"arm {arm!r}: python {path!r} cannot measure ({last}); it needs {_NEEDED}")


def interpreter(arm: Arm) -> str:
    """Return the interpreter that measures an arm."""
    return arm.python or sys.executable
