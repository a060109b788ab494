"""A cell is a value: it has a readable name and survives JSON."""

import json

from copycost.catalogue.cell import EMPTY_CALL, Cell

CELL = Cell("torch.from_numpy", "to_tensor", "float64", 4096)


def test_the_id_tells_every_coordinate():
    assert CELL.id == "torch.from_numpy-float64-4096-1-warm-contiguous"


def test_a_cell_survives_json():
    assert Cell.from_dict(json.loads(json.dumps(CELL.as_dict()))) == CELL


def test_what_is_not_a_coordinate_is_ignored():
    assert Cell.from_dict({**CELL.as_dict(), "reason": "cannot"}) == CELL


def test_cells_sort_and_hash():
    smaller = Cell("torch.from_numpy", "to_tensor", "float64", 16)
    assert sorted({CELL, smaller, CELL}) == [smaller, CELL]


def test_the_empty_call_is_a_reference():
    assert EMPTY_CALL.direction == "reference"
