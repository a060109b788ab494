import fcntl
import os
import subprocess
import sys
import threading

import pytest

from copycost.run.cluster.host_process import host_alone

CODE = """
import os, subprocess, sys
from copycost.run.cluster.host_process import progress_alone
out = progress_alone()
print("a user's file says so")
subprocess.run([sys.executable, "-c", "print('and so does what it starts')"])
print("process 1", file=out, flush=True)
"""


def test_only_progress_is_on_standard_output_whatever_is_printed():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout == "process 1\n"
    assert "a user's file says so" in done.stderr and "and so does what it starts" in done.stderr


LIFELINE = """
import os, signal, threading, time
from copycost.run.cluster.host_process import end_with_parent
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    threading.Thread(target=end_with_parent, args=(0, os.getppid()), daemon=True).start()
    print("ready", flush=True)
    time.sleep(3600)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_a_process_ends_with_its_lifeline():
    with subprocess.Popen(
        [sys.executable, "-c", LIFELINE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.stdin.close()
        assert process.stdout.readline() == "interrupted\n"


def test_the_second_waits_until_the_first_is_done(tmp_path):
    path, waits, order = tmp_path / "lock", threading.Event(), []

    def second():
        with host_alone(waits.set, path):
            order.append("second")

    with host_alone(lambda: order.append("the first waits"), path):
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(600)
        order.append("first")
    thread.join(600)
    assert order == ["first", "second"]


def test_a_lock_that_another_user_has_made_is_waited_for(tmp_path, monkeypatch):
    path, waits, in_turn = tmp_path / "lock", threading.Event(), []
    real = os.open

    def protected(file, flags, *mode, **more):  # as Linux does with fs.protected_regular
        if file == path and flags & os.O_CREAT and path.exists() and not flags & os.O_EXCL:
            raise PermissionError("another user's file in a folder that users share")
        return real(file, flags, *mode, **more)

    def second():
        with host_alone(waits.set, path):
            in_turn.append("second")

    monkeypatch.setattr(os, "open", protected)
    path.touch()
    with host_alone(list, path):
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(600)
        in_turn.append("first")
    thread.join(600)
    assert in_turn == ["first", "second"]


def test_a_lock_that_another_has_just_made_is_opened(tmp_path, monkeypatch):
    path, real = tmp_path / "lock", os.open

    def made_meanwhile(file, flags, *mode, **more):
        if file == path and flags & os.O_CREAT:
            path.write_bytes(b"")
        return real(file, flags, *mode, **more)

    monkeypatch.setattr(os, "open", made_meanwhile)
    with host_alone(list, path), path.open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_others_may_share_the_lock_whatever_the_mask_of_who_made_it(tmp_path):
    before = os.umask(0o077)
    try:
        with host_alone(list, tmp_path / "lock"):
            assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o666
    finally:
        os.umask(before)


def test_where_no_lock_can_be_had_there_is_no_waiting(tmp_path):
    entered = []
    with host_alone(list, tmp_path / "missing" / "lock"):
        entered.append(True)
    assert entered


def test_a_link_in_the_locks_place_is_not_followed(tmp_path):
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with host_alone(list, tmp_path / "lock"):
        assert not (tmp_path / "elsewhere").exists()
