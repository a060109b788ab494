"""bfloat16, which NumPy does not have: an array holds the bits of its values as int16; tensors are viewed as either.

A view costs its call, which belongs to what such a conversion costs, and no copy.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Any

from copycost.catalogue.cell import BFLOAT16
from copycost.catalogue.conversions import USER, CannotConvert, Conversion, WrongResult
from copycost.catalogue.values import at_places, dtype_name, same, shape_of, size_of

#: The dtype of an array that holds the bits.
BITS = "int16"

_AS_BFLOAT16, _AS_BITS = f".view(torch.{BFLOAT16})", f".view(torch.{BITS})"


@cache
def of_dtype(conversion: Conversion, dtype: str) -> Conversion:
    """Return a conversion as it is typed for a dtype: for bfloat16 with the view that it needs.

    A user's own conversion is given the int16 array, or the tensor of bfloat16, and has its own view.

    Raises:
        CannotConvert: the call casts, and would take the bits for whole numbers.
    """
    if dtype != BFLOAT16:
        return conversion
    viewed = conversion if conversion.function is not None else replace(conversion, expression=_viewed(conversion))
    if viewed.check is not True:
        return viewed
    return replace(viewed, check=lambda source, result: _check(viewed, source, result))


def tensor_over(array: Any, dtype: str) -> Any:
    """Return the tensor of a dtype that has an array's memory."""
    import torch

    tensor = torch.from_numpy(array)
    return tensor.view(torch.bfloat16) if dtype == BFLOAT16 else tensor


def array_over(tensor: Any) -> Any:
    """Return the array that has a tensor's memory."""
    import torch

    tensor = tensor.detach()
    return (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy()


def array_dtype(dtype: str) -> str:
    """Return what the array has that holds values of a dtype."""
    return BITS if dtype == BFLOAT16 else dtype


def bits_of(values: Any) -> Any:
    """Return the bits of a float32 array's values, cut off to those of bfloat16, as an int16 array of its shape."""
    import numpy as np

    return (values.view(np.uint32) >> 16).astype(np.uint16).view(np.int16)


def _viewed(conversion: Conversion) -> str:
    typed = conversion.expression
    if conversion.direction == "to_array" or conversion.direction.startswith("from_device"):
        typed = re.sub(r"\.numpy\(", f"{_AS_BITS}.numpy(", typed)
        return re.sub(r"^(np\.\w+)\(t\)", rf"\1(t{_AS_BITS})", typed)
    if "dtype=dtype" in typed:
        return typed.replace("dtype=dtype", f"dtype=torch.{BFLOAT16}")
    inner, found = re.subn(r"torch\.from_numpy\(\w+\)", rf"\g<0>{_AS_BFLOAT16}", typed)
    if found or conversion.variable not in ("a", "arrays"):  # else what is given is a tensor
        return inner
    if conversion.casts_to is not None:
        raise CannotConvert(f"NumPy has no {BFLOAT16}, and {typed} would take its bits for whole numbers")
    return re.sub(r"^(.*?)(; |  # |$)", rf"\1{_AS_BFLOAT16}\2", typed, count=1)


def _check(conversion: Conversion, source: Any, result: Any) -> bool:
    """Say whether a result has its source's values, be they bfloat16, their bits, or Python's numbers.

    Raises:
        WrongResult: the result has another dtype than is documented.
    """
    documented = conversion.casts_to or BFLOAT16
    actual = dtype_name(result).removeprefix("torch.")
    if hasattr(result, "dtype") and actual not in (documented, conversion.casts_to or BITS):
        hint = f"; say casts_to={actual!r}" if conversion.family == USER else ""
        raise WrongResult(f"{conversion.name} returned {actual} where {documented} is documented{hint}")
    if isinstance(source, list):
        return len(source) == len(result) and all(map(_alike, source, result))
    return _alike(source, result)


def _alike(source: Any, result: Any) -> bool:
    if shape_of(result) == (size_of(source),):  # flattening, as frombuffer does, is no loss
        source = source.reshape(-1)
    expected, actual = _values(source), _values(result)
    return same(expected.astype(actual.dtype), actual)


def _values(value: Any) -> Any:
    """Return values at evenly spread places; of whole numbers of two bytes those whose bits they are."""
    import numpy as np

    seen = at_places(value)
    if seen.dtype != BITS:
        return seen
    return (seen.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
