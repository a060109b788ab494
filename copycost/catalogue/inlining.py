"""The body of a user's function, to be timed in a block like a built-in expression: without a call around it.

A call of a Python function costs tens of nanoseconds, which a built-in conversion does not pay. A body that runs from
its first statement to its one return is put into the block in the function's place; any other function is called.
"""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

#: What holds a result until the function's own variables are gone, as it does where the function is called.
_RESULT = "copycost_result"

_SIMPLE = (ast.Assign, ast.AnnAssign, ast.Expr, ast.Import, ast.ImportFrom)
_NOT_INLINED = (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr, ast.Starred)


@dataclass(frozen=True)
class Body:
    """What a function does to its arguments ``parameters``: statements, then an expression for its result.

    ``variables`` are those that the statements make, ``bound`` all names that are not the function's globals; those are
    looked up in ``scope``. ``file`` is where the function stands.
    """

    parameters: tuple[str, ...]
    statements: tuple[ast.stmt, ...]
    result: ast.expr
    variables: tuple[str, ...]
    bound: frozenset[str]
    scope: dict[str, Any]
    file: str

    def dropping(self, changed: Callable[[ast.AST], Any]) -> list[ast.stmt]:
        """Return statements that do the same and drop the result, each node ``changed``; they keep their lines."""
        statements = [changed(copy.deepcopy(statement)) for statement in self.statements]
        result = changed(copy.deepcopy(self.result))
        if not self.variables:
            return [*statements, ast.copy_location(ast.Expr(result), self.result)]
        # A caller drops the result after the function's own variables are gone.
        kept = ast.Assign([ast.Name(_RESULT, ast.Store())], result)
        gone = [ast.Delete([ast.Name(name, ast.Del())]) for name in (*self.variables, _RESULT)]
        return [*statements, *(ast.copy_location(node, self.result) for node in (kept, *gone))]


def body_of(function: Callable[..., Any], arguments: int = 1) -> Body | None:
    """Return the body of a function of so many arguments, or None where calling it is the only way to run it truly.

    That is where its source is not known, where it has branches, loops or variables from around it, and where it gives
    a parameter another value, which the next repetition would be given.
    """
    if not isinstance(function, FunctionType) or hasattr(function, "__wrapped__"):
        return None
    code = function.__code__
    plain = (
        code.co_argcount == arguments
        and not code.co_kwonlyargcount
        and not function.__defaults__
        and not code.co_freevars
    )
    if not plain or code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
        return None
    definition = _definition(function)
    if definition is None:
        return None
    *statements, last = definition.body
    if statements and isinstance(statements[0], ast.Expr) and isinstance(statements[0].value, ast.Constant):
        del statements[0]  # the docstring
    made = _made(statements)
    parameters = code.co_varnames[:arguments]
    if not isinstance(last, ast.Return) or last.value is None or made is None or {*parameters} & {*made}:
        return None
    nodes = [node for statement in definition.body for node in ast.walk(statement)]
    if any(isinstance(node, _NOT_INLINED) for node in nodes):
        return None
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)} | {*parameters, *made}
    scope, file = function.__globals__, code.co_filename
    return Body(parameters, tuple(statements), last.value, tuple(made), frozenset(bound), scope, file)


def _definition(function: FunctionType) -> ast.FunctionDef | None:
    """Return the definition in a function's file, if that is what the function was compiled from."""
    line = function.__code__.co_firstlineno
    try:
        text = "".join(inspect.findsource(function)[0])
        tree = ast.parse(text)
        compiled = compile(text, "<definition>", "exec", dont_inherit=True)
    except (OSError, TypeError, SyntaxError, ValueError, IndexError):
        return None
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and line == min([node.lineno, *(part.lineno for part in node.decorator_list)])
    ]
    same = any(
        _content(code) == _content(function.__code__) for code in _inner(compiled) if code.co_firstlineno == line
    )
    return found[0] if len(found) == 1 and same else None


def _inner(code: CodeType) -> list[CodeType]:
    own = [const for const in code.co_consts if isinstance(const, CodeType)]
    return own + [inner for const in own for inner in _inner(const)]


def _content(code: CodeType) -> tuple[Any, ...]:
    inner = tuple(_content(const) if isinstance(const, CodeType) else repr(const) for const in code.co_consts)
    return code.co_name, code.co_code, code.co_names, code.co_varnames, inner


def _made(statements: list[ast.stmt]) -> list[str] | None:
    """Return the variables that simple statements make; None where there are others, or other targets."""
    made: list[str] = []
    for statement in statements:
        if not isinstance(statement, _SIMPLE):
            return None
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            made += [alias.asname or alias.name.partition(".")[0] for alias in statement.names]
        elif isinstance(statement, ast.AnnAssign):
            if statement.value is None or not isinstance(statement.target, ast.Name):
                return None
            made.append(statement.target.id)
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                if not all(isinstance(name, (ast.Name, ast.Subscript, ast.Attribute)) for name in names):
                    return None
                made += [name.id for name in names if isinstance(name, ast.Name)]
    return list(dict.fromkeys(made))
