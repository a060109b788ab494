from types import SimpleNamespace

from copycost.catalogue.cell import Cell
from copycost.measure.plugin import merge_visits

CELL = Cell("torch.tensor", "to_tensor", "float64", 64)


def visit(number, data, cell=CELL, **more):
    rounds = len(data)
    return SimpleNamespace(
        name=f"test_array_to_tensor[{number}-{cell.id}]",
        fullname=f"test_x.py::test_array_to_tensor[{number}-{cell.id}]",
        params={"conversion": cell.conversion, "visit": number},
        param=f"{number}-{cell.id}",
        group=None,
        has_error=False,
        stats=SimpleNamespace(data=list(data)),
        extra_info={
            **cell.as_dict(),
            "visit": [0] * rounds,
            "at": [float(number)] * rounds,
            "canary_ns": [1] * rounds,
            "clock_ns": [2] * rounds,
            "page_faults": [3] * rounds,
            **more,
        },
    )


def test_visits_of_a_cell_become_one_entry_with_all_rounds():
    (entry,) = merge_visits([visit(4, [1.0, 2.0]), visit(1, [3.0])])
    assert entry.stats.data == [1.0, 2.0, 3.0]
    assert entry.extra_info["visit"] == [0, 0, 1]
    assert entry.extra_info["at"] == [4.0, 4.0, 1.0]
    assert len(entry.extra_info["canary_ns"]) == 3


def test_the_entrys_name_holds_no_visit():
    (entry,) = merge_visits([visit(4, [1.0])])
    assert entry.name == f"test_array_to_tensor[{CELL.id}]"
    assert entry.fullname == f"test_x.py::test_array_to_tensor[{CELL.id}]"
    assert entry.param == CELL.id
    assert entry.params == {"conversion": "torch.tensor"}
    assert entry.group == "to_tensor"


def test_other_cells_and_other_peoples_benchmarks_stay_apart():
    other = visit(0, [5.0], Cell("torch.tensor", "to_tensor", "float64", 256))
    foreign = SimpleNamespace(name="test_mine", extra_info={}, has_error=False)
    folded = merge_visits([visit(0, [1.0]), foreign, other, visit(1, [2.0])])
    assert len(folded) == 3
    assert any(entry is foreign for entry in folded)


def test_cells_come_in_the_order_of_the_plan_not_of_their_visits():
    other = Cell("torch.tensor", "to_tensor", "float64", 256)
    folded = merge_visits([visit(0, [1.0]), visit(0, [2.0], other)], [other, CELL])
    assert [entry.param for entry in folded] == [other.id, CELL.id]


def test_a_visit_that_failed_is_not_folded_into_figures():
    failed = visit(1, [9.0])
    failed.has_error = True
    first, kept = merge_visits([visit(0, [1.0]), failed])
    assert first.stats.data == [1.0]
    assert kept is failed
