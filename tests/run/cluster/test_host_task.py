import asyncio
from types import SimpleNamespace

import pytest

from copycost.run.cluster.host_plugin import OUR_KEYS, HostPlugin

OURS = OUR_KEYS + "1"


class FakeLoop:
    def __init__(self):
        self.asked = []

    def add_callback(self, function, **arguments):
        self.asked.append((function, arguments))


def worker(tmp_path, running=()):
    executing = {FakeTask(key) for key in running}
    return SimpleNamespace(
        local_directory=str(tmp_path),
        state=SimpleNamespace(executing=executing, long_running=set()),
        loop=FakeLoop(),
        plugin_remove="remove",
    )


class FakeTask:
    """A task of a worker's state, which can be in a set."""

    def __init__(self, key):
        self.key = key


@pytest.fixture
def plugin(tmp_path):
    made = HostPlugin("copycost-1", OURS)
    made.setup(worker(tmp_path))
    return made


def test_tasks_of_others_are_counted_and_ours_are_not(plugin):
    for key in ("somebodys-1", "somebodys-2", OURS, OUR_KEYS + "another host's"):
        plugin.transition(key, "ready", "executing")
        plugin.transition(key, "executing", "memory")
    assert plugin.other_tasks == 2 and plugin.other_seconds >= 0


def test_a_task_that_leaves_its_thread_is_one_task(plugin):
    for start, finish in (("ready", "executing"), ("executing", "long-running"), ("long-running", "memory")):
        plugin.transition("somebodys", start, finish)
    assert plugin.other_tasks == 1


def test_what_runs_already_is_counted_and_its_time_goes_on(tmp_path):
    plugin = HostPlugin("copycost-1", OURS)
    plugin.setup(worker(tmp_path, running=["somebodys"]))
    assert plugin.other_tasks == 1
    assert plugin.other_seconds < plugin.other_seconds


@pytest.mark.parametrize(("finish", "asked"), [("released", 1), ("cancelled", 1), ("memory", 0), ("error", 0)])
def test_it_goes_when_its_task_is_taken_back_and_not_when_it_ends(tmp_path, finish, asked):
    plugin = HostPlugin("copycost-1", OURS)
    on = worker(tmp_path)
    plugin.setup(on)
    plugin.transition(OURS, "ready", "executing")
    plugin.transition(OURS, "executing", finish)
    assert on.loop.asked == [("remove", {"name": "copycost-1"})] * asked


def test_it_takes_its_files_with_it(plugin, tmp_path):
    (plugin.folder / "results").mkdir(parents=True)
    asyncio.run(plugin.teardown(None))
    assert list(tmp_path.iterdir()) == []


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
