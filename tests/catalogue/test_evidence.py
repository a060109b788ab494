"""Sharing and values are found by looking, for conversions good and bad."""

import warnings

import numpy as np
import pytest
import torch

from copycost.catalogue.cell import SHARED_DTYPES, Cell
from copycost.catalogue.conversions import CORE, EXTENDED, CannotConvert, Conversion, WrongResult
from copycost.catalogue.evidence import Evidence, examine, one_line, result_bytes, shares_memory
from copycost.catalogue.sources import source
from copycost.catalogue.values import LIMIT

BY_NAME = {conversion.name: conversion for conversion in CORE + EXTENDED}


def looked_at(name, dtype="float64", size=64, layout="contiguous"):
    conversion = BY_NAME[name]
    return examine(conversion, source(Cell(name, conversion.direction, dtype, size, layout=layout)))


def user(function, direction="to_tensor", casts_to=None, check=True, **more):
    return Conversion("mine", direction, "mine()", "may copy", "user", function, casts_to, check=check, **more)


@pytest.mark.parametrize("dtype", SHARED_DTYPES)
@pytest.mark.parametrize("name", BY_NAME)
def test_what_is_documented_is_what_is_seen(name, dtype):
    conversion = BY_NAME[name]
    if (name, dtype) == ("torch.tensor.list", "uint64"):
        with pytest.raises(CannotConvert, match="an integer is required"):
            looked_at(name, dtype)
        return
    found = looked_at(name, dtype)
    if conversion.documented != "may copy":
        assert found.shares_memory is (conversion.documented == "shares")
    if name != "t.tolist":
        expected = conversion.casts_to or dtype
        assert found.result_dtype.replace("torch.", "") == expected
        assert found.result_bytes == 64 * np.dtype(expected).itemsize


def test_torch_tensor_of_float32_shares_and_of_anything_else_copies():
    shared = {dtype for dtype in SHARED_DTYPES if looked_at("torch.Tensor", dtype).shares_memory}
    assert shared == {"float32"}


def test_a_large_source_is_examined_without_being_copied_whole():
    large = 4 * LIMIT
    assert looked_at("torch.from_numpy", "int8", large) == Evidence(True, "torch.int8", large)
    assert looked_at("torch.tensor", "int8", large) == Evidence(False, "torch.int8", large)


@pytest.mark.parametrize("layout", ["strided", "read-only", "0-d", "fortran", "transposed"])
def test_sharing_is_seen_through_every_layout(layout):
    assert looked_at("torch.from_numpy", layout=layout).shares_memory is True
    assert looked_at("torch.tensor", layout=layout).shares_memory is False


def test_an_empty_source_has_nothing_to_share():
    assert looked_at("torch.from_numpy", layout="empty") == Evidence(None, "torch.float64", 0)


def test_a_list_is_one_that_says_so():
    assert looked_at("t.tolist", "int64").result_dtype == "list of int"
    assert looked_at("t.tolist", "float32", 1000).result_bytes > 24 * 1000


def test_a_refusal_is_told_in_the_librarys_words_on_one_line():
    with pytest.raises(CannotConvert, match=r"^ValueError: At least one stride.*negative") as caught:
        looked_at("torch.from_numpy", layout="reversed")
    assert "\n" not in str(caught.value)
    with pytest.raises(CannotConvert, match="requires grad"):
        looked_at("t.clone.numpy", layout="requires-grad")


def test_a_function_that_the_library_lacks_is_a_refusal(monkeypatch):
    monkeypatch.delattr(torch, "asarray")
    with pytest.raises(CannotConvert, match="asarray"):
        looked_at("torch.asarray")


def test_a_whole_number_of_no_dimensions_is_not_converted_by_torch_tensor():
    with pytest.raises(WrongResult, match=r"shape \(3,\) for a source of shape \(\)"):
        looked_at("torch.Tensor", "int64", layout="0-d")


@pytest.mark.parametrize("size", [64, 2 * LIMIT])
def test_wrong_values_are_seen(size):
    given = source(Cell("mine", "to_tensor", "float32", size))
    with pytest.raises(WrongResult, match="other values"):
        examine(user(lambda a: torch.from_numpy(a) + 1), given)


@pytest.mark.parametrize("size", [64, 2 * LIMIT])
def test_a_changed_source_is_seen(size):
    def spoil(a):
        a += 1
        return torch.from_numpy(a)

    with pytest.raises(WrongResult, match="changed its source"):
        examine(user(spoil), source(Cell("mine", "to_tensor", "float32", size)))


@pytest.mark.parametrize(
    ("function", "direction", "message"),
    [
        (lambda a: a, "to_tensor", "returned ndarray, not a tensor"),
        (lambda t: t, "to_array", "returned Tensor, not an array"),
        (lambda a: None, "to_tensor", "returned NoneType"),
        (lambda a: torch.from_numpy(a[:-1]), "to_tensor", r"shape \(63,\)"),
        (lambda arrays: torch.from_numpy(arrays[0]), "list_to_tensor", "shape"),
        (lambda arrays: torch.from_numpy(np.stack(arrays[1:])), "list_to_tensor", "7 rows of 8"),
        (lambda a: torch.from_numpy(a).half(), "to_tensor", "say casts_to='float16'"),
    ],
)
def test_results_of_another_kind_shape_or_dtype_are_wrong(function, direction, message):
    given = source(Cell("mine", direction, "float64", 64))
    with pytest.raises(WrongResult, match=message):
        examine(user(function, direction), given)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "int32", "complex64"])
def test_a_cast_that_is_announced_is_allowed(dtype):
    wanted = getattr(torch, dtype)
    found = examine(
        user(lambda a: torch.from_numpy(a).to(wanted), casts_to=dtype),
        source(Cell("mine", "to_tensor", "float64", 64)),
    )
    assert found == Evidence(False, f"torch.{dtype}", 64 * torch.empty(1, dtype=wanted).itemsize)


# Of [1, 0, 3, 0] in float64: two values of 8 B; a row and a column, or three row borders, of 8 B each.
@pytest.mark.parametrize(
    ("function", "check", "found"),
    [
        (lambda t: t.to_sparse(), True, Evidence(None, "torch.float64", 2 * 8 + 2 * 2 * 8)),
        (lambda t: t.to_sparse_csr(), True, Evidence(None, "torch.float64", 2 * 8 + 2 * 8 + 3 * 8)),
        (lambda t: t.to_sparse_csc(), True, Evidence(None, "torch.float64", 2 * 8 + 2 * 8 + 3 * 8)),
        (lambda t: t.to("meta"), False, Evidence(None, "torch.float64", 0)),
        (lambda t: torch.quantize_per_tensor(t.float(), 1.0, 0, torch.qint8), False, Evidence(None, "torch.qint8", 4)),
        (lambda t: t.float().to_mkldnn(), "float32", Evidence(None, "torch.float32", 16)),
    ],
    ids=["coo", "csr", "csc", "meta", "quantized", "mkldnn"],
)
@pytest.mark.filterwarnings("ignore")  # that sparse tensors may change
def test_results_that_are_no_dense_tensors_have_their_own_bytes_and_no_known_sharing(function, check, found):
    given = np.array([[1.0, 0.0], [3.0, 0.0]])
    check, casts_to = (True, check) if isinstance(check, str) else (check, None)
    convert = user(lambda a: function(torch.from_numpy(a)), casts_to=casts_to, check=check)
    assert examine(convert, given) == found


@pytest.mark.parametrize(
    ("function", "check", "message"),
    [
        (lambda t: (t + 1).to_sparse(), True, "other values"),
        (lambda t: t.to("meta"), True, "without values, on meta: say check=False"),
        (lambda t: torch.nested.nested_tensor([t]), True, "could not be checked: RuntimeError"),
        (lambda t: t.T, True, r"say check=, a function|other values"),
        (lambda t: t, lambda a, t: False, "its check does not find right"),
        (lambda t: t, lambda a, t: 1 / 0, "could not be checked: ZeroDivisionError"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_what_cannot_be_checked_or_is_not_right_is_one_line(function, check, message):
    with pytest.raises(WrongResult, match=message) as caught:
        examine(user(lambda a: function(torch.from_numpy(a)), check=check), np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert "\n" not in str(caught.value)


def test_a_check_of_ones_own_allows_another_shape_and_scale_and_sharing_is_found_all_the_same():
    pixels = source(Cell("mine", "to_tensor", "uint8", 4 * LIMIT * 3)).reshape(-1, 256, 3)

    def channels_first(a, t):
        return all(np.array_equal(t[channel], a[..., channel]) for channel in range(3))

    def by_255(a, t):
        return np.allclose(t.numpy() * 255, a, atol=1e-4)

    turned = user(lambda a: torch.from_numpy(a.reshape(-1, 256, 3)).permute(2, 0, 1), check=channels_first)
    scaled = user(lambda a: torch.from_numpy(a).float().div(255), check=by_255)
    assert examine(turned, pixels) == Evidence(True, "torch.uint8", 4 * LIMIT * 3)
    assert examine(scaled, pixels) == Evidence(False, "torch.float32", 4 * LIMIT * 3 * 4)
    with pytest.raises(WrongResult, match="check does not find right"):
        examine(user(turned.function, check=lambda a, t: np.array_equal(t[0], a[..., 1])), pixels)


def test_sharing_only_of_large_sources_is_seen():
    def contrary(a):
        return torch.from_numpy(a) if len(a) > LIMIT else torch.tensor(a)

    def given(size):
        return source(Cell("mine", "to_tensor", "int8", size))

    assert examine(user(contrary), given(LIMIT)).shares_memory is False
    assert examine(user(contrary), given(2 * LIMIT)).shares_memory is True


def test_looking_shows_no_warning_and_leaves_the_source_alone():
    given = source(Cell("torch.Tensor", "to_tensor", "float32", 64, layout="read-only"))
    before = given.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert examine(BY_NAME["torch.Tensor"], given).shares_memory
    assert np.array_equal(given, before)
    assert not given.flags.writeable


def test_a_view_shares_and_a_copy_does_not():
    array = np.arange(16.0)
    assert shares_memory(torch.from_numpy, array, torch.from_numpy(array)) is True
    assert shares_memory(torch.tensor, array, torch.tensor(array)) is False


@pytest.mark.parametrize("step", [1, 2, -1])
def test_views_with_strides_share(step):
    array = np.arange(16.0)[::step]
    assert shares_memory(lambda a: a[1:], array, array[1:]) is True


def test_elements_between_those_of_the_source_are_not_shared():
    whole = np.arange(16.0)
    even, odd = whole[::2], whole[1::2]
    assert shares_memory(lambda a: a.copy(), even, odd) is False


def test_a_list_shares_when_one_of_its_arrays_does():
    arrays = [np.arange(4.0), np.arange(4.0)]
    second = torch.from_numpy(arrays[1])
    assert shares_memory(lambda given: torch.from_numpy(given[1]), arrays, second) is True


def test_nothing_is_not_shared():
    assert shares_memory(torch.from_numpy, np.empty(0), torch.empty(0)) is None


@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")
def test_the_source_is_never_written_to():
    array = np.arange(16.0)
    array.setflags(write=False)
    shares_memory(torch.as_tensor, array, torch.as_tensor(array.view()))
    assert np.array_equal(array, np.arange(16.0))


def test_bytes_of_tensors_arrays_and_lists():
    assert result_bytes(torch.empty(3, 4, dtype=torch.int16)) == 24
    assert result_bytes(np.empty((3, 4), "float32")) == 48
    assert result_bytes([1.5] * 100) > 100 * (8 + 24)
    assert result_bytes([]) > 0


def test_type_and_message_are_on_one_line():
    assert one_line(ValueError("two\n  lines")) == "ValueError: two lines"


def test_a_long_message_is_shortened():
    told = one_line(ValueError("word " * 100), longest=50)
    assert len(told) <= 50
    assert told.endswith("…")


def in_place(a):
    a += 1
    return torch.from_numpy(a)


def test_what_changes_its_source_is_told_how_each_call_gets_one_of_its_own():
    with pytest.raises(WrongResult, match="mine changed its source; have setup= give each call a copy"):
        examine(user(in_place), np.ones(8))


def raises(a):
    raise OSError("no room")


@pytest.mark.parametrize(
    ("function", "setup", "check", "found"),
    [
        (torch.from_numpy, lambda a: a.copy(), True, True),  # the memory of what it was given
        (torch.tensor, lambda a: a.copy(), True, False),
        (lambda a: torch.tensor(a, dtype=torch.float64), lambda a: a.tolist(), True, False),
        (in_place, lambda a: a.copy(), lambda a, t: (t.numpy() == a + 1).all(), True),
        (in_place, lambda a: a.copy(), True, "other values than its source's"),
        (in_place, lambda a: a, False, "changed its source"),
        (torch.from_numpy, lambda a: None, True, "setup of mine returned None"),
        (torch.from_numpy, raises, True, "setup: OSError: no room"),
    ],
)
def test_with_a_set_up_memory_is_that_of_what_was_set_up_and_values_are_the_sources(function, setup, check, found):
    conversion = user(function, check=check, setup=setup)
    if isinstance(found, str):
        with pytest.raises((WrongResult, CannotConvert), match=found):
            examine(conversion, np.arange(8.0))
    else:
        assert examine(conversion, np.arange(8.0)).shares_memory is found


def test_a_destination_is_given_to_the_checked_call_too():
    kept = user(lambda a, out: out.copy_(torch.from_numpy(a)), destination=lambda a: torch.empty(len(a)).double())
    assert examine(kept, np.arange(8.0)) == Evidence(False, "torch.float64", 64)


@pytest.mark.parametrize(
    ("dtype", "result"),
    [("bool", "bool"), ("int64", "int64"), ("float64", "float32"), ("complex128", "complex64")],
)
def test_of_pythons_numbers_torch_makes_its_own_dtypes(dtype, result):
    for name in ("torch.tensor", "torch.as_tensor", "torch.asarray"):
        found = looked_at(name, dtype, layout="python-list")
        assert (found.shares_memory, found.result_dtype) == (False, f"torch.{result}")


@pytest.mark.parametrize("size", [64, 4 * LIMIT])
def test_other_values_than_pythons_numbers_are_found(size):
    given = source(Cell("c", "to_tensor", "float64", size, layout="python-list"))
    assert examine(user(torch.tensor), given).result_dtype == "torch.float32"
    with pytest.raises(WrongResult, match="other values"):
        examine(user(lambda a: torch.tensor(a) + 1), given)
    with pytest.raises(WrongResult, match="changed its source"):
        examine(user(lambda a: torch.tensor(list(map(a.__setitem__, range(len(a)), reversed(a))) and a)), given)
    with pytest.raises(CannotConvert, match=r"expected np\.ndarray"):
        examine(BY_NAME["torch.from_numpy"], given)
