"""A cell, one point of the grid, and the dtypes that it can have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

#: The dtype that NumPy does not have: an array holds its bits, see `bfloat16`.
BFLOAT16 = "bfloat16"

#: Bytes of an element, for every dtype that can be measured.
ITEM_BYTES: dict[str, int] = {
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
    BFLOAT16: 2,
}

DTYPES: tuple[str, ...] = tuple(ITEM_BYTES)

#: Those that both libraries hold.
SHARED_DTYPES: tuple[str, ...] = tuple(dtype for dtype in DTYPES if dtype != BFLOAT16)


@dataclass(frozen=True, order=True)
class Cell:
    """One conversion at one dtype, size (elements), thread count, cache state and layout."""

    conversion: str
    direction: str
    dtype: str
    size: int
    threads: int = 1
    cache: str = "warm"
    layout: str = "contiguous"

    @property
    def id(self) -> str:
        """A benchmark's parameter, such as torch.from_numpy-float64-4096-1-warm-contiguous."""
        return f"{self.conversion}-{self.dtype}-{self.size}-{self.threads}-{self.cache}-{self.layout}"

    @property
    def bytes(self) -> int:
        """The bytes of the source's elements."""
        return self.size * ITEM_BYTES[self.dtype]

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON scalars."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Cell:
        """Return the cell that a mapping describes; keys that are no field of a cell are ignored."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in names})


EMPTY_CALL = Cell("empty call", "reference", "float64", 0)
