"""The references: what bounds every figure, measured in the same run and in turn with it.

They depend on bytes and threads alone, so each number of bytes on the grid is measured once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterable, List, Tuple

from copycost.catalogue.cell import Cell
from copycost.catalogue.dtypes import ITEM_BYTES

DIRECTION = "reference"


@dataclass(frozen=True)
class Reference:
    """One reference: `prepare(array, destination, threads)` returns the function that is timed.

    `array` is the source, `destination` an array of the same shape in memory already mapped.
    """

    name: str
    expression: str
    meaning: str
    prepare: Callable[[Any, Any, int], Callable[[Any], Any]]


def _mapped(array: Any, destination: Any, threads: int) -> Callable[[Any], Any]:
    if threads > 1:  # NumPy copies with one thread only
        import torch

        return _with_torch(torch.from_numpy(destination).copy_, torch.from_numpy(array))
    import numpy as np

    copyto = np.copyto
    return lambda a: copyto(destination, a)


def _fresh(array: Any, destination: Any, threads: int) -> Callable[[Any], Any]:
    if threads > 1:
        import torch

        tensor = torch.from_numpy(array)
        return _with_torch(lambda t: torch.empty_like(t).copy_(t), tensor)
    # bytes: malloc, memcpy and free, without the huge pages that NumPy asks for.
    return lambda a: a.tobytes()


def _touched(array: Any, destination: Any, threads: int) -> Callable[[Any], Any]:
    import torch

    empty, count, page = torch.empty, array.nbytes, 4096
    return lambda a: empty(count, dtype=torch.uint8)[::page].fill_(1)


def _with_torch(copy: Callable[[Any], Any], tensor: Any) -> Callable[[Any], Any]:
    return lambda a: copy(tensor)


MAPPED = Reference("plain copy (mapped)", "np.copyto(destination, a)", "the memcpy limit", _mapped)
FRESH = Reference("plain copy (fresh)", "a.tobytes()", "the allocation limit", _fresh)
TOUCHED = Reference(
    "allocate and free",
    "torch.empty(a.nbytes, dtype=torch.uint8)[::4096].fill_(1)",
    "what fresh pages cost without copying",
    _touched,
)
REFERENCES: Dict[str, Reference] = {found.name: found for found in (MAPPED, FRESH, TOUCHED)}


def reference_cells(cells: Iterable[Cell]) -> List[Cell]:
    """Return the reference cells of a grid: each number of bytes and threads on it, once."""
    found: Dict[Tuple[int, int], Cell] = {}
    for cell in cells:
        found.setdefault((cell.size * ITEM_BYTES[cell.dtype], cell.threads), cell)
    return [
        Cell(name, DIRECTION, cell.dtype, cell.size, cell.threads) for name in REFERENCES for cell in found.values()
    ]
