"""The grid is what was asked for, and what it needs of memory is known before it runs."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from copycost.catalogue.cell import DTYPES, ITEM_BYTES, SHARED_DTYPES, Cell
from copycost.catalogue.conversions import CORE, FAMILIES, select_conversions
from copycost.catalogue.grid import (
    DEFAULT_DTYPES,
    DEFAULT_SIZES,
    PRESETS,
    Bytes,
    cells,
    check_memory,
    default_threads,
    memory_needed,
    parse_dtypes,
    parse_sizes,
    parse_threads,
)
from copycost.errors import UsageError


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("64", (64,)),
        ("4096,64,64", (64, 4096)),
        ("1..16M", DEFAULT_SIZES),
        ("100..5000", (100, 256, 1024, 4096, 5000)),
        ("5..7", (5, 7)),
        ("1..4,1K", (1, 4, 1024)),
    ],
)
def test_sizes_are_counts_lists_and_ranges(text, sizes):
    assert parse_sizes(text) == sizes


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("1e6", (1_000_000,)),
        ("2.5e3", (2500,)),
        ("512x512x3", (786_432,)),
        ("2x1K", (2048,)),
        ("100MB", (Bytes(100_000_000),)),
        ("1MiB", (Bytes(1_048_576),)),
        ("0.5KiB", (Bytes(512),)),
        ("64B..1KiB", (Bytes(64), Bytes(256), Bytes(1024))),
    ],
)
def test_sizes_are_read_as_people_type_them(text, sizes):
    found = parse_sizes(text)
    assert found == sizes and [type(size) for size in found] == [type(size) for size in sizes]


def test_bytes_are_other_elements_for_each_dtype_and_elements_are_not():
    conversions = select_conversions(["torch.from_numpy"])
    grid = cells(conversions, ("float32", "float64"), parse_sizes("8KiB,64"))
    assert [(cell.dtype, cell.size) for cell in grid] == [
        ("float32", 64), ("float32", 2048), ("float64", 64), ("float64", 1024),
    ]  # fmt: skip


def test_bytes_that_are_no_whole_number_of_elements_are_refused():
    with pytest.raises(UsageError, match="10 B is not a whole number of float64"):
        cells(select_conversions(["torch.from_numpy"]), ("float64",), parse_sizes("10B"))


@pytest.mark.parametrize("text", ["1e-3", "1.55e1", "0.3B", "1KiB..4", "1e", "x3", "1e999", "0MB"])
def test_what_is_no_whole_number_is_refused(text):
    with pytest.raises(UsageError, match="size"):
        parse_sizes(text)


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_a_range_holds_its_ends_and_the_powers_of_four_between(one, other):
    low, high = sorted((one, other))
    sizes = parse_sizes(f"{low}..{high}")
    assert sizes[0] == low
    assert sizes[-1] == high
    assert set(sizes) - {low, high} == {4**n for n in range(16) if low < 4**n < high}


@pytest.mark.parametrize("text", ["0", "0..4", "", "-4", "4..", "..4", "8..4", "1,", "many", "1.5"])
def test_what_is_not_a_size_is_a_usage_error(text):
    with pytest.raises(UsageError, match="size"):
        parse_sizes(text)


def test_threads_are_a_list_of_counts():
    assert parse_threads("2, 1,2") == (1, 2)


def test_torchs_own_number_of_threads_is_one_of_them(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # which torch takes, where nobody tells it another
    default_threads.cache_clear()
    assert parse_threads("7,default") == (1, 7)
    default_threads.cache_clear()


@pytest.mark.parametrize("text", ["0", "", "1,", "-1", "two", "1.5", "1025", "²"])
def test_what_is_not_a_thread_count_is_a_usage_error(text):
    with pytest.raises(UsageError, match="threads"):
        parse_threads(text)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_describes_a_valid_grid(name):
    preset = PRESETS[name]
    assert preset.name == name
    assert preset.family in FAMILIES
    assert set(preset.dtypes) <= set(DTYPES)
    grid = cells(select_conversions(None, preset.family), preset.dtypes, preset.sizes, preset.threads)
    assert len({cell.id for cell in grid}) == len(grid) > 0


def test_the_grid_is_the_product_of_its_axes():
    grid = cells(CORE, ("int8", "bool"), (1, 4, 16), (1, 2), ("warm", "cold"), ("contiguous",))
    assert len(set(grid)) == len(CORE) * 2 * 3 * 2 * 2


def test_the_default_run_stays_below_its_memory_target():
    preset = PRESETS["default"]
    needed = memory_needed(cells(CORE, preset.dtypes, preset.sizes, preset.threads))
    assert needed < 1.25 * 1024**3  # of 1.5 GB; the rest is for the libraries themselves


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_copy_needs_its_source_its_result_and_the_plain_copy(dtype):
    assert memory_needed([Cell("torch.tensor", "to_tensor", dtype, 1000)]) == (3000 * ITEM_BYTES[dtype])


def test_conversions_share_their_sources_but_arrays_and_tensors_are_apart():
    one = memory_needed([Cell("torch.tensor", "to_tensor", "int8", 100)])
    same = [Cell(name, "to_tensor", "int8", 100) for name in ("torch.tensor", "torch.from_numpy")]
    assert memory_needed(same) == one
    assert memory_needed([*same, Cell("t.numpy", "to_array", "int8", 100)]) == one + 100


def test_a_cast_and_a_list_need_the_memory_of_what_they_make():
    def result(name, direction):
        return memory_needed([Cell(name, direction, "int8", 100)]) - 200

    assert result("torch.Tensor", "to_tensor") == 400
    assert result("t.tolist", "to_array") == 4000


def test_no_cells_need_no_memory():
    assert memory_needed([]) == 0


def test_a_grid_that_fits_is_let_through():
    grid = cells(CORE, ("float64",), (64,))
    check_memory(grid, memory_needed(grid))


def test_a_size_that_does_not_fit_is_refused_with_the_figures():
    grid = cells(CORE, ("float64",), (4**10, 4**20))
    with pytest.raises(UsageError) as caught:
        check_memory(grid, 1024**3)
    told = str(caught.value)
    assert "size 1099511627776" in told
    assert "1 GiB are available" in told
    largest = int(told.rpartition(" ")[2])
    kept = [Cell.from_dict({**cell.as_dict(), "size": min(cell.size, largest)}) for cell in grid]
    assert memory_needed(kept) <= 1024**3 < memory_needed(cells(CORE, ("float64",), (largest * 4,)))


def test_the_advice_goes_below_the_sizes_asked_for():
    with pytest.raises(UsageError, match=r"the largest size that fits is 16$"):
        check_memory([Cell("torch.tensor", "to_tensor", "int8", 1000)], 100)


def test_when_nothing_fits_it_says_so():
    with pytest.raises(UsageError, match="no size fits"):
        check_memory([Cell("torch.tensor", "to_tensor", "int8", 1000)], 1)


@pytest.mark.parametrize("dtype", DTYPES)
def test_both_libraries_hold_it_in_as_many_bytes(dtype):
    if dtype in SHARED_DTYPES:
        assert np.dtype(dtype).itemsize == ITEM_BYTES[dtype]
    assert torch.empty(1, dtype=getattr(torch, dtype)).element_size() == ITEM_BYTES[dtype]


def test_pythons_numbers_take_more_memory_than_an_arrays():
    cell = Cell("torch.tensor", "to_tensor", "float64", 1000, layout="python-list")
    assert memory_needed([cell]) == 1000 * (8 + 40) + 8000 + 8000  # and the result, and what a plain copy fills


def test_a_list_is_parsed_in_order_and_without_repeats():
    assert parse_dtypes("int8, float32,int8") == ("int8", "float32")


def test_all_is_every_dtype():
    assert parse_dtypes("all") == DTYPES


def test_the_defaults_are_valid():
    assert parse_dtypes(",".join(DEFAULT_DTYPES)) == DEFAULT_DTYPES


@pytest.mark.parametrize(("text", "hint"), [("flaot32", "float32"), ("", "valid: "), ("int8,", "")])
def test_an_unknown_dtype_is_answered_with_the_nearest(text, hint):
    with pytest.raises(UsageError, match=f"unknown dtype .*{hint}"):
        parse_dtypes(text)
