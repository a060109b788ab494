import errno
import os
import platform
import subprocess
import sys

import pytest

from copycost.errors import UsageError
from copycost.run.folder import LOCK, OWNER, is_locked, leave_empty, locked, make

HOLD = """
import sys, pathlib
from copycost.run.folder import locked
with locked(pathlib.Path(sys.argv[1])):
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
    assert is_locked(tmp_path)
    with pytest.raises(UsageError, match=f"is being measured by process {holder.pid} already"), locked(tmp_path):
        raise AssertionError("two hold it")
    assert is_locked(tmp_path)


def test_the_lock_of_a_killed_runner_does_not_hold(tmp_path, holder):
    holder.kill()
    holder.wait()
    assert (tmp_path / LOCK).exists() and not is_locked(tmp_path)
    with locked(tmp_path):
        assert (tmp_path / LOCK).read_text() == f"{os.getpid()}\n"


def test_nothing_is_left_when_it_is_let_go(tmp_path):
    with locked(tmp_path):
        assert is_locked(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert not is_locked(tmp_path)


def test_a_folder_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(UsageError, match="cannot be locked"), locked(tmp_path / "none"):
        raise AssertionError


def test_a_link_in_the_locks_place_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_text("kept")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / LOCK).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="cannot be locked"), locked(folder):
        raise AssertionError
    assert (tmp_path / "elsewhere").read_text() == "kept"


@pytest.fixture
def no_flock(monkeypatch):
    def refuse(*_):
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", refuse)


def test_without_flock_a_living_owner_holds(tmp_path, no_flock):
    with locked(tmp_path):
        assert is_locked(tmp_path)
        with pytest.raises(UsageError, match=f"process {os.getpid()} already"), locked(tmp_path):
            raise AssertionError
        assert is_locked(tmp_path)
    assert list(tmp_path.iterdir()) == []


GONE = 2**22 + 1


def test_without_flock_a_dead_owner_does_not_hold(tmp_path, no_flock):
    (tmp_path / OWNER).write_text(f"{GONE}\n{platform.node()}\n")
    assert not is_locked(tmp_path)
    (tmp_path / OWNER).write_text(f"{GONE}\n{platform.node()}\n")
    with locked(tmp_path):
        assert (tmp_path / OWNER).read_text().startswith(f"{os.getpid()}\n")
    assert list(tmp_path.iterdir()) == []


def test_without_flock_a_number_that_was_given_anew_does_not_hold(tmp_path, no_flock):
    (tmp_path / OWNER).write_text(f"{os.getpid()}\n{platform.node()}\n1\n")
    assert not is_locked(tmp_path)


def test_without_flock_an_owner_on_another_machine_holds_and_the_line_names_the_file(tmp_path, no_flock):
    (tmp_path / OWNER).write_text("7\nanother\n")
    said = f"by process 7 already; if that process is of another machine and dead, remove {tmp_path / OWNER}"
    with pytest.raises(UsageError, match=said) as caught, locked(tmp_path):
        raise AssertionError
    assert "\n" not in str(caught.value) and is_locked(tmp_path)


@pytest.mark.parametrize("name", ["../x", ".hidden", "latest", "CON"])
def test_other_names_are_refused_in_one_line(tmp_path, name):
    with pytest.raises(UsageError, match="name ") as caught:
        make(tmp_path, name)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_exists_is_not_touched_whatever_its_case(tmp_path):
    (tmp_path / "Mine").mkdir()
    (tmp_path / "Mine" / "kept").write_text("kept")
    for name in ("Mine", "mine", "MINE"):
        with pytest.raises(UsageError, match="exists already"):
            make(tmp_path, name)
    assert os.listdir(tmp_path) == ["Mine"]


def test_a_folder_that_a_killed_run_left_before_it_wrote_anything_is_as_good_as_new(tmp_path):
    (tmp_path / "mine" / ".scratch").mkdir(parents=True)
    (tmp_path / "mine" / ".lock").write_text("")
    assert make(tmp_path, "mine") == tmp_path / "mine"


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "results").mkdir()
    for target in ("elsewhere", "nowhere"):
        (tmp_path / "results" / "mine").symlink_to(tmp_path / target)
        with pytest.raises(UsageError, match="exists already"):
            make(tmp_path / "results", "mine")
        (tmp_path / "results" / "mine").unlink()


def test_a_new_folder_is_made_durable_in_the_one_that_holds_it(tmp_path, monkeypatch):
    synced = []

    def fsync(handle, of=os.fstat):
        synced.append(of(handle).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    assert make(tmp_path / "results", "mine").is_dir()
    assert (tmp_path / "results").stat().st_ino in synced


def test_a_place_that_is_no_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be made"):
        make(tmp_path / "file", "mine")


def test_only_an_empty_folder_is_taken_away(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "full" / "more").mkdir(parents=True)
    for name in ("empty", "full", "none"):
        leave_empty(tmp_path / name)
    assert os.listdir(tmp_path) == ["full"]
