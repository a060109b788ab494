from dataclasses import replace

import numpy as np
import pytest

from copycost.analyse.fleet import shapes
from copycost.analyse.machine_or_conversion import machine_or_conversion
from copycost.analyse.machines import figures
from copycost.show.machines_shape import shape_sections, why_section
from tests.analyse.fleets import fleet_cells, slower_conversion, slower_machine, usual
from tests.made_up import machine_facts


@pytest.fixture(scope="module")
def two():
    cells, names = fleet_cells([usual, slower_machine], alike=0.0, noise=0.0)
    return shapes(cells.assign(run=names), {"node-000": machine_facts()["caches"]})


def why(*machines):
    cells, _ = fleet_cells(machines, alike=0.0, noise=0.0)
    return why_section(machine_or_conversion(figures(cells), 0))


def test_each_copying_conversion_has_a_table_with_machines_down(two):
    tables = {section.title: section for section in shape_sections(two)}
    assert "what costs the same at every size, float64" in tables
    rows = tables["torch.tensor, float64"].rows
    assert [row[0] for row in rows] == ["node-000", "node-001"]
    call, bandwidth, multiple, bound, share = rows[0][1:]
    assert call == "2.00 µs" and isinstance(bandwidth, tuple) and "page-fault bound" in bandwidth[-1]
    assert multiple.endswith("KiB") and bound.endswith("KiB") and "% at 128 MiB" in share


def test_what_shares_memory_has_no_bandwidth_even_where_noise_looks_like_a_law(two):
    noisy = two.model.assign(
        model=np.where(two.model["conversion"] == "torch.from_numpy", "piecewise", two.model["model"])
    )
    titles = [section.title for section in shape_sections(replace(two, model=noisy))]
    assert "torch.from_numpy, float64" not in titles


def test_no_shapes_are_no_tables():
    assert shape_sections(None) == []


def test_a_slower_machine_is_one_sentence_and_has_no_row_for_each_conversion():
    own = why(usual, slower_machine)
    assert len(own.said) == 1 and own.said[0].startswith("run-1-0 takes 1.3")
    assert {row[1] for row in own.rows} == {"most"} and {row[-1] for row in own.rows} == {"slower machine"}


def test_a_slower_conversion_stands_out():
    own = why(usual, slower_conversion)
    assert any("but torch.tensor: takes 1.500× the time" in line for line in own.said)
    assert {row[1] for row in own.rows if row[-1] == "slower conversion"} == {"torch.tensor"}


def test_one_machine_alone_has_no_reasons():
    assert why(usual) is None
