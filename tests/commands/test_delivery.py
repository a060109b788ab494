import io
import os
import pathlib
import socket
import subprocess
import sys
import threading

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


def test_a_pipe_is_written_into_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    deliver("a\n", pipe)
    reader.join(10)
    assert read == [b"a\n"] and pipe.is_fifo() and [path.name for path in tmp_path.iterdir()] == ["pipe"]


DELIVER = """
import pathlib, sys
from copycost.commands.delivery import deliver
print("before", flush=True)
deliver(sys.argv[1], pathlib.Path(sys.argv[2]))
print("after", flush=True)
"""


# Through links of the test's own: a real device would be lost if this were wrong and root ran it.
@pytest.mark.parametrize("kind", ["pipe", "file"])
def test_a_path_of_standard_output_is_standard_output(tmp_path, kind):
    link = tmp_path / "stdout"
    link.symlink_to("/dev/fd/1")
    command = [sys.executable, "-c", DELIVER, "content\n", str(link)]
    if kind == "pipe":
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    else:
        with open(tmp_path / "file", "w") as file:
            subprocess.run(command, stdout=file, check=True)
        said = (tmp_path / "file").read_text()
    assert said == "before\ncontent\nafter\n" and link.is_symlink()


def test_what_is_no_file_and_cannot_be_written_into_is_one_line_and_stays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = pathlib.Path("socket")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(out))
        with pytest.raises(UsageError, match="socket: cannot be written"):
            deliver("a\n", out)
        assert out.is_socket()


def test_halves_of_pairs_in_a_name_are_replaced(shown, tmp_path):
    assert shown("a\udcffb\n", terminal=False) == "a?b\n"
    deliver("a\udcffb\n", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == b"a?b\n"


def test_a_file_gets_all_as_it_is(tmp_path):
    deliver("a\x1bb\n", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == b"a\x1bb\n"
