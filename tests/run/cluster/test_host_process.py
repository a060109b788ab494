import errno
import fcntl
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


def test_the_second_waits_until_the_first_is_done_and_nothing_is_left_there(tmp_path):
    waits, order = threading.Event(), []

    def second():
        with host_alone(waits.set, tmp_path):
            order.append("second")

    with host_alone(lambda: order.append("the first waits"), tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(600)
        order.append("first")
    thread.join(600)
    assert order == ["first", "second"]
    assert not list(tmp_path.iterdir())


def test_whoever_waits_has_the_lock_as_soon_as_its_holder_is_killed(tmp_path):
    hold = "import sys, time; from copycost.run.cluster.host_process import host_alone\n"
    hold += "with host_alone(list, sys.argv[1]):\n    print('holds', flush=True)\n    time.sleep(3600)"
    with subprocess.Popen([sys.executable, "-c", hold, tmp_path], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "holds\n"
        waited = []

        def waits():
            waited.append(True)
            holder.kill()

        with host_alone(waits, tmp_path):
            assert waited


@pytest.mark.parametrize("why", ["missing", "not locked there"])
def test_where_no_lock_can_be_had_there_is_no_waiting(tmp_path, monkeypatch, why):
    def refuse(*_):
        raise OSError(errno.EBADF, "as NFS does for a folder")

    if why != "missing":
        monkeypatch.setattr(fcntl, "flock", refuse)
    entered = []
    with host_alone(list, tmp_path / "missing" if why == "missing" else tmp_path):
        entered.append(True)
    assert entered
