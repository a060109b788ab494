"""Every command line in the documentation names a command that there is, options that it has, and enough arguments."""

import re
import shlex
from pathlib import Path

import click
import pytest

from copycost.cli import COMMANDS
from copycost.commands.options import format_option
from copycost.show.render.formats import FORMATS, TRACKERS

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
BY_NAME = {command.name: command for command in COMMANDS}


def spans(text):
    """Return the lines of code blocks, those that a backslash continues as one, and what stands between backquotes."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    yield from (line for block in blocks for line in block.replace("\\\n", " ").splitlines())
    yield from (
        span.replace("\n", " ") for span in re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.S))
    )


def documented():
    """Yield each page's command lines, without the program's name, and whether they are whole."""
    for page in PAGES:
        for span in spans(page.read_text(encoding="utf-8")):
            _, program, words = span.partition("bench_runner.py")
            if program and (words == "" or words[0] == " "):
                yield page, words.strip(), True
            elif span.split(" ")[0] in BY_NAME and " -" in span:  # such as `plot latest --check`
                yield page, span, False


LINES = sorted({(str(page.relative_to(ROOT)), words, whole) for page, words, whole in documented()})


@pytest.mark.parametrize(("page", "line", "whole"), LINES, ids=[f"{page}: {line}" for page, line, _ in LINES])
def test_a_documented_command_line_can_be_typed(page, line, whole):
    check_line(shlex.split(line, comments=True), whole=whole)


def check_line(words, *, whole=True):
    """Assert that a command line, without the program's name, is one of ours; ``whole`` is one with all arguments."""
    name, words = (words[0], words[1:]) if words else ("run", [])
    if name.startswith("-"):
        assert name in ("--help", "--version")
        return
    command = BY_NAME[name]
    context = click.Context(command, info_name=name)
    if not whole and words[-1].startswith("--"):  # named without a value
        assert words.pop() in [opt for param in command.params for opt in (*param.opts, *param.secondary_opts)]
    typed, left, _ = command.make_parser(context).parse_args(list(words))
    assert left == [], f"{name} takes no {left}"
    arguments = [param for param in command.params if isinstance(param, click.Argument) and param.required]
    assert not whole or all(typed.get(param.name) for param in arguments), f"{name} needs more"
    if name != "plot" and "format" in typed:
        assert typed["format"] in (*FORMATS, *(TRACKERS if name == "export" else ()))


def test_lines_are_found():
    assert {page for page, _, _ in LINES} >= {"README.md", "docs/comparing.md", "docs/charts.md", "docs/many-runs.md"}
    assert len(LINES) > 50


def test_the_readme_names_every_command():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in BY_NAME if not re.search(rf"(bench_runner\.py |`){name}\b", text)] == []


def test_every_command_says_in_one_sentence_what_it_is_for():
    assert [command.name for command in COMMANDS if not command.get_short_help_str(200)] == []


def test_help_names_every_format():
    @click.command()
    @format_option()
    def command():
        pass

    (option,) = command.params
    assert [name for name in FORMATS if name not in option.help] == []
