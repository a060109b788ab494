"""Temporary files where the system's folder for them cannot be written, as in a container whose disk is read-only."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from copycost import temporary
from copycost.errors import UsageError
from copycost.store import addresses

ROOT = Path(__file__).parents[1]


@pytest.fixture
def read_only(monkeypatch, tmp_path):
    """Let no usual folder be one that can be written."""

    def refused():
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", refused)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(temporary, "_IN_MEMORY", Path("/proc/nowhere"))
    monkeypatch.setattr(temporary.atexit, "register", lambda *_, **__: None)
    monkeypatch.setenv("TMPDIR", "as it was")


def test_where_the_usual_folders_can_be_written_nothing_changes(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", "as it was")
    temporary.require_temporary(tmp_path)
    assert os.environ["TMPDIR"] == "as it was" and not list(tmp_path.iterdir())


def test_else_temporary_files_lie_in_a_folder_of_their_own_beside_the_results(read_only, tmp_path):
    temporary.require_temporary(Path("/proc/nowhere"), tmp_path / "results" / "of" / "a" / "run")
    (made,) = tmp_path.iterdir()
    assert os.environ["TMPDIR"] == tempfile.tempdir == str(made)
    assert made.name.startswith(".")  # trees of results are not looked for in it


def test_where_nothing_can_be_written_one_line_says_so(read_only):
    with pytest.raises(UsageError, match="set TMPDIR"):
        temporary.require_temporary(Path("/proc/nowhere"))


@pytest.mark.parametrize("home", ["~", "/proc/nowhere"], ids=["is not known", "cannot be written"])
def test_a_user_whose_folder_cannot_be_had_has_a_cache_for_this_process(monkeypatch, home):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(addresses.os.path, "expanduser", lambda _: home)
    assert os.access(addresses.caches(), os.W_OK)


def test_a_chart_is_drawn_without_a_word_of_a_library_where_the_users_folder_cannot_be_written(tmp_path):
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "MPL"))}
    command = [sys.executable, ROOT / "bench_runner.py", "plot", ROOT / "results" / "reference", "--chart", "cost"]
    done = subprocess.run(
        [*command, "--out", tmp_path, "--format", "svg"],
        env={**environ, "HOME": "/proc/nowhere"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "cost.svg").is_file()
