"""Every command's document at every width, on a terminal and on a pipe: no word, figure or verdict is cut."""

import json
import re
from collections import Counter

import pandas as pd
import pytest

from copycost.cli import COMMANDS, main
from copycost.commands import options
from copycost.commands.doctor import doctor_document
from copycost.show.document import (
    Chart,
    Column,
    Command,
    Document,
    Entries,
    Folded,
    Lines,
    Note,
    Section,
    Table,
)
from copycost.show.render.layout import plain_text, sheets, signs_of
from copycost.show.render.terminal import render
from tests.commands.test_noise import profile_document
from tests.made_up import Law, core_cells, machine_facts, made_up_rounds, write_run

WIDTHS = (80, 120, 200)
LONG = "nightly-2026-01-02-h1-torch-2.13"
"""A run's name of more than a third of a line."""
COMMAND_LINES = {
    "show": ("show", "fast"),
    "show of a tree": ("show", "."),
    "list": ("list",),
    "semantics": ("semantics", "--family", "core"),
    "compare": ("compare", "fast", LONG, "--fail-on", "slower>5%,undecided"),
    "compare --all": ("compare", "fast", "doubtful", "--all"),
    "compare --by": ("compare", "fast", "--by", "conversion", "--all"),
    "compare single files": ("compare", "old.json", "new.json"),
    "machines": ("machines", "fast", LONG),
    "machines of a handful": ("machines", "fast", LONG, "doubtful", "third"),
    "history": ("history", "night"),
    "explain": ("explain", "fast"),
}
"""A command line for each command that answers with a document at once."""
ELSEWHERE = {
    "doctor": "its document is made of findings below: what it finds on this machine is another matter",
    "docs": "a page in Markdown",
    "report": "a page in HTML",
    "export": "files for other tools",
    "noise": "it measures: its document is made of made-up runs below",
    "run": "it measures, and ends with what `show` and `compare` say, and with lines that its own tests look at",
    "plot": "pictures",
    "import": "runs",
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    cells = core_cells(sizes=(1, 4096, 1024**2, 4 * 1024**2), dtypes=("float32", "float64"))
    laws = {
        "fast": Law(processes=8, sessions=4, visits=1, rounds=3),
        LONG: Law(processes=8, sessions=4, visits=1, rounds=3, factor=1.2, offset=0.02),
        "doubtful": Law(processes=4, visits=2, contended=0.3, modes=1.2, offset=0.1, drift=0.1),
        "third": Law(processes=3, visits=1, rounds=3, factor=2),
    }
    for number, (name, law) in enumerate(laws.items()):
        machine = f"Intel(R) Xeon(R) Processor {number}c {number}3bd9a"
        facts = machine_facts() | {"machine": machine, "cpu_model": f"Intel(R) Xeon(R) Processor {number}"}
        facts |= {"torch": f"2.1{number}.0+cpu", "kernel": f"6.18.44-fc-v65{number}-gpu"}
        rounds = made_up_rounds(law, cells, number).assign(machine=machine)
        write_run(folder / name, rounds, record={"machine": facts, "created": f"2026-01-0{number + 1}T00:00:00+00:00"})
    for name in ("old", "new"):
        made = [{"name": f"test_{LONG}[{n}-a b]", "stats": {"iterations": 1, "data": [n * 1e-3] * 9}} for n in (1, 2)]
        (folder / f"{name}.json").write_text(json.dumps({"machine_info": {}, "benchmarks": made, "version": "4.0.0"}))
    return folder


def told_by(line, results):
    """Return the document that a command line answers with."""
    told = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(options, "deliver_document", lambda document, format, out: told.append(document))
        patched.chdir(results)
        main([*line, *(["--results", str(results)] if line[0] not in ("list", "semantics") else [])])
    (document,) = told
    return document


def findings():
    sentence = "Another process takes half of the core on which measurements run, for seconds at a time."
    evidence = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor holds powersave"
    command = "sudo cpupower frequency-set --governor performance && echo 1 | sudo tee /sys/devices/system/cpu/smt"
    severities = ("disturbs", "note", "unknown", "fine")
    each = {"sentence": sentence, "evidence": evidence, "command": command}
    return doctor_document([{"name": f"a finding of {name}", "severity": name} | each for name in severities])


def wide_tables():
    """Return tables of every kind that no line of eighty columns holds."""
    long = "test_sort_of_many_things[random-1000000-quicksort-with-a-name-that-a-whole-line-would-hardly-hold]"
    rows = pd.DataFrame({"name": ["short name", long], "seconds": [1.5e-6, 2.5e-3], "half": [0.01, 0.2]})
    rows = rows.assign(verdict=["slower", "undecided"], words="some words and a-long-word/of-a-path", command="ls -l")
    time = Column("seconds", "a heading of some words", "seconds", half="half")
    few = (Column("name", "benchmark", "name"), time, Column("verdict", "verdict", "verdict"))
    many = (*few, *(Column("words", f"words {number}") for number in range(5)), time, time)
    across = Table("across", rows.assign(side=[LONG, "b"]), few[:2], across=Column("side", "run", "name"))
    return Document("wide", (Table("few", rows, few), Table("many", rows, many), across))


@pytest.fixture(scope="module", params=[*COMMAND_LINES, "findings", "noise", "wide tables"])
def document(request, results):
    made = {"findings": findings, "noise": profile_document, "wide tables": wide_tables}.get(request.param)
    return made() if made else told_by(COMMAND_LINES[request.param], results)


def test_every_command_that_tells_something_is_looked_at():
    assert {command.name for command in COMMANDS} == {line[0] for line in COMMAND_LINES.values()} | {*ELSEWHERE}


@pytest.mark.parametrize("width", WIDTHS)
def test_no_word_figure_or_verdict_is_cut(document, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    on_a_pipe = render(document)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    on_a_terminal = re.sub(r"\x1b\[[0-9;]*m", "", render(document))
    assert on_a_terminal == on_a_pipe
    lines = on_a_pipe.splitlines()
    assert max(map(len, lines)) <= width
    texts = said(document.blocks, signs_of(document))
    words = {word for text in texts for word in text.split() if len(word) <= width - 4}
    assert words <= set(on_a_pipe.split()), f"cut: {sorted(words - set(on_a_pipe.split()))}"
    for value, times in Counter(figures(document.blocks)).items():
        assert sum(line.count(value) for line in lines) >= times, f"broken over lines: {value}"


def said(blocks, signs):
    """Yield every text of blocks, that of tables as their values are written."""
    for block in blocks:
        if isinstance(block, Lines):
            yield from (line.text if isinstance(line, Command) else plain_text(line) for line in block.lines)
        elif isinstance(block, Command):
            yield block.text
        elif isinstance(block, Note):
            yield plain_text(block.text)
        elif isinstance(block, Entries):
            for label, lines in block.entries:
                yield plain_text(label)
                yield from (line.text if isinstance(line, Command) else plain_text(line) for line in lines)
        elif isinstance(block, Table):
            yield plain_text(block.caption)
            for sheet in sheets(block, signs):
                yield sheet.title
                yield from (value.text + value.signs for row in sheet.rows for value in row)
                yield from (heading.text for heading in sheet.headings)
        elif isinstance(block, Folded | Section):
            yield plain_text(block.title)
            yield from said(shown_within(block), signs)
        else:
            assert isinstance(block, Chart)


def figures(blocks):
    """Yield the figures and verdicts of the tables among blocks, each of which stands on one line."""
    for block in blocks:
        if isinstance(block, Folded | Section):
            yield from figures(shown_within(block))
        for sheet in sheets(block, {}) if isinstance(block, Table) else ():
            yield from (value.text for row in sheet.rows for value in row if value.is_figure or value.unit == "verdict")


def shown_within(block):
    """Return the blocks under a title; none where the person has to ask for them."""
    return () if isinstance(block, Folded) and block.opened_by else block.blocks
