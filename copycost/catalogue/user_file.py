"""A user's own conversions: the decorator that marks them and the loading of the file."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, List, Optional, TypeVar

from copycost.catalogue.conversions import CORE, DIRECTIONS, DOCUMENTED, EXTENDED, Conversion
from copycost.errors import UsageError, nearest

Function = TypeVar("Function", bound=Callable[[Any], Any])

_MODULE = "copycost_user_conversions"

# Set only while a file is being loaded, so that nothing outlives one load.
_collected: Optional[List[Conversion]] = None


def conversion(
    name: str,
    direction: str = "to_tensor",
    documented: str = "may copy",
    expression: Optional[str] = None,
    casts_to: Optional[str] = None,
) -> Callable[[Function], Function]:
    """Mark a function of one argument as a conversion to be measured.

    The function is given an array ("to_tensor"), a tensor ("to_array") or a list of arrays
    ("list_to_tensor") and returns the converted value. ``casts_to`` names the dtype of the result
    where it is meant to differ from the source's. Outside a file given with ``--conversions`` the
    decorator does nothing.

    Raises:
        UsageError: a value that is not valid, or a name that is taken.
    """

    def mark(function: Function) -> Function:
        if _collected is None:
            return function
        _check(name, direction, documented, function)
        marked = Conversion(name, direction, expression or "", documented, "user", function, casts_to)
        if expression is None:
            typed = f"{getattr(function, '__name__', 'function')}({marked.variable})"
            marked = replace(marked, expression=typed)
        _collected.append(marked)
        return function

    return mark


def load(path: Path) -> List[Conversion]:
    """Return the conversions that a user's Python file defines, in the file's order.

    Raises:
        UsageError: the file is missing, fails when it is run, or defines no conversion, or one of
            its conversions is not valid; one line, with the file's name.
    """
    global _collected
    from importlib.util import module_from_spec, spec_from_loader
    from types import ModuleType

    path = Path(path)
    try:
        source = path.read_bytes()
    except OSError as error:
        raise UsageError(f"conversions file {str(path)!r}: {error.strerror}") from error

    spec = spec_from_loader(_MODULE, loader=None, origin=str(path))
    module: ModuleType = module_from_spec(spec) if spec else ModuleType(_MODULE)
    module.__file__ = str(path)
    # The module has to be importable while it runs: dataclasses look their module up by name.
    sys.modules[_MODULE] = module
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    outer, _collected = _collected, []
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
        found = _collected
    except UsageError as error:
        raise UsageError(f"conversions file {str(path)!r}: {error}") from error
    except (Exception, SystemExit) as error:
        raise UsageError(f"conversions file {str(path)!r}{_where(error, path)}") from error
    finally:
        _collected = outer
        if folder in sys.path:
            sys.path.remove(folder)
    if not found:
        raise UsageError(
            f"conversions file {str(path)!r} defines no conversion: "
            "decorate a function with @conversion(name) from copycost"
        )
    return found


def _check(name: str, direction: str, documented: str, function: object) -> None:
    if not isinstance(name, str) or not re.fullmatch(r"[\w.+-]+", name):
        raise UsageError(f"conversion name {name!r} is not made of letters, digits and . _ + -")
    taken = {known.name for known in (*CORE, *EXTENDED, *(_collected or ()))}
    if name in taken:
        raise UsageError(f"conversion {name!r} exists already: give yours another name")
    for what, value, valid in (
        ("direction", direction, DIRECTIONS),
        ("documented", documented, DOCUMENTED),
    ):
        if value not in valid:
            raise UsageError(f"unknown {what} {value!r} of conversion {name!r}: {nearest(str(value), [*valid])}")
    if not _takes_one_argument(function):
        raise UsageError(f"conversion {name!r} is not a function of one argument")


def _takes_one_argument(function: object) -> bool:
    import inspect

    if not callable(function):
        return False
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        return False
    except ValueError:  # some built-in functions have no signature to ask
        return True
    return True


def _where(error: BaseException, path: Path) -> str:
    """Return the line in the user's file and the error, on one line."""
    import traceback

    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    if isinstance(error, SyntaxError):
        lines = [error.lineno]
        message = error.msg
    else:
        message = " ".join(str(error).split())
    place = f", line {lines[-1]}" if lines and lines[-1] else ""
    return f"{place}: {type(error).__name__}: {message}"
