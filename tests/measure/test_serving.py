from types import SimpleNamespace

import pytest

from copycost.catalogue.cell import Cell
from copycost.measure.allocator import FOUND
from copycost.measure.plan import MeasurePlan
from copycost.measure.protocol import Protocol
from copycost.measure.serving import Server

CELLS = [Cell("torch.tensor", "to_tensor", dtype, size) for dtype in ("float64", "float32") for size in (4096, 1, 64)]


def item(cell):
    return SimpleNamespace(nodeid=cell.id, callspec=SimpleNamespace(params={"size": cell.size, "dtype": cell.dtype}))


@pytest.fixture
def server():
    """A server that nobody listens to: the real one takes standard output for itself."""
    server = Server.__new__(Server)
    server._cells = {cell.id: cell.id for cell in CELLS}
    server.said = []
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


@pytest.mark.parametrize(("allocator", "upwards"), [("steady", False), (FOUND, True)])
def test_cells_are_prepared_downwards_or_upwards(server, monkeypatch, allocator, upwards):
    monkeypatch.setattr("copycost.measure.trial.prepared", lambda workbench, cell: {"event": "prepared"})
    server._prepare(None, MeasurePlan(tuple(CELLS), Protocol(allocator=allocator)))
    order = [said["cell"] for said in server.said if said["event"] == "preparing"]
    sizes = [cell.size for name in order for cell in CELLS if cell.id == name]
    assert len(sizes) == len(CELLS)
    assert sizes == sorted(sizes, reverse=not upwards)
