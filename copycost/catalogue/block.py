"""Calls compiled into blocks: the statements that a round times, and nothing around them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Set
from functools import cache
from types import FunctionType
from typing import Any

from copycost.catalogue.cell import SHARED_DTYPES
from copycost.catalogue.conversions import SYNCHRONISE, USER, Conversion
from copycost.catalogue.device import synchroniser
from copycost.catalogue.inlining import Body, body_of

_MODULES = ("torch", "np")

#: Directions whose blocks hold calls and nothing beside them, such as waiting for a device.
_BARE = ("to_tensor", "to_array", "list_to_tensor")

#: The sources of a loop, by a name that no user's function has for its destination.
_SOURCES = "copycost_sources"


def call(conversion: Conversion) -> Callable[[Any], Any]:
    """Return a function that converts its one argument once and returns the result, into new memory where it has any.

    Raises:
        AttributeError: the installed library has no such function.
    """
    if conversion.function is not None and conversion.destination is not None:
        return _into_new(conversion.function, conversion.destination)
    if conversion.function is not None and not conversion.waits:
        return conversion.function
    return _compiled(conversion, 1, returning=True)


@cache
def block(conversion: Conversion, calls: int) -> Callable[..., None]:
    """Return a function whose body is the conversion's expression, ``calls`` times over.

    Each result is dropped before the next call. Functions of a module are bound to local names
    once, so that what is timed is the call and not the way to it. The body of a user's function stands in its place,
    where it can (see `inlining`). The block of a conversion with a destination has this as its second argument.

    Raises:
        AttributeError: the installed library has no such function.
        ValueError: ``calls`` is below 1.
    """
    if calls < 1:
        raise ValueError(f"a block has at least one call, not {calls}")
    return _compiled(conversion, calls, returning=False)


@cache
def loop(conversion: Conversion) -> Callable[..., None]:
    """Return a function that converts every source of a list once, dropping each result; see `block`."""
    return _compiled(conversion, 1, returning=False, looping=True)


def with_destination(function: Callable[..., Any], conversion: Conversion, given: Any) -> Callable[[Any], Any]:
    """Return a block or a loop as a function of one argument; the destination is made here, of what calls are given."""
    if conversion.destination is None:
        return function
    destination = conversion.destination(given)
    return lambda sources: function(sources, destination)


@cache
def empty_block() -> Callable[[Any], None]:
    """Return a block with nothing inside: calling it costs what calling a block costs."""
    return _function(("a",), {"torch_from_numpy": None}, ["pass"])


def _into_new(function: Callable[..., Any], destination: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda given: function(given, destination(given))


def _compiled(conversion: Conversion, calls: int, returning: bool, looping: bool = False) -> Callable[..., Any]:
    own_and_bare = conversion.family == USER and conversion.direction in _BARE
    if conversion.function is not None and own_and_bare and not returning:
        own = body_of(conversion.function, 1 if conversion.destination is None else 2)
        if own is not None:
            return _inlined(own, calls, looping)
    variable = conversion.variable
    beside = () if conversion.destination is None else ("destination",)
    before: list[str] = []
    if conversion.function is not None:
        names: dict[str, Any] = {"function": conversion.function}
        statement = f"function({', '.join((variable, *beside))})"
    else:
        hoist = _Hoist()
        first, *_ = ast.parse(conversion.expression).body  # what comes after it is waiting
        statement = ast.unparse(hoist.visit(first))
        names = {local: _resolve(dotted) for local, dotted in hoist.names.items()}
        if hoist.needs_dtype:
            # One look-up for the whole block: the dtype is a constant where a user types it.
            names["torch_dtypes"] = _torch_dtypes()
            before = [f"dtype = torch_dtypes[{variable}.dtype]"]
    waiting = []
    if conversion.waits:
        assert conversion.device is not None
        names["synchronize"], waiting = synchroniser(conversion.device), [SYNCHRONISE]
    if returning:
        return _function((variable,), names, [*before, f"result = {statement}", *waiting, "return result"])
    if looping:
        body = "; ".join([*before, statement])
        return _function(("sources", *beside), names, [f"for {variable} in sources: {body}"])
    return _function((variable, *beside), names, [*before, *[statement, *waiting] * calls])


def _inlined(body: Body, calls: int, looping: bool) -> Callable[..., Any]:
    """Return a block of a user's function's body, with its lines; what else it names is looked up where it does."""
    hoist = _Hoist(body.scope, body.bound)
    statements = body.dropping(hoist.visit)
    names = {local: _resolve(dotted) for local, dotted in hoist.names.items()}
    variable, *beside = body.parameters
    if looping:
        once = ast.For(ast.Name(variable, ast.Store()), ast.Name(_SOURCES, ast.Load()), statements, [])
        parameters = (_SOURCES, *beside)
        function = _compiled_function(parameters, names, [ast.copy_location(once, body.result)], body.file)
    else:
        function = _compiled_function(body.parameters, names, statements * calls, body.file)
    return FunctionType(function.__code__, body.scope, "block", function.__defaults__)


def _function(parameters: tuple[str, ...], names: dict[str, Any], body: list[str]) -> FunctionType:
    return _compiled_function(parameters, names, ast.parse("\n".join(body)).body, "<block>")


def _compiled_function(
    parameters: tuple[str, ...], names: dict[str, Any], body: list[ast.stmt], file: str
) -> FunctionType:
    # Default arguments are locals of the function: each use is the fastest kind of look-up.
    given = ", ".join([*parameters, *(f"{name}={name}" for name in names)])
    tree = ast.parse(f"def block({given}):\n    pass")
    (definition,) = tree.body
    assert isinstance(definition, ast.FunctionDef)
    definition.body = body
    namespace = dict(names)
    exec(compile(ast.fix_missing_locations(tree), file, "exec"), namespace)
    function: FunctionType = namespace["block"]
    return function


class _Hoist(ast.NodeTransformer):
    """Replaces ``torch.from_numpy`` and the like by local names, and remembers them."""

    def __init__(self, scope: Mapping[str, Any] | None = None, own: Set[str] = frozenset()) -> None:
        """Take the modules' names from a function's globals, but not those that are the function's ``own``."""
        self.names: dict[str, str] = {}
        self.needs_dtype = False
        self._modules = dict(zip(_MODULES, _MODULES, strict=True)) if scope is None else _modules(scope, own)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        root, *attributes = ast.unparse(node).split(".")
        parts = [self._modules.get(root, ""), *attributes]
        if isinstance(node.ctx, ast.Load) and all(part.isidentifier() for part in parts):
            local, self.names["_".join(parts)] = "_".join(parts), ".".join(parts)
            return ast.copy_location(ast.Name(local, ast.Load()), node)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        self.needs_dtype = self.needs_dtype or node.id == "dtype"
        return node


def _modules(scope: Mapping[str, Any], own: Set[str]) -> dict[str, str]:
    """Return under which names a function's globals have the modules."""
    known = {id(_resolve(name)): name for name in _MODULES}
    return {name: known[id(value)] for name, value in scope.items() if id(value) in known and name not in own}


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

    return {numpy.dtype(name): getattr(torch, name) for name in SHARED_DTYPES if hasattr(torch, name)}
