import json

import pytest
from copycost.show.doctor_view import count_line, render

from copycost.errors import UsageError


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


def test_a_finding_is_a_sentence_its_evidence_and_its_command():
    assert render(ROWS, "table").splitlines() == [
        "disturbs  governor: The cores slow down when idle.",
        "          powersave (/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor)",
        "          $ echo performance | sudo tee /sys/x",
        "note      turbo: The cores slow down when idle.",
        "          powersave (/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor)",
        "fine      swap: The cores slow down when idle: powersave",
        "          (/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor)",
        "",
        "3 findings: 1 disturbs, 1 note, 1 fine",
    ]


def test_on_a_pipe_it_fits_a_hundred_columns_without_control_characters():
    command = "echo max | sudo tee " + "/sys/fs/cgroup/user.slice" * 2 + " " + "/x y" * 30
    long = row(evidence="x" * 300, sentence="long " * 60, command=command, name="an \x1b[31m odd\nname")
    text = render([long], "table")
    assert max(map(len, text.splitlines())) <= 100
    assert all(sign.isprintable() or sign == "\n" for sign in text)
    assert "\\x1b" in text


def test_a_long_command_stays_one_command_for_a_shell():
    command = " ".join(f"--option-{number}=value" for number in range(12))
    lines = render([row(command=command)], "table").splitlines()
    own = lines[2:-2]
    assert len(own) > 1
    assert all(line.endswith(" \\") for line in own[:-1])
    joined = " ".join(line.strip().removeprefix("$ ").removesuffix(" \\") for line in own)
    assert joined == command


def test_the_last_line_counts():
    assert count_line([row(), row(), row("note")]) == "3 findings: 2 disturb, 1 note"
    assert count_line([row("fine")]) == "1 finding: 1 fine"
    for format in ("table", "markdown"):
        assert render(ROWS, format).splitlines()[-1] == count_line(ROWS)


def test_markdown_has_a_row_for_each_finding_and_escapes_what_would_break_it():
    lines = render([row(evidence="a|b <c> cpu*")], "markdown").splitlines()
    assert lines[0] == "| severity | check | finding | evidence | command |"
    assert "a\\|b &lt;c> cpu\\*" in lines[2]
    assert "`echo performance \\| sudo tee /sys/x`" in lines[2]


def test_json_is_the_findings_as_they_are():
    assert json.loads(render(ROWS, "json")) == {"findings": ROWS}


@pytest.mark.parametrize("format", ["table", "markdown", "json"])
def test_names_that_cannot_be_encoded_are_shown_escaped(format):
    assert render([row(name="odd \udcff")], format).encode()


def test_an_unknown_format_is_refused():
    with pytest.raises(UsageError, match="markdown"):
        render([], "markdwon")
