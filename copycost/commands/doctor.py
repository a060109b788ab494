"""The `doctor` command: what on this machine disturbs measurements, examined now; nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from copycost.commands.options import tells

if TYPE_CHECKING:
    from copycost.show.document import Command, Document, Line

_SEVERITIES = {
    "disturbs": ("Disturbs", "disturbs", "disturb"),
    "note": ("Notes", "note", "notes"),
    "unknown": ("Not known", "unknown", "unknown"),
    "fine": ("Fine", "fine", "fine"),
}
"""Each severity's heading, and how one finding and several are counted."""


@click.command()
@tells()
def doctor() -> Document:
    """Print what on this machine disturbs measurements, and what to do about it."""
    from copycost.measure.doctor.examination import examine_machine, this_system
    from copycost.run.address_layout import why_not_fixed

    return doctor_document([asdict(finding) for finding in examine_machine(this_system(why_not_fixed()))])


def doctor_document(findings: Sequence[Mapping[str, str]]) -> Document:
    """Return findings as people read them: the worst first, each with its evidence and what changes it.

    Args:
        findings: each with ``name``, ``severity``, ``sentence``, ``evidence`` and ``command``, which may be empty.
    """
    import pandas as pd

    from copycost.show.document import Document, Entries, Lines, Name, Section

    by_severity = {
        severity: [finding for finding in findings if finding["severity"] == severity] for severity in _SEVERITIES
    }
    sections = tuple(
        Section(_SEVERITIES[severity][0], (Entries(tuple((Name(each["name"]), _said(each)) for each in told)),))
        for severity, told in by_severity.items()
        if told
    )
    counts = [
        f"{len(told)} {_SEVERITIES[name][1 if len(told) == 1 else 2]}" for name, told in by_severity.items() if told
    ]
    total = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}"
    counted = Lines((f"{total}: {', '.join(counts)}" if counts else total,))
    return Document("", (*sections, counted), data={"findings": pd.DataFrame(findings, dtype=object)})


def _said(finding: Mapping[str, str]) -> tuple[Line | Command, ...]:
    """Return the sentence, the evidence and the command; what is fine is kept short, on one line."""
    from copycost.show.document import Command

    sentence, evidence, command = finding["sentence"], finding["evidence"], finding["command"]
    if finding["severity"] == "fine":
        return (f"{sentence.rstrip('.')}: {evidence}",)
    return (sentence, evidence, *([Command(command)] if command else []))
