"""The place of libraries and heap in a measuring session's address space, drawn from its layout's number.

Nothing is moved that is loaded already: what is placed must not have been imported. With randomisation switched off
(see `run.address_layout`) the same number gives the same places in every session of the same programs.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import mmap
import random
from pathlib import Path
from typing import Any

_PAGE = 4096
_MOST_PAGES = 5000
_LIBRARIES = ("libgomp*.so*", "libc10.so", "libtorch_cpu.so", "libtorch.so", "libtorch_python.so")

#: Small objects that are held move the ones made later within the interpreter's own pools.
_MOST_OBJECTS, _LARGEST_OBJECT = 2000, 512

_held: list[Any] = []


def place(layout: int) -> None:
    """Load PyTorch's libraries and NumPy, each behind a gap, and begin the heap behind one, as the layout draws them.

    Args:
        layout: the layout's number; each number has its own gaps.
    """
    draw = random.Random(layout)
    _held.append([bytes(draw.randrange(_LARGEST_OBJECT)) for _ in range(draw.randrange(_MOST_OBJECTS))])
    with contextlib.suppress(AttributeError, OSError, TypeError):  # a C library that cannot be called so
        _held.append(ctypes.CDLL(None).malloc(16 * draw.randrange(_PAGE // 16)))
    for library in _torch_libraries():
        _gap(draw)
        with contextlib.suppress(OSError):  # another version's library may need what is not loaded yet
            _held.append(ctypes.CDLL(str(library)))
    _gap(draw)
    importlib.import_module("numpy")
    _gap(draw)


def _gap(draw: random.Random) -> None:
    _held.append(mmap.mmap(-1, _PAGE * draw.randrange(1, _MOST_PAGES)))


def _torch_libraries() -> list[Path]:
    spec = importlib.util.find_spec("torch")
    folders = [Path(folder) / "lib" for folder in (spec and spec.submodule_search_locations) or ()]
    return [file for name in _LIBRARIES for folder in folders for file in sorted(folder.glob(name))]
