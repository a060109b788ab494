"""A check and what it finds, and the machine as the checks see it, so that a test can make one up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from copycost.measure.probes import Probe

Read = Callable[[str], str | None]


class Untold(Exception):
    """The system does not answer a check; the message is the reason."""


@dataclass(frozen=True)
class Sample:
    """A second of looking: files read before and after, and the probes taken between.

    `probes` are looks at the core, in nanoseconds; `running` is how many other threads the kernel
    counted as running or ready to run, once for each turn (empty where it does not tell).
    """

    seconds: float = 0.0
    before: Mapping[str, str | None] = field(default_factory=dict)
    after: Mapping[str, str | None] = field(default_factory=dict)
    probes: Sequence[Probe] = ()
    running: Sequence[int] = ()


@dataclass(frozen=True)
class Interpreter:
    """The reasons why this Python is slow: a debug build, and tracers by name."""

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
    entries: Callable[[str], list[str] | None]
    environment: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    cpus: frozenset[int] | None = None
    pid: int = 0
    uid: int | None = None
    ticks: int = 100
    interpreter: Interpreter = field(default_factory=Interpreter)
    layout_refused: str | None = None
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

    def waited(self, path: str) -> float | None:
        """Return the share of the sample in which something waited, by a pressure file; None where there is none."""
        if not self.sample.before.get(path):
            return None
        return self.growth(path, r"^some .*total=(\d+)") / 1e6 / self.sample.seconds

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
        """Return a command with sudo where this user needs that."""
        return command if self.uid == 0 else f"sudo {command}"

    def setting(self, value: object, path: str) -> str:
        """Return the command that writes a value to a file of the kernel's."""
        return f"echo {value} | {self.as_root('tee ' + path)}"

    def unset(self, names: Iterable[str]) -> str:
        """Return the command that takes variables out of the environment."""
        if self.platform == "win32":
            return " & ".join(f"set {name}=" for name in names)
        return "unset " + " ".join(names)


#: What disturbs comes first.
SEVERITIES = ("disturbs", "note", "unknown", "fine")


@dataclass(frozen=True)
class Finding:
    """One sentence with its evidence (a value and where it came from).

    `command` is what a user can type to change what was found, empty where nothing can. `name` is the
    check's, which sets it.
    """

    name: str
    severity: str
    sentence: str
    evidence: str
    command: str = ""


def fine(sentence: str, evidence: str) -> Finding:
    """Return a finding that needs nothing done."""
    return Finding("", "fine", sentence, evidence)


def note(sentence: str, evidence: str, command: str = "") -> Finding:
    """Return a finding that belongs beside the figures, though it need not disturb them."""
    return Finding("", "note", sentence, evidence, command)


def disturbs(sentence: str, evidence: str, command: str = "") -> Finding:
    """Return a finding that makes figures wrong or unrepeatable."""
    return Finding("", "disturbs", sentence, evidence, command)


# Kernels, containers and emulations write these files in ways of their own.
_MISUNDERSTOOD = (ValueError, LookupError, ArithmeticError)


def _nothing(system: System) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class Check:
    """A question to the machine.

    `look` answers it; `watches` names the files to be read before and after the sample.
    """

    name: str
    question: str
    look: Callable[[System], Finding]
    watches: Callable[[System], Iterable[str]] = _nothing

    def watched(self, system: System) -> list[str]:
        """Return the files to be watched; none where the system does not tell which."""
        try:
            return list(self.watches(system))
        except (Untold, *_MISUNDERSTOOD):
            return []

    def finding(self, system: System) -> Finding:
        """Return the answer; "unknown" with the reason where the system does not tell."""
        try:
            finding = self.look(system)
        except Untold as reason:
            finding = self._unknown(str(reason))
        except _MISUNDERSTOOD as error:
            finding = self._unknown(f"what the system tells cannot be understood: {error!r}")
        return replace(finding, name=self.name)

    def _unknown(self, reason: str) -> Finding:
        return Finding("", "unknown", f"{self.question} Not known here.", reason)
