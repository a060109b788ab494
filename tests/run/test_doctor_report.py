import json

import pytest

from copycost.errors import UsageError
from copycost.measure.doctor.examination import findings
from copycost.run import doctor_report as report
from tests.measure.doctor.made_up import system

RANDOMISE = "/proc/sys/kernel/randomize_va_space"


def made_up_machine(monkeypatch, refused):
    asked = []

    def this_system(reason):
        asked.append(reason)
        return system({RANDOMISE: "2"}, layout_refused=reason)

    monkeypatch.setattr(report, "why_not_fixed", lambda: refused)
    monkeypatch.setattr(report, "this_system", this_system)
    monkeypatch.setattr(report, "examine_machine", findings)
    return asked


@pytest.mark.parametrize(("refused", "severity"), [(None, "fine"), ("not permitted", "disturbs")])
def test_whether_the_layout_can_be_fixed_is_asked_and_told(monkeypatch, refused, severity):
    assert made_up_machine(monkeypatch, refused) == []
    told = json.loads(report.doctor_report("json"))["findings"]
    (layout,) = [row for row in told if row["name"] == "address layout"]
    assert layout["severity"] == severity
    assert (refused or "works") in layout["evidence"]


def test_the_table_ends_with_the_count(monkeypatch):
    made_up_machine(monkeypatch, None)
    assert "findings: " in report.doctor_report().splitlines()[-1]


def test_a_mistyped_format_fails_before_the_machine_is_looked_at(monkeypatch):
    asked = made_up_machine(monkeypatch, None)
    with pytest.raises(UsageError, match="tabel"):
        report.doctor_report("tabel")
    assert asked == []
