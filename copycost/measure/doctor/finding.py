"""A check and what it finds: two small records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, Iterable

from copycost.measure.doctor.system import System, Untold

#: What disturbs comes first.
SEVERITIES = ("disturbs", "note", "unknown", "fine")


@dataclass(frozen=True)
class Finding:
    """One sentence with its evidence (a value and where it came from).

    `command` is what a user can type to change it, empty where nothing can. `name` is the check's, which puts
    it in.
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
            found = self.look(system)
        except Untold as reason:
            found = self._unknown(str(reason))
        except _MISUNDERSTOOD as error:
            found = self._unknown(f"what the system tells cannot be understood: {error!r}")
        return replace(found, name=self.name)

    def _unknown(self, reason: str) -> Finding:
        return Finding("", "unknown", f"{self.question} Not known here.", reason)
