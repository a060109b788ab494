"""The doctor: what on this machine disturbs measurements, found now and told; nothing is changed."""

from __future__ import annotations

from dataclasses import asdict

from copycost.measure.doctor.examination import examine_machine, this_system
from copycost.run.address_layout import why_not_fixed
from copycost.show.doctor_view import render


def doctor_report(format: str = "table") -> str:
    """Return the findings in a format: table, markdown or json; takes some 1.5 s.

    Raises:
        UsageError: the format is unknown.
    """
    render([], format)  # a mistyped format fails before the sample is taken
    found = examine_machine(this_system(why_not_fixed()))
    return render([asdict(finding) for finding in found], format)
