import errno
import json
import os
import subprocess
import sys

import pytest

from copycost.errors import UsageError
from copycost.run.lock import LOCK, FolderLock, is_held

HOLD = """
import sys, pathlib
from copycost.run.lock import FolderLock
with FolderLock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_runner_is_refused_in_one_line_that_names_the_first(tmp_path, holder):
    assert is_held(tmp_path)
    with pytest.raises(UsageError, match=f"is being measured by process {holder.pid} already"), FolderLock(tmp_path):
        raise AssertionError("two hold it")
    assert is_held(tmp_path)


def test_the_lock_of_a_killed_runner_does_not_hold(tmp_path, holder):
    holder.kill()
    holder.wait()
    assert (tmp_path / LOCK).exists() and not is_held(tmp_path)
    with FolderLock(tmp_path):
        assert json.loads((tmp_path / LOCK).read_text())["pid"] == os.getpid()


def test_nothing_is_left_when_it_is_let_go(tmp_path):
    with FolderLock(tmp_path):
        assert is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert not is_held(tmp_path)


def test_a_folder_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(UsageError, match="cannot be locked"), FolderLock(tmp_path / "none"):
        raise AssertionError


def test_a_link_in_the_locks_place_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_text("kept")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / LOCK).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="cannot be locked"), FolderLock(folder):
        raise AssertionError
    assert (tmp_path / "elsewhere").read_text() == "kept"


@pytest.fixture
def no_flock(monkeypatch):
    def refuse(*_):
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", refuse)


def test_without_flock_a_living_owner_holds(tmp_path, no_flock):
    with FolderLock(tmp_path):
        assert is_held(tmp_path)
        with pytest.raises(UsageError, match=f"process {os.getpid()} already"), FolderLock(tmp_path):
            raise AssertionError
        assert is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []
