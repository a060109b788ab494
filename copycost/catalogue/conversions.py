"""The conversions: each way to turn an array into a tensor or back, as a record."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, List, Optional, Sequence, Tuple

from copycost.errors import UsageError, nearest

DIRECTIONS = ("to_tensor", "to_array", "list_to_tensor")
DOCUMENTED = ("shares", "copies", "may copy")
FAMILIES = ("core", "all")

_VARIABLES = {"to_tensor": "a", "to_array": "t", "list_to_tensor": "arrays"}


@dataclass(frozen=True)
class Conversion:
    """One way to convert, as a user would type it.

    The variable in ``expression`` is ``a`` for an array, ``t`` for a tensor and ``arrays`` for a
    list of arrays; ``torch`` and ``np`` are the modules, and ``dtype`` is the tensor dtype of the
    source where the call has to be told it. ``documented`` is what the library's own documentation
    says about sharing ("may copy" where it says nothing); whether a result really shares memory is
    found by ``evidence.examine``. ``function`` is set for a user's own conversions only.
    ``casts_to`` names the dtype of the result where it is documented to differ from the source's.
    """

    name: str
    direction: str
    expression: str
    documented: str
    family: str
    function: Optional[Callable[[Any], Any]] = None
    casts_to: Optional[str] = None

    @property
    def variable(self) -> str:
        """The name of the source in the expression."""
        return _VARIABLES[self.direction]


CORE: Tuple[Conversion, ...] = (
    Conversion("torch.from_numpy", "to_tensor", "torch.from_numpy(a)", "shares", "core"),
    Conversion("torch.tensor", "to_tensor", "torch.tensor(a)", "copies", "core"),
    Conversion("torch.Tensor", "to_tensor", "torch.Tensor(a)", "may copy", "core", casts_to="float32"),
    Conversion("t.numpy", "to_array", "t.numpy()", "shares", "core"),
    Conversion("t.clone.numpy", "to_array", "t.clone().numpy()", "copies", "core"),
)

EXTENDED: Tuple[Conversion, ...] = (
    Conversion("torch.as_tensor", "to_tensor", "torch.as_tensor(a)", "may copy", "extended"),
    Conversion("torch.asarray", "to_tensor", "torch.asarray(a)", "may copy", "extended"),
    Conversion("torch.from_dlpack", "to_tensor", "torch.from_dlpack(a)", "shares", "extended"),
    Conversion("torch.frombuffer", "to_tensor", "torch.frombuffer(a, dtype=dtype)", "shares", "extended"),
    Conversion("torch.from_numpy.clone", "to_tensor", "torch.from_numpy(a).clone()", "copies", "extended"),
    Conversion(
        "torch.tensor.float32",
        "to_tensor",
        "torch.tensor(a, dtype=torch.float32)",
        "copies",
        "extended",
        casts_to="float32",
    ),
    Conversion(
        "torch.FloatTensor",
        "to_tensor",
        "torch.FloatTensor(a)",
        "may copy",
        "extended",
        casts_to="float32",
    ),
    Conversion("t.detach.numpy", "to_array", "t.detach().numpy()", "shares", "extended"),
    Conversion("t.numpy.force", "to_array", "t.numpy(force=True)", "may copy", "extended"),
    Conversion("np.asarray", "to_array", "np.asarray(t)", "may copy", "extended"),
    Conversion("np.array", "to_array", "np.array(t)", "copies", "extended"),
    Conversion("np.from_dlpack", "to_array", "np.from_dlpack(t)", "shares", "extended"),
    Conversion("t.detach.clone.numpy", "to_array", "t.detach().clone().numpy()", "copies", "extended"),
    Conversion("t.tolist", "to_array", "t.tolist()", "copies", "extended"),
    Conversion("torch.tensor.list", "list_to_tensor", "torch.tensor(arrays)", "copies", "extended"),
    Conversion(
        "torch.from_numpy.stack",
        "list_to_tensor",
        "torch.from_numpy(np.stack(arrays))",
        "copies",
        "extended",
    ),
    Conversion(
        "torch.stack",
        "list_to_tensor",
        "torch.stack([torch.from_numpy(x) for x in arrays])",
        "copies",
        "extended",
    ),
)


def select(
    names: Optional[Sequence[str]] = None,
    family: str = "core",
    user_file: Optional[Path] = None,
) -> List[Conversion]:
    """Return the conversions asked for by name, or a whole family when no name is given.

    A family is "core" or "all"; a user's own conversions belong to both.

    Raises:
        UsageError: an unknown name or family, or a user's file that cannot be used.
    """
    if family not in FAMILIES:
        raise UsageError(f"unknown family {family!r}: {nearest(family, list(FAMILIES))}")
    own: Tuple[Conversion, ...] = ()
    if user_file is not None:
        from copycost.catalogue.user_file import load

        own = tuple(load(user_file))
    if names is None:
        return [*CORE, *(EXTENDED if family == "all" else ()), *own]
    known = {conversion.name: conversion for conversion in (*CORE, *EXTENDED, *own)}
    for name in names:
        if name not in known:
            raise UsageError(f"unknown conversion {name!r}: {nearest(name, list(known))}")
    return [known[name] for name in dict.fromkeys(names)]
