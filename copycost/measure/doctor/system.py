"""The one door through which the checks see the machine, so that a test can make one up."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
import tracemalloc
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping, Optional

from copycost.measure import machine
from copycost.measure.doctor.sample import Read, Sample


class Untold(Exception):
    """The system does not tell what a check asks; the message is the reason."""


@dataclass(frozen=True)
class Interpreter:
    """What in this Python slows it down: a debug build, and tracers by name."""

    debug_build: bool = False
    tracers: tuple[str, ...] = ()


@dataclass(frozen=True)
class System:
    """A machine as the checks see it.

    `read` returns a file's text, stripped, and `entries` the names in a folder; None where there is
    none. `facts` are those of `copycost.measure.machine`. `cpus` are the CPUs this process may use,
    None where the system has no affinity. `ticks` is the kernel's counts per second of CPU time.
    `uid` is the user's number, None where there is none.
    `layout_refused` is why the address layout cannot be fixed, None where it can.
    """

    platform: str
    read: Read
    entries: Callable[[str], Optional[list[str]]]
    environment: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    cpus: Optional[frozenset[int]] = None
    pid: int = 0
    uid: Optional[int] = None
    ticks: int = 100
    interpreter: Interpreter = field(default_factory=Interpreter)
    layout_refused: Optional[str] = None
    sample: Sample = field(default_factory=Sample)

    def text(self, path: str) -> str:
        """Return a file's text.

        Raises:
            Untold: it cannot be read.
        """
        text = self.read(path)
        if text is None:
            raise self.untold(path)
        return text

    def twice(self, path: str) -> tuple[str, str]:
        """Return a file's text before and after the sample.

        Raises:
            Untold: it could not be read both times.
        """
        before, after = self.sample.before.get(path), self.sample.after.get(path)
        if before is None or after is None:
            raise self.untold(path)
        return before, after

    def growth(self, path: str, pattern: str) -> int:
        """Return how much a counter grew over the sample; the pattern's first group is its value.

        Raises:
            Untold: the file could not be read, or has no such counter.
        """
        before, after = (re.search(pattern, text, re.MULTILINE) for text in self.twice(path))
        if before is None or after is None:
            raise Untold(f"{path} does not count it")
        return int(after[1]) - int(before[1])

    def untold(self, path: str, why: str = "") -> Untold:
        """Return the exception that says that a file cannot be read."""
        if not why and not self.platform.startswith("linux"):
            why = f"{self.platform} has no such file"
        return Untold(f"{path} cannot be read" + (f": {why}" if why else ""))

    @property
    def cores(self) -> int:
        """How many CPUs this process may use."""
        return len(self.cpus) if self.cpus else int(self.facts.get("cores") or 1)

    def as_root(self, command: str) -> str:
        """Return the command as somebody who may run it types it."""
        return command if self.uid == 0 else f"sudo {command}"

    def setting(self, value: object, path: str) -> str:
        """Return the command that writes a value to a file of the kernel's."""
        return f"echo {value} | {self.as_root('tee ' + path)}"

    def unset(self, names: Iterable[str]) -> str:
        """Return the command that takes variables out of the environment."""
        if self.platform == "win32":
            return " & ".join(f"set {name}=" for name in names)
        return "unset " + " ".join(names)


def this_system(layout_refused: Optional[str] = None) -> System:
    """Return the machine this process runs on, with no sample taken yet."""
    cpus = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    return System(
        platform=sys.platform,
        read=lambda path: machine.read(Path(path)),
        entries=_entries,
        environment=os.environ,
        facts={**machine.describe(), "available_bytes": machine.available_bytes()},
        cpus=None if cpus is None else frozenset(cpus),
        pid=os.getpid(),
        uid=os.geteuid() if hasattr(os, "geteuid") else None,
        ticks=os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100,
        interpreter=Interpreter(bool(sysconfig.get_config_var("Py_DEBUG")), _tracers()),
        layout_refused=layout_refused,
    )


def _entries(folder: str) -> Optional[list[str]]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return None


def _tracers() -> tuple[str, ...]:
    on = {
        "sys.gettrace()": sys.gettrace() is not None,
        "sys.getprofile()": sys.getprofile() is not None,
        "sys.flags.dev_mode": sys.flags.dev_mode,
        "tracemalloc.is_tracing()": tracemalloc.is_tracing(),
    }
    monitoring = getattr(sys, "monitoring", None)  # Python 3.12; coverage tools use it
    if monitoring is not None:
        on["sys.monitoring"] = any(monitoring.get_tool(number) for number in range(6))
    return tuple(name for name, active in on.items() if active)
