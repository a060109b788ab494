import weakref

import numpy as np
import pytest
import torch

from copycost.catalogue.cell import Cell
from copycost.catalogue.conversions import CannotConvert
from copycost.catalogue.references import (
    ALLOCATED,
    COPIED,
    FREED,
    FRESH,
    MAPPED,
    REFERENCES,
    TOUCHED,
    bounded,
    reference_cells,
)

CAST = REFERENCES["torch copy to float32"]


def grid(conversion, dtypes, sizes, threads=(1,)):
    return [
        Cell(conversion, "to_tensor", dtype, size, count) for dtype in dtypes for size in sizes for count in threads
    ]


def of(cells, reference):
    return [cell for cell in cells if cell.conversion == reference.name]


def test_each_number_of_bytes_and_threads_is_measured_once():
    cells = reference_cells(grid("torch.tensor", ("float32", "float64", "int64"), (1, 2), (1, 2)))
    for limit in (MAPPED, FRESH):
        assert len(of(cells, limit)) == 3 * 2  # 4, 8 and 16 bytes, with 1 and 2 threads
    assert {cell.direction for cell in cells} == {"reference"}


def test_parts_are_measured_at_the_smallest_size_and_where_they_can_be_seen():
    cells = reference_cells(grid("torch.tensor", ("float64", "float32"), (1, 64, 8192, 65536)))
    for part in (ALLOCATED, TOUCHED, FREED, COPIED):
        assert [(cell.dtype, cell.size) for cell in of(cells, part)] == [
            ("float64", 8192), ("float64", 65536), ("float32", 1), ("float32", 65536)
        ]  # fmt: skip
    assert not of(cells, CAST)


def test_a_cast_is_measured_for_each_dtype_that_is_cast():
    cells = reference_cells(grid("torch.Tensor", ("float64", "float32", "int64"), (1, 65536)))
    assert [(cell.dtype, cell.size) for cell in of(cells, CAST)] == [
        ("float64", 1), ("float64", 65536), ("int64", 65536)
    ]  # fmt: skip


def test_the_results_of_casts_are_allocated_too():
    cells = reference_cells(grid("torch.Tensor", ("float64",), (1, 65536)))
    for part in (ALLOCATED, TOUCHED, FREED):
        assert [(cell.dtype, cell.size) for cell in of(cells, part)] == [
            ("float32", 1), ("float64", 65536), ("float32", 65536)
        ]  # fmt: skip


def test_a_reference_bounds_what_has_as_many_bytes_before_or_after_its_cast_and_the_smallest_all_of_its_kind():
    small, large = grid("torch.tensor", ("float64",), (1, 65536))
    (cast,) = grid("torch.Tensor", ("float64",), (131072,))  # results of 512 KiB
    references = reference_cells([small, large, cast])
    found = bounded(references, [small, large, cast])

    def bounds(reference):
        return [(cell.bytes, found[cell]) for cell in of(references, reference)]

    kib512, kib1024 = {large, cast}, {cast}
    assert bounds(MAPPED) == [(8, {small, large, cast}), (2**19, kib512), (2**20, kib1024)]
    assert bounds(COPIED) == [(8, {small, large, cast}), (2**19, kib512), (2**20, kib1024)]
    assert bounds(CAST) == [(2**20, {cast})]
    assert bounded(references, [])[references[0]] == set()


@pytest.mark.parametrize("threads", [1, 2])
def test_the_mapped_copy_fills_its_destination(threads):
    array, destination = np.arange(1000.0), np.zeros(1000)
    MAPPED.prepare(array, destination, threads).function(array)
    np.testing.assert_array_equal(destination, array)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_fresh_copy_is_of_all_bytes_and_leaves_the_destination_alone(threads):
    array, destination = np.arange(1000.0), np.zeros(1000)
    copy = FRESH.prepare(array, destination, threads).function(array)
    held = copy if isinstance(copy, bytes) else copy.numpy().tobytes()
    assert held == array.tobytes()
    assert not destination.any()


def test_allocating_touches_every_page_of_as_many_bytes():
    array = np.zeros(5000)
    touched = FREED.prepare(array, array, 1).function(array)
    assert len(touched) == -(-array.nbytes // 4096)


@pytest.mark.parametrize("reference", [ALLOCATED, TOUCHED])
def test_what_is_allocated_is_kept_until_the_round_ends(reference):
    array = np.zeros(2**17)  # 1 MiB, so that four results are kept
    timed = reference.prepare(array, array, 1)
    assert timed.most_calls == 4
    for _ in range(timed.most_calls):
        timed.function(array)
    kept = [weakref.ref(tensor) for tensor in timed.end_round.__self__]
    assert len(kept) == 4
    timed.end_round()
    assert all(tensor() is None for tensor in kept)


@pytest.mark.parametrize("reference, dtype", [(COPIED, "torch.float64"), (CAST, "torch.float32")])
def test_torch_copies_into_memory_of_the_visit(reference, dtype, monkeypatch):
    kept, empty = [], torch.empty  # freed memory might be given again
    monkeypatch.setattr(torch, "empty", lambda *words, **named: kept.append(empty(*words, **named)) or kept[-1])
    array = np.arange(1000.0)
    timed = reference.prepare(array, None, 1)
    timed.begin_visit()
    copied = timed.function(array)
    assert str(copied.dtype) == dtype
    np.testing.assert_array_equal(copied.numpy(), array)
    places = [timed.function(array).data_ptr() for _ in range(4)]
    assert places[0] != copied.data_ptr() == places[1] and places[:2] == places[2:]
    timed.begin_visit()
    assert timed.function(array).data_ptr() not in places
    timed.end_visit()
    with pytest.raises(IndexError):
        timed.function(array)


@pytest.mark.parametrize("reference, dtype", [(COPIED, "torch.float64"), (CAST, "torch.float32")])
def test_a_large_torch_copy_goes_into_the_mapped_memory(reference, dtype):
    array = np.arange(2.0**23)
    destination = np.zeros_like(array)
    timed = reference.prepare(array, destination, 1)
    copied = timed.function(array)
    assert str(copied.dtype) == dtype and copied.data_ptr() == destination.ctypes.data
    np.testing.assert_array_equal(copied.numpy(), array)


def test_what_torch_cannot_hold_is_no_reference():
    with pytest.raises(CannotConvert, match="torch has no dtype for <U1"):
        COPIED.prepare(np.array(["a"]), None, 1)
