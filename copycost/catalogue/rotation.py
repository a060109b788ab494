"""Rotations: so many sources in turn that none of them is in a cache when its turn comes."""

from __future__ import annotations

from typing import Any, List

from copycost.catalogue.cell import Cell
from copycost.catalogue.outcomes import CannotConvert
from copycost.catalogue.sources import source

_PAGE = 4096
_MOST_SOURCES = 32768

#: Assumed where the system does not tell the size of its last cache.
LAST_CACHE_BYTES = 32 * 1024**2


def rotation(cell: Cell, last_cache_bytes: int) -> List[Any]:
    """Return sources of the cell's size that together are twice the last cache, at least two.

    Between two uses of one source all the others are read, each at a page of its own, so that it
    has been evicted from every cache by then. They are views of one block of memory.

    Raises:
        CannotConvert: the cell's layout is not contiguous, or its source is a list.
    """
    if cell.layout != "contiguous" or cell.direction == "list_to_tensor":
        raise CannotConvert("a cold cache is measured with contiguous arrays and tensors only")
    item = _item_bytes(cell)
    step = -(-max(cell.size * item, _PAGE) // item)
    count = min(_MOST_SOURCES, max(2, -(-2 * last_cache_bytes // (step * item))))
    whole = source(Cell(cell.conversion, cell.direction, cell.dtype, step * count))
    return [whole[first : first + cell.size] for first in range(0, step * count, step)]


def _item_bytes(cell: Cell) -> int:
    from copycost.catalogue.dtypes import ITEM_BYTES

    return ITEM_BYTES[cell.dtype]


class Turns:
    """Hands out the sources of a rotation, so many at a time, round and round."""

    def __init__(self, sources: List[Any]) -> None:
        """Start at the first source."""
        self.sources = sources
        self._next = 0

    def take(self, count: int) -> List[Any]:
        """Return the next so many sources, in turn; more than there are begin again at the first."""
        if count > len(self.sources):
            return (self.sources * (count // len(self.sources) + 1))[:count]
        if self._next + count > len(self.sources):
            self._next = 0
        taken = self.sources[self._next : self._next + count]
        self._next += count
        return taken
