"""The evidence: whether a result is right, and whether it shares its source's memory."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from copycost.catalogue.block import call
from copycost.catalogue.conversions import USER, CannotConvert, Conversion, WrongResult
from copycost.catalogue.device import synchroniser
from copycost.catalogue.values import (
    LIMIT,
    as_array,
    check_result,
    dtype_name,
    is_plain,
    same,
    shape_of,
    size_of,
    snapshot,
)
from copycost.errors import told

Convert = Callable[[Any], Any]


def one_line(error: BaseException, longest: int = 240) -> str:
    """Return an error's type and message on one line."""
    text = told(error)
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


@dataclass(frozen=True)
class Evidence:
    """What one conversion of one source was seen to do.

    ``shares_memory`` is None where there is no memory to share, as in an empty array, and where a result's
    memory cannot be told from its address, as a sparse tensor's. The dtype is
    "torch.float64" for a tensor, "float64" for an array and "list of float" for a list.
    """

    shares_memory: bool | None
    result_dtype: str
    result_bytes: int


def examine(conversion: Conversion, source: Any) -> Evidence:
    """Convert the source once and say what the result is.

    Memory is shared when the address ranges of source and result overlap and a value written to a
    scratch copy of the source is seen in the scratch copy's own result. A cast that the conversion
    documents is allowed for, up to one rounding of the dtype cast to. A conversion with a set-up may change what it is
    given, whose memory its result may share; values are its source's all the same. Warnings are not shown.

    Raises:
        CannotConvert: the library refuses this source.
        WrongResult: the result's kind, dtype or values are not as documented, or the source was
            changed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = snapshot(source)
        convert = _refusing(conversion)
        given = _given(conversion, source)
        result = convert(given)
        if not same(before, snapshot(source)):
            hint = "; have setup= give each call a copy" if conversion.family == USER else ""
            raise WrongResult(f"{conversion.name} changed its source{hint}")
        with _looking_at(conversion):
            check_result(conversion, source, result)
            return Evidence(
                shares_memory=shares_memory(convert, given, result),
                result_dtype=dtype_name(result),
                result_bytes=result_bytes(result),
            )


@contextmanager
def _looking_at(conversion: Conversion) -> Iterator[None]:
    """Turn what looking at a result raises into a WrongResult: it is of a kind that nothing is known of."""
    try:
        yield
    except (CannotConvert, WrongResult):
        raise
    except Exception as error:
        raise WrongResult(f"{conversion.name} returned what could not be checked: {one_line(error)}") from error


def _given(conversion: Conversion, source: Any) -> Any:
    try:
        return conversion.given(source)
    except CannotConvert:
        raise
    except Exception as error:
        raise CannotConvert(f"setup: {one_line(error)}") from error


def _refusing(conversion: Conversion) -> Convert:
    """Return the conversion as a function whose every error is a CannotConvert."""

    def convert(source: Any) -> Any:
        try:
            result = call(conversion)(source)
            if conversion.device is not None:  # else what it copies may still be on its way
                synchroniser(conversion.device)()
            return result
        except Exception as error:
            raise CannotConvert(one_line(error)) from error

    return convert


def shares_memory(convert: Convert, source: Any, result: Any) -> bool | None:
    """Say whether a result uses its source's memory; None where it cannot be told, or the source has no elements.

    The address ranges must overlap, and a write to a scratch copy of the source must be seen in
    what the scratch copy is converted to. The source itself is never written to.
    """
    items = source if isinstance(source, list) else [source]
    if not all(
        hasattr(item, "dtype") for item in items
    ):  # Python numbers, or what a set-up has made: no memory to share
        return False
    spans = [_span(item) for item in items]
    if not any(spans) or not is_plain(result):
        return None
    if not hasattr(result, "dtype"):  # Python numbers have memory of their own
        return False
    place = _span(result)
    if place is None or not any(span and span[0] < place[1] and place[0] < span[1] for span in spans):
        return False
    total = sum(map(size_of, source)) if isinstance(source, list) else size_of(source)
    if total > LIMIT:
        with suppress(CannotConvert):  # one that needs a shape of its own refuses a part of its source
            if _write_is_seen(convert, source, LIMIT):
                return True
    # A conversion may treat a small source otherwise than a large one: ask at full size.
    return _write_is_seen(convert, source, None)


def apart(first: Any, second: Any) -> bool:
    """Say whether two values are known to have no memory in common: arrays, dense tensors, or lists of such."""
    sides = [value if isinstance(value, list) else [value] for value in (first, second)]
    if not all(hasattr(item, "dtype") and is_plain(item) for side in sides for item in side):
        return False
    one, other = ([_span(item) for item in side] for side in sides)
    return all(a and b and (a[1] <= b[0] or b[1] <= a[0]) for a in one for b in other)


def result_bytes(result: Any) -> int:
    """Return the bytes of the elements; of a list, of its objects, judged by the first of them."""
    if isinstance(result, list):
        return sys.getsizeof(result) + (len(result) * result_bytes(result[0]) if result else 0)
    if not is_plain(result):
        return _stored_bytes(result)
    if hasattr(result, "dtype"):
        return size_of(result) * _item_bytes(result)
    return sys.getsizeof(result)


#: The tensors that sparse ones of all layouts consist of.
_PARTS = ("_indices", "_values", "crow_indices", "col_indices", "ccol_indices", "row_indices", "values")


def _stored_bytes(tensor: Any) -> int:
    """Return the bytes of a tensor that is not plain: of a sparse one its parts, of one on meta none."""
    if tensor.is_meta:
        return 0
    sparse = str(tensor.layout).startswith("torch.sparse")
    if not sparse:
        return int(tensor.numel() * tensor.element_size())
    stored = 0
    for name in _PARTS[:2] if tensor.is_sparse else _PARTS[2:]:
        with suppress(RuntimeError):  # each layout has its own
            part = getattr(tensor, name)()
            stored += part.numel() * part.element_size()
    return stored


def _span(value: Any) -> tuple[int, int] | None:
    """Return the first address of the elements and the one past the last; None for no elements."""
    if size_of(value) == 0:
        return None
    if hasattr(value, "data_ptr"):
        start = int(value.data_ptr())
    else:
        start = int(value.__array_interface__["data"][0])
    reach = [stride * (length - 1) for stride, length in zip(_byte_strides(value), shape_of(value), strict=True)]
    below = sum(step for step in reach if step < 0)
    above = sum(step for step in reach if step > 0)
    return start + below, start + above + _item_bytes(value)


def _item_bytes(value: Any) -> int:
    return int(value.element_size() if hasattr(value, "element_size") else value.itemsize)


def _byte_strides(value: Any) -> tuple[int, ...]:
    if hasattr(value, "data_ptr"):
        return tuple(stride * _item_bytes(value) for stride in value.stride())
    return tuple(value.strides)


def _write_is_seen(convert: Convert, source: Any, limit: int | None) -> bool:
    """Say whether other values written to a scratch copy of the source appear in its result."""
    items = source if isinstance(source, list) else [source]
    scratches, doors = zip(*(_scratch(item, limit) for item in items), strict=True)
    result = convert(list(scratches) if isinstance(source, list) else scratches[0])
    before = as_array(result).copy()
    for door in doors:
        _write_other_values(door)
    return not same(before, as_array(result))


def _scratch(item: Any, limit: int | None) -> tuple[Any, Any]:
    """Return a copy with the same dtype, strides and flags, and a writable door to its memory.

    The door is needed where the copy is read-only or requires grad, as its source does.
    """
    import numpy as np
    import torch

    if limit is not None and size_of(item) > limit:
        # Shortened along the widest stride, so that the memory in between shrinks as well.
        axis = int(np.argmax(np.abs(_byte_strides(item))))
        keep = max(1, limit * shape_of(item)[axis] // size_of(item))
        item = item[(slice(None),) * axis + (slice(0, keep),)]
    if isinstance(item, torch.Tensor):
        tensor = torch.empty_strided(tuple(item.shape), item.stride(), dtype=item.dtype, device=item.device)
        tensor.copy_(item.detach())
        return tensor.detach().requires_grad_(item.requires_grad), tensor
    span = _span(item)
    if span is None:
        return item.copy(), item.copy()
    memory = np.empty(span[1] - span[0], np.uint8)
    offset = int(item.__array_interface__["data"][0]) - span[0]
    door = np.ndarray(item.shape, item.dtype, memory, offset, item.strides)
    door[...] = item
    scratch = door.view()
    scratch.setflags(write=bool(item.flags.writeable))
    return scratch, door


def _write_other_values(door: Any) -> None:
    """Turn every zero into one and all else into zero: each value of any dtype changes."""
    import numpy as np
    import torch

    values = as_array(door)
    flipped = np.asarray(values == 0, values.dtype)
    if isinstance(door, torch.Tensor):
        door.copy_(torch.from_numpy(flipped))
    else:
        door[...] = flipped
