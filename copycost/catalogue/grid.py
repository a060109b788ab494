"""The grid: which cells a run measures, and the memory they need."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from copycost.catalogue.cell import DTYPES, ITEM_BYTES, Cell
from copycost.catalogue.conversions import CONVERSIONS, LIST_ITEM_BYTES, THERE, Conversion
from copycost.errors import UsageError, nearest
from copycost.units import format_bytes, parse_count, parse_data_size

DEFAULT_DTYPES: tuple[str, ...] = ("float32", "float64", "int64")
MOST_THREADS = 1024
#: The thread count that is torch's own.
DEFAULT_THREADS = "default"

DEFAULT_SIZES: tuple[int, ...] = tuple(4**power for power in range(13))


@dataclass(frozen=True)
class Preset:
    """A named grid with the time (seconds) and the precision (share) a run of it aims at, and its address layouts."""

    name: str
    description: str
    family: str
    dtypes: tuple[str, ...]
    sizes: tuple[int, ...]
    budget: float
    precision: float
    threads: tuple[int, ...] = (1,)
    layouts: str = "1..5"


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "quick",
            "a first look: core conversions, float64, up to 8 MiB",
            family="core",
            dtypes=("float64",),
            sizes=tuple(4**power for power in (0, 2, 4, 6, 8, 9, 10)),
            budget=14.0,
            precision=0.02,
            layouts="1..3",
        ),
        Preset(
            "default",
            "core conversions, three dtypes, up to 16M elements",
            family="core",
            dtypes=DEFAULT_DTYPES,
            sizes=DEFAULT_SIZES,
            budget=60.0,
            precision=0.01,
        ),
        Preset(
            "full",
            "every conversion and every dtype, up to 16M elements",
            family="all",
            dtypes=DTYPES,
            sizes=DEFAULT_SIZES,
            budget=1800.0,
            precision=0.01,
        ),
    )
}


def parse_dtypes(text: str) -> tuple[str, ...]:
    """Return the dtypes in ``float32,int8``, or every one for ``all``.

    Raises:
        UsageError: a name that is no dtype of a tensor and an array, or of bfloat16.
    """
    if text.strip() == "all":
        return DTYPES
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in ITEM_BYTES:
            raise UsageError(f"unknown dtype {name!r}: {nearest(name, list(DTYPES))}")
    return tuple(dict.fromkeys(names))


class Bytes(int):
    """A size in bytes, which is another number of elements for each dtype."""

    def elements(self, dtype: str) -> int:
        """Return how many elements of a dtype it holds.

        Raises:
            UsageError: it is no whole number of them.
        """
        count, rest = divmod(int(self), ITEM_BYTES[dtype])
        if rest or not count:
            raise UsageError(f"size {int(self)} B is not a whole number of {dtype}, {ITEM_BYTES[dtype]} B each")
        return count


def parse_sizes(text: str) -> tuple[int, ...]:
    """Return the sizes in ``64``, ``64,4096``, ``1..16M``, ``1e6``, ``512x512x3`` or ``100MB``, ascending.

    They are elements, or ``Bytes`` where a unit of bytes is named. A range holds its two ends and every power of 4
    between them.

    Raises:
        UsageError: not a size of at least 1, or a range whose end lies below its start.
    """
    sizes: dict[tuple[type, int], int] = {}
    for part in text.split(","):
        start, dots, end = part.partition("..")
        low = _parse_size(start)
        high = _parse_size(end) if dots else low
        unit = type(low)
        if type(high) is not unit:
            raise UsageError(f"size range {part.strip()!r} is of bytes and of elements: give both ends alike")
        if high < low:
            raise UsageError(f"size range {part.strip()!r} ends below its start")
        between = [unit(power) for power in _powers_of_4(high) if dots and power >= low]
        sizes |= {(unit, int(size)): size for size in (low, *between, high)}
    return tuple(sorted(sizes.values()))


def _parse_size(text: str) -> int:
    count = parse_data_size(text)
    size = parse_count(text) if count is None else Bytes(count)
    if size < 1:
        raise UsageError(f"size {text.strip()!r} is below 1 element")
    return size


def _powers_of_4(highest: int) -> list[int]:
    return [4**power for power in range(highest.bit_length()) if 4**power <= highest]


def parse_threads(text: str) -> tuple[int, ...]:
    """Return the thread counts in ``1,2,default``, ascending; ``default`` is torch's own number.

    Raises:
        UsageError: not a whole number from 1 to 1024, or torch cannot tell its own.
    """
    counts: set[int] = set()
    for part in text.split(","):
        number = part.strip()
        if number == DEFAULT_THREADS:
            counts.add(default_threads())
        elif not (number.isascii() and number.isdigit() and 1 <= int(number) <= MOST_THREADS):
            raise UsageError(f"threads {number!r} is not a whole number from 1 to {MOST_THREADS}, or default")
        else:
            counts.add(int(number))
    return tuple(sorted(counts))


@cache
def default_threads() -> int:
    """Return how many threads torch uses when nobody tells it, here and in this environment.

    A process of its own is asked, because who starts a run does not import torch.

    Raises:
        UsageError: it cannot be told.
    """
    asked = [sys.executable, "-P", "-c", "import torch; print(torch.get_num_threads())"]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=120).stdout
        return int(told.split()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        raise UsageError(f"threads {DEFAULT_THREADS!r}: torch does not tell its own number: give one") from error


def cells(
    conversions: Iterable[Conversion],
    dtypes: Sequence[str],
    sizes: Sequence[int],
    threads: Sequence[int] = (1,),
    caches: Sequence[str] = ("warm",),
    layouts: Sequence[str] = ("contiguous",),
) -> list[Cell]:
    """Return every cell of the grid."""
    return [
        Cell(conversion.name, conversion.direction, dtype, size, count, cache, layout)
        for conversion in conversions
        for dtype in dtypes
        for size in elements(sizes, dtype)
        for count in threads
        for cache in caches
        for layout in layouts
    ]


def elements(sizes: Sequence[int], dtype: str) -> list[int]:
    """Return sizes as elements of a dtype, each once.

    Raises:
        UsageError: a size in bytes is no whole number of them.
    """
    return list(dict.fromkeys(size.elements(dtype) if isinstance(size, Bytes) else size for size in sizes))


def memory_needed(cells: Iterable[Cell]) -> int:
    """Return the bytes that one measuring process needs for the data of all cells.

    That is every source at the same time, the largest result, and the destination of a plain copy
    of the largest source. What the libraries themselves take up comes on top.
    """
    cells = list(cells)
    sources = {(cell.direction.removesuffix(THERE), cell.dtype, cell.size, cell.layout): cell for cell in cells}
    return (
        sum(_allocated(cell) for cell in sources.values())
        + max((_result_bytes(cell) for cell in cells), default=0)
        + max((cell.bytes for cell in cells), default=0)
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


def _advice(cells: Sequence[Cell], available: int) -> str:
    largest = max(cell.size for cell in cells)
    for size in sorted({*(cell.size for cell in cells), *_powers_of_4(largest)} - {largest}, reverse=True):
        smaller = [replace(cell, size=min(cell.size, size)) for cell in cells]
        if memory_needed(smaller) <= available:
            return f"the largest size that fits is {size}"
    return "no size fits"


def _allocated(cell: Cell) -> int:
    if cell.layout == "python-list":  # and the array that it is made of
        return cell.bytes + cell.size * LIST_ITEM_BYTES
    return cell.bytes * (2 if cell.layout == "strided" else 1)


def _result_bytes(cell: Cell) -> int:
    conversion = CONVERSIONS.get(cell.conversion)
    if conversion is not None and conversion.result_item_bytes is not None:
        return cell.size * conversion.result_item_bytes
    return cell.size * ITEM_BYTES[(conversion and conversion.casts_to) or cell.dtype]
