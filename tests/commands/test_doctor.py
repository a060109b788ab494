import json

import pytest

from copycost.cli import main
from copycost.measure.doctor import examination, system
from copycost.run import address_layout
from tests.measure.doctor import made_up

RANDOMISE = "/proc/sys/kernel/randomize_va_space"


def made_up_machine(monkeypatch, refused):
    asked = []

    def this_system(reason):
        asked.append(reason)
        return made_up.system({RANDOMISE: "2"}, layout_refused=reason)

    monkeypatch.setattr(address_layout, "why_not_fixed", lambda: refused)
    monkeypatch.setattr(system, "this_system", this_system)
    monkeypatch.setattr(examination, "examine", examination.findings)
    return asked


@pytest.mark.parametrize(("refused", "severity"), [(None, "fine"), ("not permitted", "disturbs")])
def test_whether_the_layout_can_be_fixed_is_asked_and_told(monkeypatch, capsys, refused, severity):
    assert made_up_machine(monkeypatch, refused) == []
    assert main(["doctor", "--format", "json"]) == 0
    (layout,) = [row for row in json.loads(capsys.readouterr().out)["findings"] if row["name"] == "address layout"]
    assert layout["severity"] == severity
    assert (refused or "works") in layout["evidence"]


def test_the_table_ends_with_the_count(monkeypatch, capsys):
    made_up_machine(monkeypatch, None)
    assert main(["doctor"]) == 0
    assert "findings: " in capsys.readouterr().out.splitlines()[-1]


def test_a_mistyped_format_fails_before_the_machine_is_looked_at(monkeypatch, capsys):
    asked = made_up_machine(monkeypatch, None)
    assert main(["doctor", "--format", "tabel"]) == 2
    assert "tabel" in capsys.readouterr().err and asked == []
