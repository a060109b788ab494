"""The sources: what a conversion is given, filled with random data, every page touched.

A cell with a cold cache has a rotation of sources: so many that none of them is in a cache when its turn comes.
"""

from __future__ import annotations

import tempfile
from typing import Any

from copycost.catalogue.bfloat16 import array_dtype, bits_of, tensor_over
from copycost.catalogue.cell import BFLOAT16, ITEM_BYTES, Cell
from copycost.catalogue.conversions import CannotConvert
from copycost.catalogue.values import is_list_of_arrays
from copycost.errors import UsageError

#: What a run can measure, each at every size. One more is ``list:N``, a list of so many equal arrays.
MEASURED = (
    "contiguous",
    "strided",
    "fortran",
    "transposed",
    "reversed",
    "read-only",
    "memmap",
    "byteswapped",
    "requires-grad",
    "python-list",
)

_LIST = "list:"

#: What Python's numbers have of the dtypes, and the bytes of each.
_PYTHON = {bool: "bool", int: "int64", float: "float64", complex: "complex128"}

_BLOCK = 64 * 1024  # elements of random data, repeated: drawing 16 Mi numbers takes a second
_ARRAYS_IN_A_LIST = 8
_MOST_ARRAYS = 1_000_000

_PAGE = 4096
_MOST_SOURCES = 32768

#: Assumed where the system does not tell the size of its last cache.
LAST_CACHE_BYTES = 32 * 1024**2


def source(cell: Cell, *, seed: int = 0) -> Any:
    """Return the source of a cell: an array, a tensor, or a list of equal arrays, of which the layout may say how many.

    Without, a list has the largest number of arrays up to eight into which the elements can be divided.

    All values are finite and exactly representable in float32, so that a cast to it can be checked.
    Tensors are allocated by torch. The layouts "0-d" and "empty" have their own size. A "memmap" is of a file without a
    name and read-only, as `numpy.load` with ``mmap_mode="r"`` returns it. A "python-list" has Python's numbers.
    An array of bfloat16 holds its bits as int16.

    Raises:
        CannotConvert: such a source does not exist, as a reversed or a read-only tensor.
    """
    if cell.layout.startswith(_LIST) and cell.direction != "list_to_tensor":
        raise CannotConvert(f"{cell.layout} is a source of what converts a list")
    if cell.layout == "python-list":
        return _python_list(cell, seed)
    if cell.direction == "to_array":
        return _tensor(cell, seed)
    if cell.direction == "to_tensor":
        return _array(cell.dtype, cell.size, cell.layout, seed)
    if cell.direction == "list_to_tensor":
        count, layout = _list(cell)
        return [_array(cell.dtype, cell.size // count, layout, seed + index) for index in range(count)]
    raise ValueError(f"a {cell.direction} has no source")


def _python_list(cell: Cell, seed: int) -> list[Any]:
    if cell.direction != "to_tensor":
        raise CannotConvert(f"a {cell.layout} is a source of what converts one array")
    if cell.dtype not in _PYTHON.values():
        raise CannotConvert(f"Python has no {cell.dtype}, only {', '.join(_PYTHON.values())}")
    listed: list[Any] = _array(cell.dtype, cell.size, "contiguous", seed).tolist()
    return listed


def _list(cell: Cell) -> tuple[int, str]:
    """Return how many arrays the list of a cell has, and their layout."""
    if not cell.layout.startswith(_LIST):
        return max(n for n in range(1, _ARRAYS_IN_A_LIST + 1) if cell.size % n == 0), cell.layout
    count = int(cell.layout.removeprefix(_LIST))
    if cell.size % count:
        raise CannotConvert(f"{cell.size} elements are not {count} equal arrays")
    return count, "contiguous"


def parse_source_layouts(text: str) -> tuple[str, ...]:
    """Return the layouts in ``contiguous,memmap,list:1000``, each once.

    Raises:
        UsageError: a word that is no layout, or a list of too many arrays or of none.
    """
    found = dict.fromkeys(word.strip() for word in text.split(","))
    for word in found:
        count = word.removeprefix(_LIST)
        listed = word.startswith(_LIST) and count.isascii() and count.isdigit() and not count.startswith("0")
        if word not in MEASURED and not (listed and int(count[:9]) <= _MOST_ARRAYS and len(count) < 9):
            valid = f"{', '.join(MEASURED)}, or list:N of 1 to {_MOST_ARRAYS:,} arrays"
            raise UsageError(f"layout {word!r} is not one of: {valid}")
    return tuple(found)


def _array(dtype: str, size: int, layout: str, seed: int) -> Any:
    import numpy as np

    if layout == "requires-grad":
        raise CannotConvert("an array has no requires_grad")
    if layout == "fortran":
        array = np.empty(_square(size), array_dtype(dtype), order="F")
        whole = array.ravel(order="K")  # a view: the memory is in one piece
    else:
        held = array_dtype(dtype)
        whole = np.empty(_elements(size, layout), _swapped(held) if layout == "byteswapped" else held)
        array = _arranged(whole, size, layout)
    _fill(whole, _random(dtype, whole.size, layout, seed))
    if layout == "read-only":
        array.setflags(write=False)
    return _mapped(array) if layout == "memmap" else array


def _swapped(dtype: str) -> Any:
    """Return a dtype whose bytes are in the other order than this machine's."""
    import numpy as np

    swapped = np.dtype(dtype).newbyteorder()
    if swapped.isnative:
        raise CannotConvert(f"{dtype} has one byte, which has no order")
    return swapped


def _mapped(array: Any) -> Any:
    """Return an array's values in a mapped file, every page of it touched."""
    import numpy as np

    with tempfile.TemporaryFile() as file:
        file.write(array.data)
        file.flush()
        mapped = np.memmap(file, array.dtype, "r", shape=array.shape)
    mapped.view(np.uint8)[::_PAGE].max()
    return mapped


def _tensor(cell: Cell, seed: int) -> Any:
    import torch

    if cell.layout == "reversed":
        raise CannotConvert("a tensor has no negative strides")
    if cell.layout == "read-only":
        raise CannotConvert("a tensor cannot be read-only")
    if cell.layout in ("memmap", "byteswapped"):
        raise CannotConvert(f"{cell.layout} is a kind of array")
    dtype = getattr(torch, cell.dtype, None)
    if dtype is None:
        raise CannotConvert(f"torch {torch.__version__} has no dtype {cell.dtype}")
    if cell.layout == "requires-grad" and not (dtype.is_floating_point or dtype.is_complex):
        raise CannotConvert(f"a tensor of {cell.dtype} cannot require grad")
    whole = torch.empty(_elements(cell.size, cell.layout), dtype=dtype)
    _fill(whole, tensor_over(_random(cell.dtype, whole.numel(), cell.layout, seed), cell.dtype))
    tensor = _arranged(whole, cell.size, cell.layout)
    return tensor.requires_grad_() if cell.layout == "requires-grad" else tensor


def _arranged(whole: Any, size: int, layout: str) -> Any:
    """Return the source with its layout, as a view of the memory allocated for it."""
    if layout == "strided":
        return whole[::2]
    if layout in ("fortran", "transposed"):
        rows, columns = _square(size)
        return whole.reshape(columns, rows).T
    if layout == "reversed":
        return whole[::-1]
    if layout == "0-d":
        return whole.reshape(())
    return whole


def _elements(size: int, layout: str) -> int:
    return {"strided": 2 * size, "0-d": 1, "empty": 0}.get(layout, size)


def _square(size: int) -> tuple[int, int]:
    """Return the most square shape of so many elements that has a power of two as its rows."""
    rows = 1
    while rows * rows * 4 <= size and size % (rows * 2) == 0:
        rows *= 2
    return rows, size // rows


def _random(dtype: str, size: int, layout: str, seed: int) -> Any:
    import numpy as np

    kind = "f" if dtype == BFLOAT16 else np.dtype(dtype).kind
    count = min(size, _BLOCK)
    if layout == "0-d" and kind in "iu":
        # torch.Tensor takes a whole number for a length: a large one would be allocated.
        return np.full(1, 3, dtype)
    random = np.random.default_rng(seed)
    if kind == "b":
        return random.integers(0, 2, count).astype(dtype)
    if kind in "iu":
        bound = min(int(np.iinfo(dtype).max), 2**24)  # float32 holds every whole number up to 2^24
        return random.integers(0 if kind == "u" else -bound, bound, count).astype(dtype)
    values = random.standard_normal(count, "float32")
    if kind == "c":
        return (values + 1j * random.standard_normal(count, "float32")).astype(dtype)
    return bits_of(values) if dtype == BFLOAT16 else values.astype(dtype)


def _fill(whole: Any, block: Any) -> None:
    """Write the block over and over, until the end."""
    size = len(whole)
    for start in range(0, size, _BLOCK):
        end = min(start + _BLOCK, size)
        whole[start:end] = block[: end - start]


def nbytes(source: Any) -> int:
    """Return the bytes of the elements of a source (a list: of all its arrays, or of its numbers in an array)."""
    if is_list_of_arrays(source):
        return sum(map(nbytes, source))
    if isinstance(source, list):
        return len(source) * ITEM_BYTES[_PYTHON[type(source[0])]]
    return int(source.nbytes) if hasattr(source, "flags") else source.numel() * source.element_size()


def cold_sources(cell: Cell, last_cache_bytes: int) -> list[Any]:
    """Return sources of the cell's size that together are twice the last cache, at least two.

    Between two uses of one source all the others are read, each at a page of its own, so that it
    has been evicted from every cache by then. They are views of one block of memory.

    Raises:
        CannotConvert: the cell's layout is not contiguous, or its source is a list.
    """
    if cell.layout != "contiguous" or cell.direction == "list_to_tensor":
        raise CannotConvert("a cold cache is measured with contiguous arrays and tensors only")
    item = ITEM_BYTES[cell.dtype]
    step = -(-max(cell.size * item, _PAGE) // item)
    count = min(_MOST_SOURCES, max(2, -(-2 * last_cache_bytes // (step * item))))
    whole = source(Cell(cell.conversion, cell.direction, cell.dtype, step * count))
    return [whole[first : first + cell.size] for first in range(0, step * count, step)]


class Rotation:
    """Hands out sources in turn, so many at a time, and begins again after the last."""

    def __init__(self, sources: list[Any]) -> None:
        """Start at the first source."""
        self.sources = sources
        self._next = 0

    def take(self, count: int) -> list[Any]:
        """Return the next so many sources, in turn; more than there are begin again at the first."""
        if count > len(self.sources):
            return (self.sources * (count // len(self.sources) + 1))[:count]
        if self._next + count > len(self.sources):
            self._next = 0
        taken = self.sources[self._next : self._next + count]
        self._next += count
        return taken
