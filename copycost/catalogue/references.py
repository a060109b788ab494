"""The references: plain copies that bound every figure, and the parts that a copy is made of, measured in the same run.

They depend on bytes and threads alone (a cast on the dtype too), so each number of bytes on the grid is
measured once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from copycost.catalogue.cell import Cell
from copycost.catalogue.conversions import CONVERSIONS, CannotConvert

DIRECTION = "reference"

#: Below this, what a part costs disappears in the call; the smallest size is measured beside.
_PARTS_FROM_BYTES = 64 * 1024

#: What is kept during a round has to come from memory that earlier rounds have faulted in.
_KEPT_BYTES = 4 * 1024**2
_MOST_KEPT = 500

#: Results from this size on have a mapping of their own; a copy into mapped memory that is kept is the
#: same, and spares every visit the page faults of a new one.
_MAPPED_BYTES = 32 * 1024**2


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Timed:
    """The function that is timed, and what is done around it outside the timing.

    `most_calls` limits a round whose results are kept until it has ended. `copy_beside` allows a plain
    copy beside every round, which takes its part of the caches. With `warms_up` every visit begins with an untimed
    round, however long its calls are.
    """

    function: Callable[[Any], Any]
    begin_visit: Callable[[], None] = _nothing
    end_round: Callable[[], None] = _nothing
    end_visit: Callable[[], None] = _nothing
    most_calls: int | None = None
    copy_beside: bool = False
    warms_up: bool = False


@dataclass(frozen=True)
class Reference:
    """One reference: `prepare(array, destination, threads)` returns what is timed.

    `array` is the source, `destination` an array of the same shape in memory already mapped. The
    smallest size of a grid is always measured, others from `from_bytes` on. With `of_results`, the
    results of casts are measured like sources. With `casts_to`, only cells that are cast to this dtype
    have the reference, each dtype its own.
    """

    name: str
    expression: str
    meaning: str
    prepare: Callable[[Any, Any, int], Timed]
    from_bytes: int = 0
    of_results: bool = False
    casts_to: str | None = None


#: What a conversion has around it.
CONVERSION = Timed(lambda a: a, copy_beside=True)


def _mapped(array: Any, destination: Any, threads: int) -> Timed:
    if threads > 1:  # NumPy copies with one thread only
        import torch

        copy, tensor = torch.from_numpy(destination).copy_, torch.from_numpy(array)
        return Timed(lambda a: copy(tensor))
    import numpy as np

    copyto = np.copyto
    return Timed(lambda a: copyto(destination, a))


def _fresh(array: Any, destination: Any, threads: int) -> Timed:
    if threads > 1:
        import torch

        tensor = torch.from_numpy(array)
        return Timed(lambda a: torch.empty_like(tensor).copy_(tensor))
    # bytes: malloc, memcpy and free, without the huge pages that NumPy asks for.
    return Timed(lambda a: a.tobytes())


def _allocate(array: Any, destination: Any, threads: int) -> Timed:
    import torch

    empty, count = torch.empty, array.nbytes
    return _kept(lambda a: empty(count, dtype=torch.uint8), count)


def _touch(array: Any, destination: Any, threads: int) -> Timed:
    return _kept(_free(array, destination, threads).function, array.nbytes)


def _free(array: Any, destination: Any, threads: int) -> Timed:
    import torch

    empty, count, page = torch.empty, array.nbytes, 4096
    return Timed(lambda a: empty(count, dtype=torch.uint8)[::page].fill_(1))


def _kept(allocate: Callable[[Any], Any], count: int) -> Timed:
    """Return an allocation whose results, of so many bytes each, are kept until the round has ended."""
    most = min(_MOST_KEPT, max(1, _KEPT_BYTES // max(1, count)))
    kept: deque[Any] = deque(maxlen=most)
    keep = kept.append
    return Timed(lambda a: keep(allocate(a)), end_round=kept.clear, most_calls=most)


def _copied_by_torch(to: str | None) -> Callable[[Any, Any, int], Timed]:
    def prepare(array: Any, destination: Any, threads: int) -> Timed:
        import torch

        try:
            tensor = torch.from_numpy(array)
        except TypeError as error:
            raise CannotConvert(f"torch has no dtype for {array.dtype}") from error
        dtype = tensor.dtype if to is None else getattr(torch, to)
        count = tensor.numel() * torch.empty(0, dtype=dtype).element_size()
        if count >= _MAPPED_BYTES:
            into = torch.from_numpy(destination).flatten().view(torch.uint8)[:count].view(dtype).reshape(tensor.shape)
            return Timed(lambda a: into.copy_(tensor), copy_beside=True)
        turns: deque[Callable[[Any], Any]] = deque()

        # On pages of its own in each visit, and in two places in turn, as results are: glibc's aligned
        # blocks leave a hole that is a little too small for the next one, so that two take turns.
        def begin_visit() -> None:
            turns.clear()
            turns.extend(torch.empty(tensor.shape, dtype=dtype).fill_(1).copy_ for _ in range(2))

        def copy(a: Any) -> Any:
            turns.rotate()
            return turns[0](tensor)

        return Timed(copy, begin_visit=begin_visit, end_visit=turns.clear, copy_beside=True)

    return prepare


MAPPED = Reference("plain copy (mapped)", "np.copyto(destination, a)", "the memcpy limit", _mapped)
FRESH = Reference("plain copy (fresh)", "a.tobytes()", "the allocation limit", _fresh)
ALLOCATED = Reference(
    "allocate",
    "kept.append(torch.empty(a.nbytes, dtype=torch.uint8))",
    "what the allocator costs, freeing left to after the round",
    _allocate,
    _PARTS_FROM_BYTES,
    of_results=True,
)
TOUCHED = Reference(
    "allocate and touch",
    "kept.append(torch.empty(a.nbytes, dtype=torch.uint8)[::4096].fill_(1))",
    "the same with the page faults",
    _touch,
    _PARTS_FROM_BYTES,
    of_results=True,
)
FREED = Reference(
    "allocate, touch and free",
    "torch.empty(a.nbytes, dtype=torch.uint8)[::4096].fill_(1)",
    "the same with freeing",
    _free,
    _PARTS_FROM_BYTES,
    of_results=True,
)
COPIED = Reference(
    "torch copy",
    "destination.copy_(torch.from_numpy(a))",
    "what torch's copying costs without allocating",
    _copied_by_torch(None),
    _PARTS_FROM_BYTES,
)
_CASTS = tuple(
    Reference(
        f"torch copy to {dtype}",
        f"destination.copy_(torch.from_numpy(a))  # to {dtype}",
        "what torch's cast costs without allocating",
        _copied_by_torch(dtype),
        _PARTS_FROM_BYTES,
        casts_to=dtype,
    )
    for dtype in sorted({conversion.casts_to for conversion in CONVERSIONS.values() if conversion.casts_to})
)
REFERENCES: dict[str, Reference] = {
    reference.name: reference for reference in (MAPPED, FRESH, ALLOCATED, TOUCHED, FREED, COPIED, *_CASTS)
}


def reference_cells(cells: Iterable[Cell]) -> list[Cell]:
    """Return the reference cells of a grid: each number of bytes and threads on it, once; a device has its own."""
    cells = [cell for cell in cells if "_device" not in cell.direction]
    return [cell for reference in REFERENCES.values() for cell in _cells_of(reference, cells)]


def bounded(references: Iterable[Cell], cells: Iterable[Cell]) -> dict[Cell, set[Cell]]:
    """Return which of some cells each reference bounds: those of as many bytes and threads, before or after a cast.

    The smallest of its kind is what the larger ones are compared with, and bounds what they bound.

    Args:
        references: reference cells, as from `reference_cells`.
        cells: cells that copy.
    """
    by_bytes: dict[tuple[int, int], set[Cell]] = {}
    for cell in cells:
        for dtype in {cell.dtype, _casts_to(cell) or cell.dtype}:
            by_bytes.setdefault((replace(cell, dtype=dtype).bytes, cell.threads), set()).add(cell)
    found: dict[Cell, set[Cell]] = {}
    kinds: dict[tuple[str, int], list[Cell]] = {}
    for cell in references:
        reference = REFERENCES.get(cell.conversion)
        casts_to = reference.casts_to if reference else None
        alike = by_bytes.get((cell.bytes, cell.threads), set())
        found[cell] = {other for other in alike if casts_to in (None, _casts_to(other))}
        kinds.setdefault((cell.conversion, cell.threads), []).append(cell)
    for kind in kinds.values():
        smallest = min(kind, key=lambda cell: cell.bytes)
        found[smallest] = set().union(*(found[cell] for cell in kind))
    return found


def _casts_to(cell: Cell) -> str | None:
    conversion = CONVERSIONS.get(cell.conversion)
    return conversion.casts_to if conversion else None


def _cells_of(reference: Reference, cells: list[Cell]) -> list[Cell]:
    chosen: dict[tuple[int, int, str], Cell] = {}
    for cell in cells:
        casts_to = _casts_to(cell)
        if reference.casts_to is None:
            chosen.setdefault((cell.bytes, cell.threads, ""), cell)
        elif reference.casts_to == casts_to != cell.dtype:
            chosen.setdefault((cell.bytes, cell.threads, cell.dtype), cell)
        if reference.of_results and casts_to:
            result = replace(cell, dtype=casts_to)
            chosen.setdefault((result.bytes, cell.threads, ""), result)
    smallest = {threads: min(key for key in chosen if key[1] == threads) for _, threads, _ in chosen}
    return [
        Cell(reference.name, DIRECTION, cell.dtype, cell.size, cell.threads)
        for key, cell in chosen.items()
        if key[0] >= reference.from_bytes or key == smallest[cell.threads]
    ]
