import json

import pytest

from copycost.cli import main
from copycost.commands.doctor import doctor_document
from copycost.measure.doctor import examination
from copycost.run import address_layout
from copycost.show.render import terminal
from copycost.show.render.formats import render
from tests.measure.doctor import made_up

RANDOMISE = "/proc/sys/kernel/randomize_va_space"


def made_up_machine(monkeypatch, refused):
    asked = []

    def this_system(reason):
        asked.append(reason)
        return made_up.system({RANDOMISE: "2"}, layout_refused=reason)

    monkeypatch.setattr(address_layout, "why_not_fixed", lambda: refused)
    monkeypatch.setattr(examination, "this_system", this_system)
    monkeypatch.setattr(examination, "examine_machine", examination.findings)
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


def row(severity="disturbs", **changes):
    made = {
        "severity": severity,
        "sentence": "The cores slow down when idle.",
        "evidence": "powersave (/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor)",
        "command": "echo performance | sudo tee /sys/x",
        "name": "governor",
    }
    return made | changes


ROWS = [row(), row("note", name="turbo", command=""), row("fine", name="swap", command="")]


def told(*rows, format="table"):
    document = doctor_document(rows)
    return terminal.render(document, width=80) if format == "table" else render(document, format)


def test_a_finding_is_a_sentence_its_evidence_and_its_command():
    assert told(*ROWS).splitlines() == [
        "Disturbs",
        "  governor       The cores slow down when idle.",
        "                 powersave",
        "                   (/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor)",
        "                 $ echo performance | sudo tee /sys/x",
        "",
        "Notes",
        "  turbo          The cores slow down when idle.",
        "                 powersave",
        "                   (/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor)",
        "",
        "Fine",
        "  swap           The cores slow down when idle: powersave",
        "                   (/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor)",
        "",
        "3 findings: 1 disturbs, 1 note, 1 fine",
    ]


def test_it_fits_the_width_without_control_characters():
    command = "echo max | sudo tee " + "/sys/fs/cgroup/user.slice" * 2 + " " + "/x y" * 30
    text = told(row(evidence="x" * 300, sentence="long " * 60, command=command, name="an \x1b[31m odd\nname"))
    assert max(map(len, text.splitlines())) <= 80
    assert all(sign.isprintable() or sign == "\n" for sign in text)


def test_a_long_name_of_a_check_is_apart_from_what_is_said():
    assert "  huge page defragmentation The cores" in told(row(name="huge page defragmentation"))


def test_a_long_command_stays_one_command_for_a_shell():
    command = " ".join(f"--option-{number}=value" for number in range(12))
    lines = told(row(evidence="here", command=command)).splitlines()
    own = lines[3:-2]
    assert len(own) > 1
    assert all(line.endswith(" \\") for line in own[:-1])
    joined = " ".join(line.strip().removeprefix("$ ").removesuffix(" \\") for line in own)
    assert joined == command


def test_the_last_line_counts():
    assert told(row(), row(), row("note")).splitlines()[-1] == "3 findings: 2 disturb, 1 note"
    assert told(row("fine")).splitlines()[-1] == "1 finding: 1 fine"
    assert told().splitlines()[-1] == "0 findings"
    assert told(*ROWS, format="markdown").splitlines()[-1] == told(*ROWS).splitlines()[-1]


def test_markdown_escapes_what_would_break_it():
    text = told(row(evidence="a|b <c> cpu*"), format="markdown")
    assert "<c>" not in text and "cpu*" not in text
    assert "`` echo performance | sudo tee /sys/x ``" in text


def test_json_is_the_findings_as_they_are():
    assert json.loads(told(*ROWS, format="json"))["findings"] == ROWS


@pytest.mark.parametrize("format", ["table", "markdown"])
def test_names_that_cannot_be_encoded_are_shown_all_the_same(format):
    text = told(row(name="odd \udcff", evidence="\udcff"), format=format)
    assert "odd" in text and text.encode()
