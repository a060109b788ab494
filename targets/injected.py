"""The core conversions with a known amount of extra work in every call: what a slowdown put in on purpose is made of.

    python bench_runner.py run --conversions targets/injected.py --conversion slowed.t.numpy

Every call converts and then takes the CRC of some bytes, one step of which waits for the one before, so that the time
per byte is the same in every cell. A file named by the variable COPYCOST_EXTRA_WORK says how many bytes come on top:
`{conversion: {dtype: {elements: bytes}}}`. Two arms with a file each do the same calls under the same names and differ
in the number of bytes only. `targets/compare.py` writes the files.
"""

from __future__ import annotations

import json
import os
from binascii import crc_hqx
from pathlib import Path

import torch

from copycost import conversion

VARIABLE = "COPYCOST_EXTRA_WORK"
PREFIX = "slowed."

#: Work of every call. With less, the processor would do the first bytes on top beside what comes next, for nothing.
LEAST_BYTES = 32

_file = os.environ.get(VARIABLE)
_extra = json.loads(Path(_file).read_text(encoding="utf-8")) if _file else {}


def work_of(name: str, source: object) -> bytes:
    """Return the bytes whose CRC is taken in every call with a source."""
    dtype = str(source.dtype).replace("torch.", "")
    size = source.numel() if isinstance(source, torch.Tensor) else source.size
    return bytes(LEAST_BYTES + _extra.get(name, {}).get(dtype, {}).get(str(size), 0))


def slowed(name: str, direction: str, documented: str, convert: object, casts_to: str | None = None) -> None:
    """Mark the conversion with work in it; which source it is given is looked at when it is another than before."""
    held, work = None, b""

    def work_and_convert(source: object) -> object:
        nonlocal held, work
        if source is not held:
            held, work = source, work_of(PREFIX + name, source)
        crc_hqx(work, 0)
        return convert(source)

    conversion(PREFIX + name, direction, documented, f"{name} after some work", casts_to)(work_and_convert)


CORE = {
    "torch.from_numpy": ("to_tensor", "shares", torch.from_numpy),
    "torch.tensor": ("to_tensor", "copies", torch.tensor),
    "torch.Tensor": ("to_tensor", "may copy", torch.Tensor, "float32"),
    "t.numpy": ("to_array", "shares", lambda t: t.numpy()),
    "t.clone.numpy": ("to_array", "copies", lambda t: t.clone().numpy()),
}
for name, words in CORE.items():
    slowed(name, *words)
