from dataclasses import replace

import numpy as np
import pytest

from copycost.analyse.fleet import shapes
from copycost.show.document import Document, Table
from copycost.show.render.layout import sheets
from copycost.show.sections.shapes import shape_tables
from tests.analyse.fleets import fleet_cells, slower_machine, usual
from tests.made_up import machine_facts


@pytest.fixture(scope="module")
def two():
    cells, names = fleet_cells([usual, slower_machine], alike=0.0, noise=0.0)
    return shapes(cells.assign(run=names), {"node-000": machine_facts()["caches"]})


def drawn(blocks):
    """Return the rows of each table by its title, as text."""
    made = {}
    for table in Document("", tuple(blocks)).every(Table):
        for sheet in sheets(table, {}):
            made[sheet.title or table.caption] = [tuple(value.text for value in row) for row in sheet.rows]
    return made


def test_each_copying_conversion_has_a_table_with_machines_down(two):
    rows = drawn(shape_tables(two))["torch.tensor, float64"]
    assert [row[0] for row in rows] == ["node-000", "node-001"]
    call, bandwidth, multiple, bound, share = rows[0][1:]
    assert call == "2.00 µs" and bandwidth.endswith("page-fault bound") and "; " in bandwidth
    assert multiple.endswith("KiB") and bound.endswith("KiB") and "% at 128 MiB" in share


def test_what_costs_the_same_at_every_size_stands_in_one_table(two):
    rows = drawn(shape_tables(two))["what costs the same at every size, float64"]
    assert rows == [("node-000", "400 ns", "499 ns"), ("node-001", "520 ns", "649 ns")]


def test_what_shares_memory_has_no_bandwidth_even_where_noise_looks_like_a_law(two):
    shares = two.model["conversion"] == "torch.from_numpy"
    noisy = two.model.assign(model=np.where(shares, "piecewise", two.model["model"]))
    assert "torch.from_numpy, float64" not in drawn(shape_tables(replace(two, model=noisy)))


def test_unusual_conditions_are_told(two):
    cold = replace(two, conditions=two.conditions | {"cache": "cold", "layout": "<NA>"})
    assert "torch.tensor, float64, cold cache" in drawn(shape_tables(cold))


def test_no_shapes_are_no_tables():
    assert shape_tables(None) == []
