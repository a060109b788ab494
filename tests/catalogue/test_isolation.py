"""A task that ends its process costs one result, and the others are done."""

import os
import signal

import pytest

from copycost.catalogue.isolation import Crash, isolated


def test_results_come_back_in_order():
    assert isolated(lambda task: {"twice": task * 2}, [1, 2, 3]) == [
        {"twice": 2},
        {"twice": 4},
        {"twice": 6},
    ]


def test_no_tasks_have_no_results():
    assert isolated(lambda task: task, []) == []


def test_results_may_be_larger_than_a_pipe():
    assert isolated(lambda task: "x" * task, [300_000, 1]) == ["x" * 300_000, "x"]


def test_tasks_run_in_another_process():
    assert isolated(lambda task: os.getpid(), [0]) != [os.getpid()]


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_crash_costs_one_result(position):
    def work(task):
        if task == position:
            os.write(2, b"terminate called\n  what():  the last words\n")
            os.kill(os.getpid(), signal.SIGKILL)
        return task

    expected = [0, 1, 2]
    expected[position] = Crash("the process ends with SIGKILL: the last words")
    assert isolated(work, [0, 1, 2]) == expected


def test_a_bug_shows_its_traceback():
    def work(task):
        raise LookupError("nowhere to be found")

    with pytest.raises(RuntimeError, match="LookupError: nowhere to be found"):
        isolated(work, [1])


def test_where_there_is_no_fork_the_work_is_done_here(monkeypatch):
    monkeypatch.delattr(os, "fork")
    assert isolated(lambda task: os.getpid(), [0]) == [os.getpid()]
