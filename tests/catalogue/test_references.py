import numpy as np
import pytest

from copycost.catalogue.cell import Cell
from copycost.catalogue.references import FRESH, MAPPED, REFERENCES, TOUCHED, reference_cells


def test_each_number_of_bytes_and_threads_is_measured_once():
    grid = [
        Cell("c", "to_tensor", dtype, size, threads)
        for dtype in ("float32", "float64", "int64")
        for size in (1, 2)
        for threads in (1, 2)
    ]
    cells = reference_cells(grid)
    assert {cell.conversion for cell in cells} == set(REFERENCES)
    assert len(cells) == len(REFERENCES) * 3 * 2  # 4, 8 and 16 bytes, with 1 and 2 threads
    assert {cell.direction for cell in cells} == {"reference"}


@pytest.mark.parametrize("threads", [1, 2])
def test_the_mapped_copy_fills_its_destination(threads):
    array, destination = np.arange(1000.0), np.zeros(1000)
    MAPPED.prepare(array, destination, threads)(array)
    np.testing.assert_array_equal(destination, array)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_fresh_copy_is_of_all_bytes_and_leaves_the_destination_alone(threads):
    array, destination = np.arange(1000.0), np.zeros(1000)
    copy = FRESH.prepare(array, destination, threads)(array)
    held = copy if isinstance(copy, bytes) else copy.numpy().tobytes()
    assert held == array.tobytes()
    assert not destination.any()


def test_allocating_touches_every_page_of_as_many_bytes():
    array = np.zeros(5000)
    touched = TOUCHED.prepare(array, array, 1)(array)
    assert len(touched) == -(-array.nbytes // 4096)
