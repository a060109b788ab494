"""The dtypes that both libraries hold."""

from __future__ import annotations

from typing import Dict, Tuple

from copycost.errors import UsageError, nearest

ITEM_BYTES: Dict[str, int] = {
    "float16": 2,
    "float32": 4,
    "float64": 8,
    "int8": 1,
    "int16": 2,
    "int32": 4,
    "int64": 8,
    "uint8": 1,
    "uint16": 2,
    "uint32": 4,
    "uint64": 8,
    "bool": 1,
    "complex64": 8,
    "complex128": 16,
}

DTYPES: Tuple[str, ...] = tuple(ITEM_BYTES)

DEFAULT_DTYPES: Tuple[str, ...] = ("float32", "float64", "int64")


def parse_dtypes(text: str) -> Tuple[str, ...]:
    """Return the dtypes in ``float32,int8``, or every one for ``all``.

    Raises:
        UsageError: a name that is not a dtype of both libraries.
    """
    if text.strip() == "all":
        return DTYPES
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in ITEM_BYTES:
            raise UsageError(f"unknown dtype {name!r}: {nearest(name, list(DTYPES))}")
    return tuple(dict.fromkeys(names))
