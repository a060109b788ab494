"""All checks, made in one go; to add one, write it beside its like and list its module here."""

from __future__ import annotations

from dataclasses import replace

from copycost.measure.doctor import (
    cores,
    environment,
    frequency,
    host,
    hugepages,
    interpreter,
    limits,
    load,
    memory,
    neighbours,
    sample,
)
from copycost.measure.doctor.finding import SEVERITIES, Check, Finding
from copycost.measure.doctor.system import System

CHECKS: tuple[Check, ...] = (
    *load.CHECKS,
    *neighbours.CHECKS,
    *frequency.CHECKS,
    *cores.CHECKS,
    *limits.CHECKS,
    *memory.CHECKS,
    *hugepages.CHECKS,
    *environment.CHECKS,
    *host.CHECKS,
    *interpreter.CHECKS,
)


def examine(system: System) -> list[Finding]:
    """Return what every check finds, what disturbs first; takes a sample of about a second."""
    taken = sample.take(system.read, watched(system))
    return findings(replace(system, sample=taken))


def findings(system: System) -> list[Finding]:
    """Return what every check finds on a system whose sample is taken, what disturbs first."""
    found = [check.finding(system) for check in CHECKS]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))


def watched(system: System) -> list[str]:
    """Return the files that some check wants read before and after the sample."""
    return list(dict.fromkeys(path for check in CHECKS for path in check.watched(system)))
