from pathlib import Path
from types import SimpleNamespace

import pytest

import copycost
from copycost.run.cluster.host_task import PREFIX, Watch, environ

OURS = PREFIX + "1"


class FakeTask:
    """A task of a worker's state, which can be in a set."""

    def __init__(self, key):
        self.key = key


class FakeProcess:
    def __init__(self):
        self.stdin = self
        self.closed = 0

    def close(self):
        self.closed += 1


def worker(running=()):
    return SimpleNamespace(state=SimpleNamespace(executing=set(map(FakeTask, running)), long_running=set()))


def test_tasks_of_others_are_counted_and_those_that_measure_are_not():
    seen = Watch()
    for key in ("somebodys-1", "somebodys-2", OURS, PREFIX + "another run's"):
        seen.transition(key, "ready", "executing")
        seen.transition(key, "executing", "memory")
    assert len(seen.others) == 2


def test_a_task_that_leaves_its_thread_is_one_task():
    seen = Watch()
    for start, finish in (("ready", "executing"), ("executing", "long-running"), ("long-running", "memory")):
        seen.transition("somebodys", start, finish)
    assert seen.others == {"somebodys"}


def test_what_runs_already_is_counted():
    seen = Watch()
    seen.setup(worker(running=["somebodys"]))
    assert seen.others == {"somebodys"}


@pytest.mark.parametrize(("finish", "ended"), [("released", 1), ("cancelled", 1), ("memory", 0), ("error", 0)])
def test_measuring_ends_when_its_task_is_taken_back(finish, ended):
    seen, process = Watch(), FakeProcess()
    seen.measuring[OURS] = process
    seen.transition("somebodys", "executing", finish)
    seen.transition(OURS, "executing", finish)
    assert process.closed == ended


def test_measuring_ends_when_the_worker_closes():
    seen, process = Watch(), FakeProcess()
    seen.measuring[OURS] = process
    seen.teardown(worker())
    assert process.closed == 1


def test_what_the_nanny_set_for_its_worker_is_not_measured(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "65536")
    monkeypatch.setenv("MKL_NUM_THREADS", "3")  # no value of the nanny's
    own = environ()
    assert "OMP_NUM_THREADS" not in own and "MALLOC_TRIM_THRESHOLD_" not in own
    assert own["MKL_NUM_THREADS"] == "3"


def test_the_process_finds_the_workers_own_copycost(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    assert environ()["PYTHONPATH"].split(":") == [str(Path(copycost.__file__).parents[1]), "/somewhere"]
