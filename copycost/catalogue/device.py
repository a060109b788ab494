"""The border to an accelerator: its conversions, what bounds them, and PyTorch's own interface to the device.

A device is named as PyTorch names it (``cuda``, ``cuda:1``, ``xpu``, ``mps``). Each call has two figures: until it
returns, and until the data is there, which is the same call and then a synchronisation.

Nothing here may be called in a process that others are forked from: CUDA does not survive a fork.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from copycost.catalogue.cell import Cell
from copycost.catalogue.conversions import SYNCHRONISE, Conversion, until_there
from copycost.errors import UsageError

#: What is measured of a device where no dtype is asked for: what most models are made of.
DEVICE_DTYPES = ("float32",)

_NAME = re.compile(r"([a-z][a-z0-9_]*)(:\d+)?")

TO_DEVICE, FROM_DEVICE = "plain copy to the device", "plain copy from the device"
EMPTY_SYNCHRONISATION = "empty synchronisation"


@dataclass(frozen=True)
class _Call:
    """A call as a record of the table below; ``{}`` in the expression stands for the device's name."""

    name: str
    direction: str
    expression: str
    casts_to: str | None = None
    afresh: bool = False


_CALLS = (
    _Call("torch.from_numpy.to", "to_device", "torch.from_numpy(a).to({})"),
    _Call("torch.tensor.device", "to_device", "torch.tensor(a, device={})"),
    _Call("torch.from_numpy.to.non_blocking", "to_device", "torch.from_numpy(a).to({}, non_blocking=True)"),
    _Call("pin_memory.to", "to_device", "torch.from_numpy(a).pin_memory().to({})"),
    _Call("pin_memory.to.afresh", "to_device", "torch.from_numpy(a).pin_memory().to({})  # pinned afresh", afresh=True),
    _Call("pinned.to", "to_device", "pinned.to({})"),
    _Call("pinned.to.non_blocking", "to_device", "pinned.to({}, non_blocking=True)"),
    _Call("half.to", "to_device", "torch.from_numpy(a).to(torch.float16).to({})", casts_to="float16"),
    _Call("to.half", "to_device", "torch.from_numpy(a).to({}).to(torch.float16)", casts_to="float16"),
    _Call("t.cpu.numpy", "from_device", "t.cpu().numpy()"),
    _Call("t.to.cpu.non_blocking", "from_device", "t.to('cpu', non_blocking=True)"),
)


def check_device(name: str) -> str:
    """Return the name of a device, as it was typed, if it can be one of an accelerator.

    Raises:
        UsageError: it cannot.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise UsageError(f"device {name!r} is not a name such as cuda, cuda:1, xpu or mps")
    if match[1] == "cpu":
        raise UsageError(f"device {name!r} is where arrays are: leave --device out, or name one such as cuda")
    return name


def device_conversions(device: str) -> list[Conversion]:
    """Return the conversions of a device, first each until its data is there, then each until it returns."""
    typed = repr(check_device(device))
    returning = [
        Conversion(
            call.name,
            call.direction,
            call.expression.format(typed),
            "copies",
            "device",
            casts_to=call.casts_to,
            device=device,
            afresh=call.afresh,
        )
        for call in _CALLS
    ]
    return [*map(until_there, returning), *returning]


def of_device(cells: Iterable[Cell]) -> list[Cell]:
    """Return those cells that need a device."""
    return [cell for cell in cells if needs_device(cell)]


def needs_device(cell: Cell) -> bool:
    """Return whether a cell is a conversion to or from a device, or bounds one."""
    return "_device" in cell.direction or cell.conversion in (TO_DEVICE, FROM_DEVICE, EMPTY_SYNCHRONISATION)


def device_references(cells: Iterable[Cell]) -> list[Cell]:
    """Return the reference cells of a grid: for each number of bytes both ways, and one empty synchronisation."""
    first: dict[tuple[str, int, int], Cell] = {}
    for cell in of_device(cells):
        way = TO_DEVICE if cell.direction.startswith("to_device") else FROM_DEVICE
        bounds = Cell(way, "reference", cell.dtype, cell.size, cell.threads)
        first.setdefault((way, cell.bytes, cell.threads), bounds)
    if not first:
        return []
    return [Cell(EMPTY_SYNCHRONISATION, "reference", "float32", 0), *first.values()]


@dataclass(frozen=True)
class Bound:
    """A reference beside a device: its expression, and the copy in it, made of a pinned tensor and one on the device.

    Copies are between memory that is there already: nothing is allocated.
    """

    expression: str
    prepare: Callable[[Any, Any], Callable[[], Any] | None]


BOUNDS = {
    TO_DEVICE: Bound(
        f"on_device.copy_(pinned, non_blocking=True); {SYNCHRONISE}",
        lambda pinned, on_device: lambda: on_device.copy_(pinned, non_blocking=True),
    ),
    FROM_DEVICE: Bound(
        f"pinned.copy_(on_device, non_blocking=True); {SYNCHRONISE}",
        lambda pinned, on_device: lambda: pinned.copy_(on_device, non_blocking=True),
    ),
    EMPTY_SYNCHRONISATION: Bound(SYNCHRONISE, lambda pinned, on_device: None),
}


def synchroniser(device: str) -> Callable[[], Any]:
    """Return the function that waits until the device has done what it was given.

    It is the current stream's own where the device has streams: waiting for one stream costs 1.5 µs where waiting
    for the whole device costs 8 (NVIDIA H100), and all that is measured goes through that stream.
    """
    module = _module(device)
    if hasattr(module, "current_stream"):
        function: Callable[[], Any] = module.current_stream(device).synchronize
        return function
    function = module.synchronize
    return function


def empty_caches(device: str) -> None:
    """Give back what PyTorch keeps of device memory and of pinned memory for later use, as far as it can be told to."""
    with contextlib.suppress(AttributeError):
        _module(device).empty_cache()
    empty_pinned_cache()


def empty_pinned_cache() -> bool:
    """Give back the pinned memory that PyTorch keeps for later use; return whether it can be told to."""
    import torch

    if not _can_pin():  # torch 2.13 crashes when it is told to empty the cache of a device without pinned memory
        return False
    for name in ("_accelerator_emptyHostCache", "_host_emptyCache"):  # since torch 2.12, and before
        if hasattr(torch._C, name):
            getattr(torch._C, name)()
            return True
    return False


@cache
def _can_pin() -> bool:
    import torch

    try:
        torch.empty(1).pin_memory()
    except Exception:  # each kind of device has its own way not to have it
        return False
    return True


def _module(device: str) -> Any:
    """Return PyTorch's module of a kind of device, such as ``torch.cuda``: all of them have ``synchronize``."""
    import torch

    return getattr(torch, torch.device(device).type)
