"""A task that ends its process costs one result, and the others are done; limits hold and are inherited."""

import os
import signal
import subprocess
import sys
import time

import pytest

from copycost.catalogue import sandbox
from copycost.catalogue.sandbox import Ended, limit_memory, sandboxed


def test_results_come_back_in_order():
    assert sandboxed(lambda task: {"twice": task * 2}, [1, 2, 3]) == [
        {"twice": 2},
        {"twice": 4},
        {"twice": 6},
    ]


def test_no_tasks_have_no_results():
    assert sandboxed(lambda task: task, []) == []


def test_a_task_that_forks_and_returns_twice_has_one_result():
    def forking(task):
        if task == 1:
            os.fork()
        return task

    assert sandboxed(forking, [0, 1, 2]) == [0, 1, 2]


def test_results_may_be_larger_than_a_pipe():
    assert sandboxed(lambda task: "x" * task, [300_000, 1]) == ["x" * 300_000, "x"]


def test_tasks_run_in_another_process_whose_number_is_told():
    numbers = []
    assert sandboxed(lambda task: os.getpid(), [0], began=numbers.append) == numbers != [os.getpid()]


@pytest.mark.parametrize("garbage", [b"x", b"x\n", b"\n\xff\n", b"[1]\n", b"{}\n", b'{"other": 1}\n', b"7"])
def test_what_a_task_writes_into_the_pipe_of_results_is_no_result(monkeypatch, garbage):
    pipes, pipe = [], os.pipe
    monkeypatch.setattr(os, "pipe", lambda: pipes.append(pipe()) or pipes[-1])

    def work(task):
        os.write(pipes[-1][1], garbage)
        return task

    assert sandboxed(work, [1, 2, 3]) == [1, 2, 3]


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_crash_costs_one_result(position):
    def work(task):
        if task == position:
            os.write(2, b"terminate called\n  what():  the last words\n")
            os.kill(os.getpid(), signal.SIGKILL)
        return task

    results = sandboxed(work, [0, 1, 2], silent=True)
    ended = results[position]
    assert str(ended) == "the process ends with SIGKILL: the last words"
    assert [result for result in results if result is not ended] == [task for task in range(3) if task != position]


@pytest.mark.parametrize(
    ("function", "status"),
    [
        (lambda task: os.abort(), -signal.SIGABRT),
        (lambda task: os.kill(os.getpid(), signal.SIGSEGV), -signal.SIGSEGV),
        (lambda task: os._exit(3), 3),
    ],
    ids=["abort", "segfault", "exit"],
)
def test_an_ending_has_its_status(function, status):
    assert sandboxed(function, [0]) == [Ended(status)]


def test_what_a_process_writes_is_heard_unless_it_is_to_be_silent(capfd):
    for silent in (False, True):
        sandboxed(lambda task: os.write(2, b"heard"), [0], silent=silent)
        assert capfd.readouterr().err == ("" if silent else "heard")


def test_a_task_that_hangs_is_killed_when_its_time_is_over_and_the_next_is_done():
    results = sandboxed(lambda task: time.sleep(task) or "done", [0, 600, 0], seconds=0.3)
    assert results == ["done", Ended(-signal.SIGKILL, "no answer within 0.3 s"), "done"]


def test_a_task_that_hangs_may_be_killed_by_its_number():
    results = sandboxed(lambda task: time.sleep(600), [0], began=lambda pid: os.kill(pid, signal.SIGKILL))
    assert results == [Ended(-signal.SIGKILL)]


def test_a_process_that_a_task_leaves_behind_is_not_waited_for(tmp_path):
    left = tmp_path / "left"

    def forks(task):
        child = os.fork()
        if child == 0:
            signal.pause()
        left.write_text(str(child))
        os._exit(0)

    assert sandboxed(forks, [0]) == [Ended(0)]
    os.kill(int(left.read_text()), signal.SIGKILL)


def test_a_bug_shows_its_traceback():
    def work(task):
        raise LookupError("nowhere to be found")

    with pytest.raises(RuntimeError, match="LookupError: nowhere to be found"):
        sandboxed(work, [1])


def test_no_process_is_left_when_the_caller_fails():
    numbers = []

    def fail(pid):
        numbers.append(pid)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sandboxed(lambda task: time.sleep(600), [0], began=fail)
    with pytest.raises(ProcessLookupError):
        os.kill(numbers[0], 0)


def test_where_there_is_no_fork_the_work_is_done_here(monkeypatch):
    monkeypatch.setattr(sandbox, "POSSIBLE", False)
    assert sandboxed(lambda task: os.getpid(), [0]) == [os.getpid()]


def in_a_process(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


@pytest.mark.parametrize(
    "take", ["bytearray(2**30)", "import numpy; numpy.empty(2**30, 'u1')", "import torch; torch.empty(2**30)"]
)
def test_memory_beyond_the_limit_is_an_exception_and_the_process_lives_on(take):
    code = (
        "from copycost.catalogue.sandbox import limit_memory, private_bytes\n"
        "from copycost.measure.failures import is_out_of_memory\n"
        "import numpy, torch\n"
        "limit_memory(private_bytes() + 2**28)\n"
        "try:\n"
        f"    exec({take!r})\n"
        "except Exception as error:\n"
        "    print(is_out_of_memory(error), len(bytearray(2**20)))\n"
    )
    assert in_a_process(code).stdout == "True 1048576\n"


def test_a_limit_below_what_a_process_begins_with_is_refused():
    with pytest.raises(MemoryError, match="memory limit 1 MiB is below the"):
        limit_memory(2**20)


def test_no_limit_is_none():
    code = (
        "import resource\n"
        "from copycost.catalogue.sandbox import limit_memory\n"
        "limit_memory(None)\n"
        "print(resource.getrlimit(resource.RLIMIT_DATA) == (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
    )
    assert in_a_process(code).stdout == "True\n"


def test_a_process_dies_with_its_parent():
    code = (
        "import os, sys, time\n"
        "from copycost.catalogue.sandbox import die_with_parent\n"
        "ready, told = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    die_with_parent()\n"
        "    os.write(told, b'x')\n"
        "    time.sleep(600)\n"
        "os.read(ready, 1)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    # The pipe of standard output is closed when nobody holds it any more: this would wait for the child.
    assert in_a_process(code).returncode == -9


def test_a_crash_leaves_no_core_file():
    code = (
        "import resource\n"
        "from copycost.catalogue.sandbox import crash_quietly\n"
        "crash_quietly()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE)[0])\n"
    )
    assert in_a_process(code).stdout == "0\n"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="told by /proc")
def test_a_process_that_was_stopped_is_told_from_one_that_sleeps():
    with subprocess.Popen(["sleep", "600"]) as child:
        assert not sandbox.is_stopped(child.pid)
        child.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, child.pid, os.WSTOPPED)
        assert sandbox.is_stopped(child.pid)
        child.send_signal(signal.SIGCONT)
        os.waitid(os.P_PID, child.pid, os.WCONTINUED)
        assert not sandbox.is_stopped(child.pid)
        child.kill()
        child.wait()
    assert not sandbox.is_stopped(child.pid)
