"""Machines made up for the doctor's tests: files before and after a sample, and what was seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from copycost.measure.doctor.check import Check, Finding, Sample, System
from copycost.measure.probes import Probe

QUIET_CORE = [Probe(2000, 2500)] * 2000


def system(
    files: Mapping[str, str] | None = None,
    *,
    later: Mapping[str, str] | None = None,
    probes: Sequence[Probe] = QUIET_CORE,
    running: Sequence[int] = (),
    **known: Any,
) -> System:
    """Return a Linux machine of four cores that has these files only; `later` ones have changed.

    The sample took one second, and every file was read before and after it.
    """
    texts = dict(files or {})
    facts = {"cores": 4, **known.pop("facts", {})}
    made = System(
        platform="linux",
        read=texts.get,
        entries=entries_of(texts),
        facts=facts,
        cpus=frozenset(range(4)),
        pid=1000,
        uid=500,
        sample=Sample(1.0, texts, {**texts, **(later or {})}, probes, running),
    )
    return replace(made, **known)


def entries_of(files: Mapping[str, str]) -> Callable[[str], list[str] | None]:
    """Return a listing of the folders that these files lie in; a path ending in / is empty."""

    def entries(folder: str) -> list[str] | None:
        inside = [path for path in files if path.startswith(folder + "/")]
        names = {path[len(folder) + 1 :].split("/")[0] for path in inside} - {""}
        return sorted(names) if inside else None

    return entries


def finding(checks: Sequence[Check], name: str, machine: System) -> Finding:
    """Return what the check of this name finds."""
    (check,) = [check for check in checks if check.name == name]
    return check.finding(machine)
