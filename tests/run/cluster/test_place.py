import json
import sys
from types import ModuleType

import dask.config
import pytest

from copycost.errors import UsageError
from copycost.run.cluster import place as module
from copycost.run.cluster.place import Address, Factory, Local, opened, parse, require_dask


@pytest.mark.parametrize("text", ["tcp://10.0.0.1:8786", "tls://scheduler.example:8786", "tcp://[::1]:8786"])
def test_an_address_is_taken_as_it_is(text):
    assert parse(text) == Address(text)


def test_local_is_so_many_workers_here():
    assert parse("local:3") == Local(3)


def test_a_scheduler_file_names_the_address(tmp_path):
    path = tmp_path / "scheduler.json"
    path.write_text(json.dumps({"type": "Scheduler", "address": "tcp://10.0.0.1:8786"}))
    assert parse(str(path)) == Address("tcp://10.0.0.1:8786")


def test_a_key_of_dasks_configuration_holds_an_address_or_a_factory():
    factory = {"module": "dask_jobqueue", "class": "SLURMCluster", "kwargs": {"cores": 4}, "workers": 8}
    with dask.config.set({"scheduler-address": "tls://10.0.0.1:8786", "copycost.fleet": factory}):
        assert parse("scheduler-address") == Address("tls://10.0.0.1:8786")
        assert parse("copycost.fleet") == Factory("dask_jobqueue", "SLURMCluster", (), {"cores": 4}, 8)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not an address"),
        ("10.0.0.1", "is not an address"),
        ("http://10.0.0.1:8786", "is not an address"),
        ("no.such.key", "is not an address"),
        ("local:0", "local:1 to local:100"),
        ("local:101", "local:1 to local:100"),
        ("local:-1", "is not an address"),
    ],
)
def test_what_names_no_cluster_is_refused(text, said):
    with pytest.raises(UsageError, match=said):
        parse(text)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"address": 7}', '{"address": "10.0.0.1"}', "\x00"])
def test_a_file_that_is_no_scheduler_file_is_refused_by_name(tmp_path, content):
    path = tmp_path / "scheduler.json"
    path.write_text(content)
    with pytest.raises(UsageError, match=r"scheduler\.json"):
        parse(str(path))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "no module and class"),
        ({"module": "m", "class": 3}, "no module and class"),
        ({"module": "m", "class": "C", "kwargs": [1]}, "kwargs a mapping"),
        ({"module": "m", "class": "C", "workers": "many"}, "workers a count"),
        ("10.0.0.1:8786", "is not an address"),
    ],
)
def test_a_configuration_that_makes_no_cluster_is_refused(value, said):
    with dask.config.set({"copycost.fleet": value}), pytest.raises(UsageError, match=said):
        parse("copycost.fleet")


class FakeCluster:
    scheduler_address = "tcp://10.0.0.1:8786"
    security = "its own"

    def __init__(self, *arguments, **keywords):
        self.made = (arguments, keywords)
        self.scaled = None
        self.closed = False
        FakeCluster.last = self

    def scale(self, workers):
        self.scaled = workers

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed = True


@pytest.fixture
def deployment(monkeypatch):
    fake = ModuleType("made_up_deployment")
    fake.FakeCluster = FakeCluster
    fake.Broken = lambda: 1 / 0
    monkeypatch.setitem(sys.modules, "made_up_deployment", fake)


@pytest.mark.usefixtures("deployment")
def test_a_factorys_cluster_is_started_scaled_and_ended():
    with opened(Factory("made_up_deployment", "FakeCluster", (1,), {"cores": 4}, 8)) as address:
        assert address == Address("tcp://10.0.0.1:8786", "its own", 8)
        assert FakeCluster.last.made == ((1,), {"cores": 4})
        assert FakeCluster.last.scaled == 8 and not FakeCluster.last.closed
    assert FakeCluster.last.closed


@pytest.mark.usefixtures("deployment")
@pytest.mark.parametrize(
    ("factory", "said"),
    [
        (Factory("no_such_package", "Cluster"), "no_such_package.Cluster cannot be had"),
        (Factory("made_up_deployment", "Other"), "made_up_deployment.Other cannot be had"),
        (Factory("made_up_deployment", "Broken"), r"cannot be started \(division by zero\)"),
    ],
)
def test_a_factory_that_makes_nothing_is_refused(factory, said):
    with pytest.raises(UsageError, match=said), opened(factory):
        pass


def test_without_dask_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'copycost\[cluster\]'"):
        require_dask()
