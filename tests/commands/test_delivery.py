import io
import sys

import pytest

from copycost.commands.delivery import deliver
from copycost.errors import UsageError


class Screen(io.TextIOWrapper):
    """Standard output that is a terminal, or is none."""

    def __init__(self, terminal):
        super().__init__(io.BytesIO(), encoding="utf-8")
        self.terminal = terminal

    def isatty(self):
        return self.terminal


@pytest.fixture
def shown(monkeypatch):
    def show(content, *, terminal):
        screen = Screen(terminal)
        monkeypatch.setattr(sys, "stdout", screen)
        deliver(content, None)
        return screen.buffer.getvalue().decode()

    return show


@pytest.mark.parametrize("sign", ["\x1b]0;title\x07", "\x1b[2J", "\r", "\x9b31m", "\x00", "\u202e", "\t"])
def test_control_characters_in_names_do_not_reach_a_terminal(shown, sign):
    assert sign not in shown(f"a{sign}b\n", terminal=True)
    assert shown(f"a{sign}b\n", terminal=False) == f"a{sign}b\n"


def test_lines_and_colours_reach_a_terminal(shown):
    assert shown("\x1b[1mtitle\x1b[0m\n1 µs\n", terminal=True) == "\x1b[1mtitle\x1b[0m\n1 µs\n"


def test_bytes_are_not_for_a_terminal(shown):
    with pytest.raises(UsageError, match="not for a terminal: --out"):
        shown(b"PAR1", terminal=True)
    assert shown(b"PAR1", terminal=False) == "PAR1"


def test_a_file_gets_all_as_it_is(tmp_path):
    deliver("a\x1bb\n", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == b"a\x1bb\n"
