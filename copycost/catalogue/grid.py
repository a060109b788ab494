"""The grid: which cells a run measures, and the memory they need."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Dict, Iterable, List, Sequence, Set, Tuple

from copycost.catalogue.cell import Cell
from copycost.catalogue.conversions import CORE, EXTENDED, Conversion
from copycost.catalogue.dtypes import DEFAULT_DTYPES, DTYPES, ITEM_BYTES
from copycost.errors import UsageError
from copycost.units import format_bytes, parse_count

DEFAULT_SIZES: Tuple[int, ...] = tuple(4**power for power in range(13))

# A Python number and the pointer to it in a list, rounded up.
_LIST_ITEM_BYTES = 40


@dataclass(frozen=True)
class Preset:
    """A named grid with the time (seconds) and the precision (share) a run of it aims at."""

    name: str
    description: str
    family: str
    dtypes: Tuple[str, ...]
    sizes: Tuple[int, ...]
    threads: Tuple[int, ...]
    budget: float
    precision: float


PRESETS: Dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "quick",
            "a first look: core conversions, float64, up to 8 MiB",
            "core",
            ("float64",),
            tuple(4**power for power in (0, 2, 4, 6, 8, 9, 10)),
            (1,),
            14.0,
            0.02,
        ),
        Preset(
            "default",
            "core conversions, three dtypes, up to 16M elements",
            "core",
            DEFAULT_DTYPES,
            DEFAULT_SIZES,
            (1,),
            60.0,
            0.01,
        ),
        Preset(
            "full",
            "every conversion and every dtype, up to 16M elements",
            "all",
            DTYPES,
            DEFAULT_SIZES,
            (1,),
            1800.0,
            0.01,
        ),
    )
}


def parse_sizes(text: str) -> Tuple[int, ...]:
    """Return the sizes (elements) in ``64``, ``64,4096`` or ``1..16M``, ascending.

    A range holds its two ends and every power of 4 between them.

    Raises:
        UsageError: not a size of at least 1, or a range whose end lies below its start.
    """
    sizes: Set[int] = set()
    for part in text.split(","):
        start, dots, end = part.partition("..")
        low = _parse_size(start)
        high = _parse_size(end) if dots else low
        if high < low:
            raise UsageError(f"size range {part.strip()!r} ends below its start")
        sizes.update((low, high))
        power = 1
        while power <= high and dots:
            if power >= low:
                sizes.add(power)
            power *= 4
    return tuple(sorted(sizes))


def parse_threads(text: str) -> Tuple[int, ...]:
    """Return the thread counts in ``1,2``, ascending.

    Raises:
        UsageError: not a whole number from 1 to 1024.
    """
    counts: Set[int] = set()
    for part in text.split(","):
        number = part.strip()
        if not (number.isascii() and number.isdigit() and 1 <= int(number) <= 1024):
            raise UsageError(f"threads {number!r} is not a whole number from 1 to 1024")
        counts.add(int(number))
    return tuple(sorted(counts))


def cells(
    conversions: Iterable[Conversion],
    dtypes: Sequence[str],
    sizes: Sequence[int],
    threads: Sequence[int] = (1,),
    caches: Sequence[str] = ("warm",),
    layouts: Sequence[str] = ("contiguous",),
) -> List[Cell]:
    """Return every cell of the grid."""
    return [
        Cell(conversion.name, conversion.direction, dtype, size, count, cache, layout)
        for conversion in conversions
        for dtype in dtypes
        for size in sizes
        for count in threads
        for cache in caches
        for layout in layouts
    ]


def memory_needed(cells: Iterable[Cell]) -> int:
    """Return the bytes that one measuring process needs for the data of all cells.

    That is every source at the same time, the largest result, and the destination of a plain copy
    of the largest source. What the libraries themselves take up comes on top.
    """
    cells = list(cells)
    sources = {(cell.direction, cell.dtype, cell.size, cell.layout): cell for cell in cells}
    return (
        sum(_allocated(cell) for cell in sources.values())
        + max((_result_bytes(cell) for cell in cells), default=0)
        + max((_bytes(cell) for cell in cells), default=0)
    )


def check_memory(cells: Sequence[Cell], available: int) -> None:
    """Refuse a grid that needs more than the available bytes.

    Raises:
        UsageError: what is needed, what there is, and the largest size that would fit.
    """
    needed = memory_needed(cells)
    if needed <= available:
        return
    largest = max(cell.size for cell in cells)
    raise UsageError(
        f"size {largest} would need {format_bytes(needed)} of memory, "
        f"{format_bytes(available)} are available: {_advice(cells, available)}"
    )


def _parse_size(text: str) -> int:
    size = parse_count(text)
    if size < 1:
        raise UsageError(f"size {text.strip()!r} is below 1 element")
    return size


def _advice(cells: Sequence[Cell], available: int) -> str:
    largest = max(cell.size for cell in cells)
    candidates = {cell.size for cell in cells} - {largest}
    power = 1
    while power < largest:
        candidates.add(power)
        power *= 4
    for size in sorted(candidates, reverse=True):
        smaller = [replace(cell, size=min(cell.size, size)) for cell in cells]
        if memory_needed(smaller) <= available:
            return f"the largest size that fits is {size}"
    return "no size fits"


def _bytes(cell: Cell) -> int:
    return cell.size * ITEM_BYTES[cell.dtype]


def _allocated(cell: Cell) -> int:
    return _bytes(cell) * (2 if cell.layout == "strided" else 1)


def _result_bytes(cell: Cell) -> int:
    if cell.conversion == "t.tolist":
        return cell.size * _LIST_ITEM_BYTES
    casts = {conversion.name: conversion.casts_to for conversion in (*CORE, *EXTENDED)}
    return cell.size * ITEM_BYTES[casts.get(cell.conversion) or cell.dtype]
