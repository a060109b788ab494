"""A cell: one point of the grid."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Dict, Mapping


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

    def as_dict(self) -> Dict[str, Any]:
        """Return the fields as JSON scalars."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Cell:
        """Return the cell that a mapping describes; what is not a field of a cell is ignored."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in names})


EMPTY_CALL = Cell("empty call", "reference", "float64", 0)
