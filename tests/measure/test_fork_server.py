import json
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from pytest_benchmark.session import BenchmarkSession

from copycost.catalogue.cell import Cell
from copycost.catalogue.conversions import Conversion, WrongResult
from copycost.measure.allocator import FOUND
from copycost.measure.core_watch import CoreWatch
from copycost.measure.fork_server import ForkServer, JsonPath, preparation_event
from copycost.measure.plan import MeasurePlan
from copycost.measure.protocol import Protocol
from copycost.measure.worker import Worker

CELLS = [Cell("torch.tensor", "to_tensor", dtype, size) for dtype in ("float64", "float32") for size in (4096, 1, 64)]


def item(cell):
    marker = SimpleNamespace(args=[cell.direction])
    callspec = SimpleNamespace(params=cell.as_dict())
    return SimpleNamespace(nodeid=cell.id, callspec=callspec, get_closest_marker=lambda name: marker)


@pytest.fixture
def server():
    """A server that nobody listens to: the real one takes standard output for itself."""
    server = ForkServer.__new__(ForkServer)
    server.process = 0
    server._cells = {cell.id: cell.id for cell in CELLS}
    server.said = []
    server.watch = CoreWatch()
    server._send = lambda **event: server.said.append(event)
    return server


def taken(server, seed, upwards):
    session = SimpleNamespace(items=[], config=SimpleNamespace(_benchmarksession=SimpleNamespace(json=None)))
    items = {cell.id: [item(cell)] * 3 for cell in CELLS}
    visits = dict.fromkeys(items, 2)
    server._take({"process": 1, "json": "process.json", "visits": visits, "seed": seed}, session, items, upwards)
    assert session.config._benchmarksession.json == "process.json"
    return [(found.callspec.params["size"], found.callspec.params["dtype"]) for found in session.items]


def test_visits_are_made_in_an_order_that_is_drawn(server):
    orders = {tuple(taken(server, seed, upwards=False)) for seed in range(20)}
    assert len(orders) > 10
    assert {len(order) for order in orders} == {2 * len(CELLS)}


def test_upwards_no_visit_comes_after_one_of_more_bytes(server):
    orders = [taken(server, seed, upwards=True) for seed in range(20)]
    for order in orders:
        sizes = [size * {"float64": 8, "float32": 4}[dtype] for size, dtype in order]
        assert sizes == sorted(sizes) and len(sizes) == 2 * len(CELLS)


PUTS_BACK = """
from copycost.measure import plugin
from copycost.measure.plugin import pytest_runtest_protocol

class Server:
    seen = set()
    def puts_back(self, item):
        if "later" not in item.name or item.nodeid in self.seen:
            return False
        self.seen.add(item.nodeid)
        item.session.items.append(item)
        return True

def pytest_configure(config):
    config.stash[plugin._server] = Server()
"""
MODULE = """
import pytest

@pytest.fixture(scope="module")
def made(request):
    yield request.module.__name__

def test_first(made): assert made == __name__
def test_later(made): assert made == __name__
def test_last(made): assert made == __name__
def test_later_too(made): assert made == __name__
"""


def test_visits_that_are_put_back_are_made_last_and_leave_nothing_set_up_behind(tmp_path):
    (tmp_path / "conftest.py").write_text(PUTS_BACK)
    for name in ("test_a", "test_b"):
        (tmp_path / f"{name}.py").write_text(MODULE)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-v",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:logging",
        str(tmp_path),
    ]  # as a session has it
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environ)
    ran = [line.split("::")[1].split()[0] for line in done.stdout.splitlines() if "PASSED" in line]
    at_once, later = ["test_first", "test_last"], ["test_later", "test_later_too"]
    assert ran == [*at_once, *at_once, *later, *later], done.stdout


def test_where_the_order_matters_nothing_is_put_back(server):
    server.watch = SimpleNamespace(puts_back=lambda visit: True, level=None)
    visit = item(CELLS[0])
    visit.session = SimpleNamespace(items=[visit])
    server.process = 1
    for in_order, puts_back in ((True, False), (False, True)):
        server._in_order = in_order
        assert server.puts_back(visit) is puts_back
    assert visit.session.items == [visit, visit]
    assert server.said == [{"event": "put back", "cell": CELLS[0].id}]


@pytest.mark.parametrize(("allocator", "upwards"), [("steady", False), (FOUND, True)])
def test_cells_are_prepared_downwards_or_upwards(server, monkeypatch, allocator, upwards):
    monkeypatch.setattr("copycost.measure.fork_server.preparation_event", lambda worker, cell: {"event": "prepared"})
    server.mode = "once"
    asked = {"cells": [cell.id for cell in CELLS], "known": {}, "rounds": {}, "on_trial": [], "code": None}
    server._prepare(worker(good), MeasurePlan(tuple(CELLS), Protocol(allocator=allocator)), asked)
    order = [said["cell"] for said in server.said if said["event"] == "preparing"]
    sizes = [cell.size for name in order for cell in CELLS if cell.id == name]
    assert len(sizes) == len(CELLS)
    assert sizes == sorted(sizes, reverse=not upwards)


CELL = Cell("mine", "to_tensor", "float64", 16)


def worker(function, documented="copies"):
    mine = Conversion("mine", "to_tensor", "mine(a)", documented, "user", function)
    return Worker({"mine": mine}, Protocol())


def good(a):
    return torch.tensor(a)


def raises(error):
    def function(a):
        raise error

    return function


def test_a_cell_that_is_prepared_on_trial_comes_back_with_its_calibration(server):
    event = server._try_to_prepare(worker(good), CELL)
    (preparing,) = server.said
    assert preparing["event"] == "preparing" and preparing["pid"] != os.getpid()
    assert event["event"] == "prepared" and event["seconds"] > 0
    assert event["calibration"]["shares_memory"] is False


def test_a_worker_that_learns_a_calibration_does_not_call_the_conversion(server):
    event = server._try_to_prepare(worker(good), CELL)
    other = worker(raises(AssertionError("called")))
    other.learn({CELL.id: event["calibration"]}, {})
    assert other.prepare(CELL).calibration.block == event["calibration"]["block"]


def test_a_worker_of_another_arm_checks_its_own_results_and_makes_the_same_rounds():
    mine = worker(good)
    mine.learn({}, {CELL.id: (5, 7)})
    calibration = mine.prepare(CELL).calibration
    assert (calibration.block, calibration.iterations, calibration.shares_memory) == (5, 7, False)
    wrong = worker(lambda a: good(a) + 1)
    wrong.learn({}, {CELL.id: (5, 7)})
    with pytest.raises(WrongResult):
        wrong.prepare(CELL)


def test_a_conversion_that_ends_its_process_is_told_with_its_status(server):
    event = server._try_to_prepare(worker(lambda a: os.abort()), CELL)
    assert event == {"event": "crashed", "cell": CELL.id, "status": -signal.SIGABRT}


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (raises(TypeError("no such type")), {"event": "skipped", "reason": "TypeError: no such type"}),
        (raises(MemoryError()), {"event": "failed", "kind": "memory", "error": "MemoryError: "}),
        (lambda a: good(a) + 1, {"event": "failed", "kind": "wrong result"}),
        (lambda a: sys.exit(3), {"event": "failed", "kind": "exception", "error": "SystemExit: 3"}),
        (raises(KeyboardInterrupt()), {"event": "failed", "kind": "exception"}),
        (raises(BaseException("odd")), {"event": "failed", "kind": "exception", "error": "BaseException: odd"}),
    ],
    ids=["exception", "memory", "wrong result", "sys.exit", "KeyboardInterrupt", "BaseException"],
)
def test_other_failures_are_told(server, function, told, capfd):
    event = server._try_to_prepare(worker(function), CELL)
    assert told.items() <= event.items()
    assert preparation_event(worker(function), CELL).items() >= told.items()


def test_a_json_path_is_both_a_path_and_the_file_that_older_releases_write_to(tmp_path):
    path = tmp_path / "process.json"
    session = BenchmarkSession.__new__(BenchmarkSession)
    session.json = JsonPath(path)
    session.logger = type("Logger", (), {"info": lambda *_, **__: None})()
    session.save_json({"release": "installed"})
    assert json.loads(path.read_text()) == {"release": "installed"}
    with session.json as file:
        file.write(b'{"release": "older"}')
    assert json.loads(path.read_text()) == {"release": "older"}
    assert f"{session.json}" == str(path)
