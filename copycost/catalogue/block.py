"""Calls compiled into blocks: the statements that a round times, and nothing around them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache
from typing import Any

from copycost.catalogue.cell import DTYPES
from copycost.catalogue.conversions import Conversion

_MODULES = ("torch", "np")


def call(conversion: Conversion) -> Callable[[Any], Any]:
    """Return a function that converts its one argument once and returns the result.

    Raises:
        AttributeError: the installed library has no such function.
    """
    if conversion.function is not None:
        return conversion.function
    return _compiled(conversion, 1, returning=True)


@cache
def block(conversion: Conversion, calls: int) -> Callable[[Any], None]:
    """Return a function whose body is the conversion's expression, ``calls`` times over.

    Each result is dropped before the next call. Functions of a module are bound to local names
    once, so that what is timed is the call and not the way to it.

    Raises:
        AttributeError: the installed library has no such function.
        ValueError: ``calls`` is below 1.
    """
    if calls < 1:
        raise ValueError(f"a block has at least one call, not {calls}")
    return _compiled(conversion, calls, returning=False)


@cache
def loop(conversion: Conversion) -> Callable[[Any], None]:
    """Return a function that converts every source of a list once, dropping each result."""
    return _compiled(conversion, 1, returning=False, looping=True)


@cache
def empty_block() -> Callable[[Any], None]:
    """Return a block with nothing inside: calling it costs what calling a block costs."""
    return _function("a", {"torch_from_numpy": None}, ["pass"])


def _compiled(conversion: Conversion, calls: int, returning: bool, looping: bool = False) -> Callable[[Any], Any]:
    variable = conversion.variable
    before: list[str] = []
    if conversion.function is not None:
        names: dict[str, Any] = {"function": conversion.function}
        statement = f"function({variable})"
    else:
        hoist = _Hoist()
        tree = hoist.visit(ast.parse(conversion.expression, mode="eval").body)
        statement = ast.unparse(tree)
        names = {local: _resolve(dotted) for local, dotted in hoist.names.items()}
        if hoist.needs_dtype:
            # One look-up for the whole block: the dtype is a constant where a user types it.
            names["torch_dtypes"] = _torch_dtypes()
            before = [f"dtype = torch_dtypes[{variable}.dtype]"]
    if returning:
        return _function(variable, names, [*before, f"return {statement}"])
    if looping:
        body = "; ".join([*before, statement])
        return _function("sources", names, [f"for {variable} in sources: {body}"])
    return _function(variable, names, [*before, *[statement] * calls])


def _function(variable: str, names: dict[str, Any], body: list[str]) -> Callable[[Any], Any]:
    # Default arguments are locals of the function: each use is the fastest kind of look-up.
    parameters = "".join(f", {name}={name}" for name in names)
    text = f"def block({variable}{parameters}):\n" + "".join(f"    {line}\n" for line in body)
    namespace = dict(names)
    exec(compile(text, "<block>", "exec"), namespace)
    function: Callable[[Any], Any] = namespace["block"]
    return function


class _Hoist(ast.NodeTransformer):
    """Replaces ``torch.from_numpy`` and the like by local names, and remembers them."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.needs_dtype = False

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        dotted = ast.unparse(node)
        parts = dotted.split(".")
        if parts[0] in _MODULES and all(part.isidentifier() for part in parts):
            local = "_".join(parts)
            self.names[local] = dotted
            return ast.copy_location(ast.Name(local, ast.Load()), node)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        self.needs_dtype = self.needs_dtype or node.id == "dtype"
        return node


def _resolve(dotted: str) -> Any:
    import numpy
    import torch

    root, *attributes = dotted.split(".")
    value: Any = {"torch": torch, "np": numpy}[root]
    for attribute in attributes:
        value = getattr(value, attribute)
    return value


def _torch_dtypes() -> dict[Any, Any]:
    import numpy
    import torch

    return {numpy.dtype(name): getattr(torch, name) for name in DTYPES if hasattr(torch, name)}
