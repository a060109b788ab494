"""The values of sources and results, and whether those of a result are its source's."""

from __future__ import annotations

import math
from typing import Any

from copycost.catalogue.conversions import USER, Conversion, WrongResult

# Beyond so many elements values are compared at about that many evenly spread places, so that
# looking takes neither long nor much memory.
LIMIT = 64 * 1024


def check_result(conversion: Conversion, source: Any, result: Any) -> None:
    """Compare a result with its source, or have the conversion's own check do so.

    Raises:
        WrongResult: the kind, the dtype, the shape or the values are not as documented, or the result has no values.
    """
    if conversion.check is False:
        return
    if conversion.check is not True:
        if not conversion.check(source, result):
            raise WrongResult(f"{conversion.name} returned what its check does not find right")
        return
    if getattr(result, "is_meta", False):
        raise WrongResult(f"{conversion.name} returned a tensor without values, on meta: say check=False to measure it")
    _check_kind(conversion, result)
    _check_dtype(conversion, source, result)
    if not is_list_of_arrays(source):
        _check_values(conversion, source, result)
        return
    if len(result) != len(source):
        raise WrongResult(f"{conversion.name} returned {len(result)} rows of {len(source)}")
    for item, row in zip(source, result, strict=True):
        _check_values(conversion, item, row)


def snapshot(source: Any) -> Any:
    """Return a copy of the source's values, at evenly spread places when there are many."""
    if is_list_of_arrays(source):
        return [snapshot(item) for item in source]
    return at_places(source).copy()


def at_places(value: Any) -> Any:
    """Return values as an array, at evenly spread places when there are many."""
    return as_array(_thin(value, _step(value)))


def is_list_of_arrays(value: Any) -> bool:
    """Return whether a value is a list of arrays or tensors, and not of Python's numbers."""
    return isinstance(value, list) and any(hasattr(item, "dtype") for item in value[:1])


def same(expected: Any, actual: Any, tolerance: float = 0.0) -> bool:
    """Say whether two arrays, or two lists of arrays, have the same shape and values."""
    import numpy as np

    if isinstance(expected, list):
        return len(expected) == len(actual) and all(map(same, expected, actual))
    if expected.shape != actual.shape:
        return False
    inexact = expected.dtype.kind in "fc"
    if tolerance:
        return bool(np.allclose(actual, expected, rtol=tolerance, atol=0.0, equal_nan=inexact))
    return bool(np.array_equal(actual, expected, equal_nan=inexact))


def as_array(value: Any, dtype: Any = None) -> Any:
    """Return the values of a tensor, an array or a list as an array, copied only where needed."""
    import numpy as np
    import torch

    if isinstance(value, torch.Tensor):
        value = in_one_piece(value.detach()).cpu().resolve_conj().resolve_neg()
        return (value.float() if value.dtype == torch.bfloat16 else value).numpy()
    return value if isinstance(value, np.ndarray) else np.array(value, dtype=dtype)


def in_one_piece(tensor: Any) -> Any:
    """Return a tensor that has an element for each value: a sparse or a quantized one is made one."""
    if is_plain(tensor):
        return tensor
    return tensor.dequantize() if tensor.is_quantized else tensor.to_dense()


def is_plain(value: Any) -> bool:
    """Return whether a value is no tensor, or one whose memory has an element for each value."""
    import torch

    if not isinstance(value, torch.Tensor):
        return True
    return value.layout == torch.strided and not (value.is_quantized or value.is_meta or value.is_nested)


def shape_of(value: Any) -> tuple[int, ...]:
    """Return the shape of a tensor, an array, a nested list or a number."""
    if isinstance(value, list):
        return (len(value), *(shape_of(value[0]) if value else ()))
    return tuple(getattr(value, "shape", ()))


def size_of(value: Any) -> int:
    """Return the number of elements."""
    return math.prod(shape_of(value))


def dtype_name(value: Any) -> str:
    """Return "torch.float64", "float64" or "list of float"."""
    depth = 0
    while isinstance(value, list):
        depth, value = depth + 1, value[0] if value else None
    name = str(value.dtype) if hasattr(value, "dtype") else type(value).__name__
    return "list of " * depth + ("nothing" if value is None else name)


def _check_kind(conversion: Conversion, result: Any) -> None:
    import numpy as np
    import torch

    types: tuple[type, ...]
    if conversion.direction.startswith("from_device"):
        types, name = (np.ndarray, torch.Tensor), "an array or a tensor"
    elif conversion.direction == "to_array":
        types = (np.ndarray, np.generic, list, bool, int, float, complex)
        name = "an array or a list"
    else:
        types, name = (torch.Tensor,), "a tensor"
    if not isinstance(result, types):
        raise WrongResult(f"{conversion.name} returned {type(result).__name__}, not {name}")
    where = str(getattr(result, "device", "cpu"))  # NumPy's arrays tell it as text, since 2.0
    if "_device" in conversion.direction and (where == "cpu") is conversion.direction.startswith("to_device"):
        raise WrongResult(f"{conversion.name} returned what is on {where}")


def _check_dtype(conversion: Conversion, source: Any, result: Any) -> None:
    if not hasattr(result, "dtype"):  # Python numbers have none
        return
    actual, documented = _plain_dtype(result), conversion.casts_to or _kept_dtype(source)
    if actual != documented:
        hint = f"; say casts_to={actual!r}" if conversion.family == USER else ""
        raise WrongResult(f"{conversion.name} returned {actual} where {documented} is documented{hint}")


def _check_values(conversion: Conversion, item: Any, result: Any) -> None:
    if shape_of(result) != shape_of(item):
        if shape_of(result) != (size_of(item),):  # flattening, as frombuffer does, is no loss
            raise WrongResult(
                f"{conversion.name} returned the shape {shape_of(result)} for a source of shape {shape_of(item)}"
                f"{_hint(conversion)}"
            )
        item = item.reshape(-1)
    result = in_one_piece(result) if hasattr(result, "is_sparse") else result
    step = _step(item)
    expected = as_array(_thin(item, step))
    actual = as_array(_thin(result, step), expected.dtype)
    tolerance = 0.0
    if hasattr(result, "dtype") and _plain_dtype(result) != _plain_dtype(item):
        # A cast from complex to real is documented to keep the real part only.
        real = expected.dtype.kind == "c" and actual.dtype.kind != "c"
        expected = (expected.real if real else expected).astype(actual.dtype)
        tolerance = _rounding(result)
    if not same(expected, actual, tolerance):
        raise WrongResult(f"{conversion.name} returned other values than its source's{_hint(conversion)}")


def _hint(conversion: Conversion) -> str:
    """Return how a user says that a result is meant to differ from its source."""
    return "; if that is meant, say check=, a function of source and result, or False" * (conversion.family == USER)


def _plain_dtype(value: Any) -> str:
    item = value[0] if isinstance(value, list) else value
    dtype = item.dtype if hasattr(item, "dtype") else as_array(value[:1]).dtype
    return str(getattr(dtype, "name", dtype)).replace("torch.", "")  # NumPy's name has no byte order


def _kept_dtype(source: Any) -> str:
    """Return the dtype of a result that is not said to be cast: its source's, or torch's own for Python's numbers."""
    dtype = _plain_dtype(source)
    if not isinstance(source, list) or is_list_of_arrays(source):
        return dtype
    return {"float64": "float32", "complex128": "complex64"}.get(dtype, dtype)


def _rounding(result: Any) -> float:
    """Return the relative distance of neighbouring values of a floating dtype, else 0."""
    import numpy as np
    import torch

    if isinstance(result, torch.Tensor):
        inexact = result.dtype.is_floating_point or result.dtype.is_complex
        return float(torch.finfo(result.dtype).eps) if inexact else 0.0
    return float(np.finfo(result.dtype).eps) if result.dtype.kind in "fc" else 0.0


def _thin(value: Any, step: int) -> Any:
    if isinstance(value, list):
        return [_thin(item, step) for item in value[::step]]
    shape = shape_of(value)
    return value[(slice(None, None, step),) * len(shape)] if shape and step > 1 else value


def _step(value: Any) -> int:
    """Return the step along each axis that leaves about as many elements as are looked at."""
    dimensions = len(shape_of(value))
    if not dimensions:
        return 1
    share = size_of(value) / LIMIT
    return max(1, math.ceil(math.pow(share, 1 / dimensions)))
