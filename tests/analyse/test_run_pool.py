import os
import subprocess
import sys

import pytest

from copycost.analyse import run_pool
from copycost.analyse.run_pool import in_processes


def squared(number):
    return number * number, os.getpid()


def ended_at_seven(number):
    if number == 7 and os.environ.get("COPYCOST_TEST_PARENT") != str(os.getpid()):
        os._exit(3)
    return number


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.setattr(run_pool, "_cores", lambda: 2)


def test_few_jobs_are_done_here():
    assert list(in_processes(squared, range(7))) == [(number**2, os.getpid()) for number in range(7)]


def test_many_are_done_in_other_processes_and_come_in_their_order():
    found = list(in_processes(squared, range(20)))
    assert [result for result, _ in found] == [number**2 for number in range(20)]
    assert os.getpid() not in {process for _, process in found}


def test_on_one_core_they_are_done_here(monkeypatch):
    monkeypatch.setattr(run_pool, "_cores", lambda: 1)
    assert {process for _, process in in_processes(squared, range(20))} == {os.getpid()}


def test_where_a_process_is_ended_from_outside_the_rest_is_done_here(monkeypatch):
    monkeypatch.setenv("COPYCOST_TEST_PARENT", str(os.getpid()))
    assert list(in_processes(ended_at_seven, range(20))) == list(range(20))


def test_stopping_half_way_leaves_no_process():
    import multiprocessing

    results = in_processes(squared, range(40))
    next(results)
    results.close()
    assert multiprocessing.active_children() == []


def test_a_script_without_a_guard_is_not_run_again(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "print('run')\n"
        "from copycost.analyse import run_pool\n"
        "run_pool._cores = lambda: 2\n"
        "print(sum(run_pool.in_processes(len, ['ab'] * 20)))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["run", "40"] and done.stderr == ""
