"""Sources have the layout asked for and hold finite random data in all of their memory."""

import itertools

import numpy as np
import pytest
import torch

from copycost.catalogue.cell import ITEM_BYTES, SHARED_DTYPES, Cell
from copycost.catalogue.conversions import CannotConvert, Conversion
from copycost.catalogue.evidence import Evidence, examine
from copycost.catalogue.sources import Rotation, cold_sources, nbytes, parse_source_layouts, source
from copycost.errors import UsageError


def array(dtype="float64", size=64, layout="contiguous", **options):
    return source(Cell("c", "to_tensor", dtype, size, layout=layout), **options)


def tensor(dtype="float64", size=64, layout="contiguous"):
    return source(Cell("c", "to_array", dtype, size, layout=layout))


@pytest.mark.parametrize("dtype", SHARED_DTYPES)
def test_arrays_and_tensors_have_the_dtype_the_size_and_varied_finite_values(dtype):
    for made in (array(dtype, 1000), tensor(dtype, 1000).numpy()):
        assert made.dtype == dtype
        assert made.shape == (1000,)
        assert np.isfinite(made).all()
        assert len(np.unique(made)) > (1 if dtype == "bool" else 100)


@pytest.mark.parametrize("dtype", [dtype for dtype in SHARED_DTYPES if not dtype.startswith("complex")])
def test_every_value_is_held_by_float32(dtype):
    made = array(dtype, 1000)
    assert np.array_equal(made.astype("float32").astype(dtype), made)


@pytest.mark.parametrize("size", [1, 5, 64 * 1024, 64 * 1024 + 1, 300_000])
def test_all_memory_is_written_to_whatever_the_size(size):
    made = array("float64", size)
    assert np.array_equal(made, np.resize(made[: 64 * 1024], size))
    assert np.count_nonzero(made) == size
    assert np.array_equal(tensor("float64", size).numpy(), made)


def test_the_seed_decides_the_values():
    assert np.array_equal(array(seed=1), array(seed=1))
    assert not np.array_equal(array(seed=1), array(seed=2))


def test_a_tensor_lives_in_memory_of_torch():
    made = tensor(size=4096)
    assert made.untyped_storage().resizable()  # memory borrowed from numpy is not


def test_layouts_of_arrays():
    assert array(layout="strided").strides == (16,)
    assert array(layout="reversed").strides == (-8,)
    assert array(layout="fortran").flags.f_contiguous
    assert array(layout="fortran").flags.owndata
    assert array(layout="transposed").flags.f_contiguous
    assert not array(layout="transposed").flags.owndata
    assert not array(layout="read-only").flags.writeable
    assert array(layout="0-d").shape == ()
    assert array(layout="empty").shape == (0,)


def test_a_memmap_is_of_a_file_and_cannot_be_written_to():
    mapped = array("int16", 5000, "memmap")
    assert isinstance(mapped, np.memmap) and not mapped.flags.writeable
    assert np.array_equal(mapped, array("int16", 5000))


@pytest.mark.parametrize("dtype", [dtype for dtype in SHARED_DTYPES if ITEM_BYTES[dtype] > 1])
def test_swapped_bytes_hold_the_same_values(dtype):
    plain, swapped = array(dtype), array(dtype, layout="byteswapped")
    assert not swapped.dtype.isnative and swapped.dtype.itemsize == ITEM_BYTES[dtype]
    assert np.array_equal(plain, swapped) and plain.tobytes() != swapped.tobytes()
    assert np.array_equal(plain.byteswap().view(swapped.dtype), swapped)


def test_a_list_has_as_many_arrays_as_its_layout_says():
    made = source(Cell("c", "list_to_tensor", "float32", 3000, layout="list:1000"))
    assert [part.shape for part in made] == [(3,)] * 1000
    assert len({part.tobytes() for part in made}) == 1000
    with pytest.raises(CannotConvert, match="4096 elements are not 1000 equal arrays"):
        source(Cell("c", "list_to_tensor", "float32", 4096, layout="list:1000"))
    with pytest.raises(CannotConvert, match="a source of what converts a list"):
        array(layout="list:8")


def test_layouts_are_words_and_lists_of_a_length():
    assert parse_source_layouts("memmap, contiguous,list:1000,memmap") == ("memmap", "contiguous", "list:1000")


@pytest.mark.parametrize(
    "text", ["", "0-d", "empty", "memory", "list", "list:", "list:0", "list:-1", "list:1e3", "list:1000001", "list:²"]
)
def test_what_is_no_layout_is_a_usage_error(text):
    with pytest.raises(UsageError, match="list:N of 1 to 1,000,000 arrays"):
        parse_source_layouts(text)


def test_a_users_conversion_of_swapped_bytes_has_the_dtype_of_its_source():
    given = array("float64", 16, "byteswapped")
    native = Conversion("n", "to_tensor", "", "copies", "user", lambda a: torch.from_numpy(a.astype("float64")))
    assert examine(native, given) == Evidence(False, "torch.float64", 128)


def test_layouts_of_tensors():
    assert tensor(layout="strided").stride() == (2,)
    assert tensor(layout="transposed").stride() == (1, 8)
    assert tensor(layout="0-d").shape == ()
    assert tensor(layout="empty").shape == (0,)
    assert tensor(layout="requires-grad").requires_grad
    assert tensor(layout="requires-grad").is_leaf


@pytest.mark.parametrize(("size", "shape"), [(64, (8, 8)), (32, (4, 8)), (12, (2, 6)), (7, (1, 7)), (1, (1, 1))])
def test_two_dimensions_are_as_square_as_powers_of_two_allow(size, shape):
    assert array(size=size, layout="fortran").shape == shape
    assert tuple(tensor(size=size, layout="transposed").shape) == shape


@pytest.mark.parametrize(("size", "count"), [(1, 1), (4, 4), (64, 8), (100, 5), (97, 1)])
def test_a_list_splits_the_elements_into_at_most_eight_equal_arrays(size, count):
    made = source(Cell("c", "list_to_tensor", "float32", size))
    assert len(made) == count
    assert {part.shape for part in made} == {(size // count,)}


def test_what_does_not_exist_cannot_be_converted():
    for dtype, layout in (
        ("float32", "reversed"),
        ("float32", "read-only"),
        ("int8", "requires-grad"),
        ("float32", "memmap"),
        ("float32", "byteswapped"),
    ):
        with pytest.raises(CannotConvert):
            tensor(dtype, layout=layout)
    with pytest.raises(CannotConvert):
        array(layout="requires-grad")
    with pytest.raises(CannotConvert, match="one byte"):
        array("int8", layout="byteswapped")


def test_a_dtype_that_torch_lacks_is_said(monkeypatch):
    monkeypatch.delattr(torch, "uint16")
    with pytest.raises(CannotConvert, match="has no dtype uint16"):
        tensor("uint16")


def test_bytes_are_those_of_the_elements():
    assert nbytes(array("float32", 100)) == 400
    assert nbytes(array("float32", 100, "strided")) == 400
    assert nbytes(tensor("int16", 100)) == 200
    assert nbytes(source(Cell("c", "list_to_tensor", "float64", 64))) == 512


def test_a_reference_has_no_source():
    with pytest.raises(ValueError, match="reference"):
        source(Cell("empty call", "reference", "float64", 0))


CACHE = 1024**2


@pytest.mark.parametrize("direction", ["to_tensor", "to_array"])
@pytest.mark.parametrize("size", [1, 512, 4096, 2**18])
def test_a_rotation_is_twice_the_last_cache_or_reads_a_page_of_it_for_each_source(direction, size):
    sources = cold_sources(Cell("c", direction, "float64", size), CACHE)
    assert len(sources) >= 2
    assert all(nbytes(source) == size * 8 for source in sources)
    assert len(sources) * max(size * 8, 4096) >= 2 * CACHE


def test_no_two_sources_share_a_page():
    sources = cold_sources(Cell("c", "to_tensor", "float64", 1), CACHE)
    places = [source.ctypes.data for source in sources]
    assert min(b - a for a, b in itertools.pairwise(places)) >= 4096


@pytest.mark.parametrize("changes", [{"layout": "strided"}, {"direction": "list_to_tensor"}])
def test_only_contiguous_arrays_and_tensors_can_be_cold(changes):
    with pytest.raises(CannotConvert, match="contiguous"):
        cold_sources(
            Cell(**{"conversion": "c", "direction": "to_tensor", "dtype": "float64", "size": 8, **changes}), CACHE
        )


def test_sources_are_handed_out_in_turn():
    turns = Rotation(list("abcde"))
    assert [turns.take(2), turns.take(2), turns.take(2)] == [["a", "b"], ["c", "d"], ["a", "b"]]
    assert turns.take(7) == list("abcdeab")


@pytest.mark.parametrize("dtype", ["bool", "int64", "float64", "complex128"])
def test_a_python_list_has_pythons_numbers_of_the_same_values(dtype):
    made = array(dtype, layout="python-list")
    assert type(made) is list and not hasattr(made[0], "dtype")
    assert np.array_equal(np.array(made), array(dtype)) and nbytes(made) == 64 * ITEM_BYTES[dtype]


@pytest.mark.parametrize("dtype", ["float32", "int8", "bfloat16"])
def test_python_has_no_numbers_of_other_dtypes(dtype):
    with pytest.raises(CannotConvert, match=f"Python has no {dtype}, only bool, int64, float64, complex128"):
        array(dtype, layout="python-list")


@pytest.mark.parametrize("direction", ["to_array", "list_to_tensor"])
def test_a_python_list_is_what_converts_one_array_is_given(direction):
    with pytest.raises(CannotConvert, match="a python-list is a source of what converts one array"):
        source(Cell("c", direction, "float64", 64, layout="python-list"))
