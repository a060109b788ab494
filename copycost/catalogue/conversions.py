"""The conversions: each way to turn an array into a tensor or back, built in or from a user's file."""

from __future__ import annotations

import inspect
import re
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any, TypeVar

from copycost.catalogue.sandbox import Ended, sandboxed
from copycost.errors import UsageError, nearest, told
from copycost.regular import bytes_of

Function = TypeVar("Function", bound=Callable[..., Any])

#: How a result is checked; see `Conversion`.
Check = bool | Callable[[Any, Any], Any]

#: How the direction of a call ends that is timed until its data is there, and what such an expression ends with.
THERE, SYNCHRONISE = "_there", "synchronize()"

DIRECTIONS = ("to_tensor", "to_array", "list_to_tensor", "to_device", "from_device")
DOCUMENTED = ("shares", "copies", "may copy")
FAMILIES = ("core", "all")

#: The family of conversions from a user's file.
USER = "user"

_VARIABLES = {"to_tensor": "a", "to_array": "t", "list_to_tensor": "arrays", "to_device": "a", "from_device": "t"}

#: The source in an expression whose source is in pinned memory.
PINNED = "pinned"

#: A Python number and the pointer to it in a list, rounded up.
LIST_ITEM_BYTES = 40


@dataclass(frozen=True)
class Conversion:
    """One way to convert, as a user would type it.

    The variable in ``expression`` is ``a`` for an array, ``t`` for a tensor and ``arrays`` for a
    list of arrays; ``torch`` and ``np`` are the modules, and ``dtype`` is the tensor dtype of the
    source where the call has to be told it. ``documented`` is what the library's own documentation
    says about sharing ("may copy" where it says nothing); whether a result really shares memory is
    found by ``evidence.examine``. ``function`` is set for a user's own conversions only.
    ``check`` says how a result is checked: True by comparing it with its source, False not at all, else by a function
    of source and result that returns whether the result is right.
    ``casts_to`` names the dtype of the result where it is documented to differ from the source's;
    ``result_item_bytes`` is what an element of the result takes where that is no dtype's size.
    ``device`` names the device that a conversion goes to or comes from; one ``to_device`` whose variable is ``pinned``
    has a tensor in pinned memory as its source. Before each call of one ``afresh``, the cache of pinned memory is
    emptied.
    ``setup`` makes what each call is given of the source, untimed; ``destination`` makes, of what the conversion is
    given, memory that all its calls are given as their second argument.
    """

    name: str
    direction: str
    expression: str
    documented: str
    family: str
    function: Callable[..., Any] | None = None
    casts_to: str | None = None
    result_item_bytes: int | None = None
    check: Check = True
    device: str | None = None
    afresh: bool = False
    setup: Callable[[Any], Any] | None = None
    destination: Callable[[Any], Any] | None = None

    def given(self, source: Any) -> Any:
        """Return what one call is given: the source, or what the set-up makes of it.

        Raises:
            CannotConvert: the set-up returned nothing.
        """
        if self.setup is None:
            return source
        made = self.setup(source)
        if made is None:
            raise CannotConvert(f"setup of {self.name} returned None, not what is to be converted")
        return made

    @property
    def variable(self) -> str:
        """The name of the source in the expression."""
        if self.function is None and self.expression.startswith(f"{PINNED}."):
            return PINNED
        return _VARIABLES[self.direction.removesuffix(THERE)]

    @property
    def waits(self) -> bool:
        """Whether it is timed until the data is there."""
        return self.direction.endswith(THERE)


CORE: tuple[Conversion, ...] = (
    Conversion("torch.from_numpy", "to_tensor", "torch.from_numpy(a)", "shares", "core"),
    Conversion("torch.tensor", "to_tensor", "torch.tensor(a)", "copies", "core"),
    Conversion("torch.Tensor", "to_tensor", "torch.Tensor(a)", "may copy", "core", casts_to="float32"),
    Conversion("t.numpy", "to_array", "t.numpy()", "shares", "core"),
    Conversion("t.clone.numpy", "to_array", "t.clone().numpy()", "copies", "core"),
)

EXTENDED: tuple[Conversion, ...] = (
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
    Conversion("torch.FloatTensor", "to_tensor", "torch.FloatTensor(a)", "may copy", "extended", casts_to="float32"),
    Conversion("t.detach.numpy", "to_array", "t.detach().numpy()", "shares", "extended"),
    Conversion("t.numpy.force", "to_array", "t.numpy(force=True)", "may copy", "extended"),
    Conversion("np.asarray", "to_array", "np.asarray(t)", "may copy", "extended"),
    Conversion("np.array", "to_array", "np.array(t)", "copies", "extended"),
    Conversion("np.from_dlpack", "to_array", "np.from_dlpack(t)", "shares", "extended"),
    Conversion("t.detach.clone.numpy", "to_array", "t.detach().clone().numpy()", "copies", "extended"),
    Conversion("t.tolist", "to_array", "t.tolist()", "copies", "extended", result_item_bytes=LIST_ITEM_BYTES),
    Conversion("torch.tensor.list", "list_to_tensor", "torch.tensor(arrays)", "copies", "extended"),
    Conversion("torch.from_numpy.stack", "list_to_tensor", "torch.from_numpy(np.stack(arrays))", "copies", "extended"),
    Conversion(
        "torch.stack", "list_to_tensor", "torch.stack([torch.from_numpy(x) for x in arrays])", "copies", "extended"
    ),
)


CONVERSIONS: dict[str, Conversion] = {conversion.name: conversion for conversion in (*CORE, *EXTENDED)}


class CannotConvert(Exception):
    """This pair of conversion and source does not work; the message is one line."""


class WrongResult(Exception):
    """A conversion returned other values than its source's, or changed the source."""


def select_conversions(
    names: Sequence[str] | None = None,
    family: str = "core",
    user_file: Path | None = None,
    of_device: Sequence[Conversion] = (),
    apart: bool = False,
) -> list[Conversion]:
    """Return the conversions asked for by name, or a whole family when no name is given.

    A name may be one of several with commas between them, an expression such as ``torch.from_numpy(a)``, or how one
    ends (``from_numpy``), where no other ends so. A family is "core" or "all"; a user's own conversions belong to both.
    ``apart`` loads the user's file in another process, see ``describe_user_file``.
    With conversions ``of_device`` these are the family, and the others are measured where they are named.

    Raises:
        UsageError: an unknown name or family, or a user's file that cannot be used.
    """
    if family not in FAMILIES:
        raise UsageError(f"unknown family {family!r}: {nearest(family, list(FAMILIES))}")
    load = describe_user_file if apart else load_user_file
    device = of_device[0].device if of_device else None
    own = [] if user_file is None else load(user_file)
    users = [figure for conversion in own for figure in _figures(conversion, device)]
    if names is None and of_device:
        return [*of_device, *users]
    if names is None:
        return [*CORE, *(EXTENDED if family == "all" else ()), *users]
    known = CONVERSIONS | {conversion.name: conversion for conversion in (*of_device, *users)}
    words = [word for text in names for word in conversion_words(text)]
    return [known[name] for name in dict.fromkeys(_find(word, known) for word in words)]


def until_there(conversion: Conversion) -> Conversion:
    """Return a conversion to or from a device, timed until its data is there."""
    call, comment, text = conversion.expression.partition("  # ")
    return replace(
        conversion,
        name=f"{conversion.name}+sync",
        direction=conversion.direction + THERE,
        expression=f"{call}; {SYNCHRONISE}{comment}{text}",
    )


def _figures(conversion: Conversion, device: str | None) -> list[Conversion]:
    """Return what is measured of a user's conversion: of one to or from a device both figures.

    Raises:
        UsageError: it needs a device, and none is given.
    """
    if "_device" not in conversion.direction:
        return [conversion]
    if device is None:
        raise UsageError(f"conversion {conversion.name!r} is {conversion.direction}: give run --device, such as cuda")
    returning = replace(conversion, device=device)
    return [returning, until_there(returning)]


def conversion_words(text: str) -> list[str]:
    """Return the words of a list such as ``from_numpy,torch.tensor(a, dtype=torch.float32)``."""
    parts = re.split(r",(?![^(\[]*[)\]])", text)  # not within brackets
    return [part.strip() for part in parts]


def _find(word: str, known: Mapping[str, Conversion]) -> str:
    """Return the name of the conversion that a word stands for: its name, its expression, or how one of them ends.

    Of ``t.numpy`` and ``t.clone.numpy`` the first is ``numpy``: the shorter one wins.

    Raises:
        UsageError: it stands for none, or for several that are as long.
    """
    if word in known:
        return word
    for name, conversion in known.items():
        if re.sub(r"\s", "", word) == re.sub(r"\s", "", conversion.expression):
            return name
    spelt = _spelling(word)
    for spellings in (
        {name: name for name in known},
        {name: _spelling(conversion.expression) for name, conversion in known.items()},
    ):
        ending = {name: full for name, full in spellings.items() if spelt and f".{full}".endswith(f".{spelt}")}
        parts = {name: full.count(".") for name, full in ending.items()}
        shortest = [name for name, count in parts.items() if count == min(parts.values())]
        if len(shortest) == 1:
            return shortest[0]
        if shortest:
            raise UsageError(f"conversion {word!r} may be {' or '.join(shortest)}: give one of them")
    raise UsageError(f"unknown conversion {word!r}: {nearest(spelt or word, list(known))}")


def _spelling(expression: str) -> str:
    """Return an expression without blanks, and without brackets that hold its source or nothing."""
    bare = re.sub(r"\s", "", expression)
    return re.sub(r"\((?:a|t|x|arrays|array|tensor)?\)", "", bare)


_USER_MODULE = "copycost_user_conversions"

# A list only while a user's file is being loaded, so that no conversion outlives one load.
_collected: list[Conversion] | None = None


def conversion(
    name: str,
    direction: str = "to_tensor",
    documented: str = "may copy",
    expression: str | None = None,
    casts_to: str | None = None,
    check: Check = True,
    setup: Callable[[Any], Any] | None = None,
    destination: Callable[[Any], Any] | None = None,
) -> Callable[[Function], Function]:
    """Mark a function of one argument as a conversion to be measured.

    The function is given an array ("to_tensor"), a tensor ("to_array") or a list of arrays
    ("list_to_tensor") and returns the converted value. ``casts_to`` names the dtype of the result
    where it is meant to differ from the source's. By default a result must have its source's values, shape and dtype.
    Where it is meant to have others, ``check`` is a function of source and result that returns whether the result is
    right, or False, and the conversion is marked ``[unchecked]``.

    A conversion that consumes or changes what it is given has a ``setup``: a function of the source that returns what
    one call is given, such as a copy. It is called before every call, outside the timing, and the conversion is marked
    ``[set up]``. One that writes into memory which is kept has a ``destination``: a function of what the conversion is
    given that returns this memory. It is called once for each cell and process, and the conversion is then a function
    of two arguments. Outside a file given with ``--conversions`` the decorator does nothing.

    Raises:
        UsageError: a value that is not valid, or a name that is taken.
    """

    def mark(function: Function) -> Function:
        if _collected is not None:
            _check(name, direction, documented)
            if not _takes(function, 1 if destination is None else 2):
                arguments = "one argument" if destination is None else "two arguments, source and destination"
                raise UsageError(f"conversion {name!r} is not a function of {arguments}")
            if not isinstance(check, bool) and not _takes(check, 2):
                raise UsageError(
                    f"check {check!r} of conversion {name!r} is not False or a function of source and result"
                )
            for word, own in (("setup", setup), ("destination", destination)):
                if own is not None and not _takes(own, 1):
                    raise UsageError(f"{word} {own!r} of conversion {name!r} is not a function of one argument")
                if own is not None and "_device" in direction:
                    raise UsageError(f"conversion {name!r} is {direction}: {word}= is for calls without a device")
            arguments = _VARIABLES[direction] + (", destination" if destination is not None else "")
            typed = expression or f"{getattr(function, '__name__', 'function')}({arguments})"
            marks = [mark for mark, is_so in (("set up", setup is not None), ("unchecked", check is False)) if is_so]
            typed += f" [{', '.join(marks)}]" if marks else ""
            _collected.append(
                Conversion(
                    name,
                    direction,
                    typed,
                    documented,
                    USER,
                    function,
                    casts_to,
                    check=check,
                    setup=setup,
                    destination=destination,
                )
            )
        return function

    return mark


def load_user_file(path: Path) -> list[Conversion]:
    """Return the conversions that a user's Python file defines, in the file's order.

    Raises:
        UsageError: the file is missing, fails when it is run, or defines no conversion, or one of
            its conversions is not valid; one line, with the file's name.
    """
    global _collected
    path = Path(path)
    try:
        code = bytes_of(path)
    except OSError as error:
        raise UsageError(f"conversions file {str(path)!r}: {error.strerror}") from error

    module = module_from_spec(ModuleSpec(_USER_MODULE, None, origin=str(path)))
    module.__file__ = str(path)
    # The module has to be importable while it runs: dataclasses look their module up by name.
    sys.modules[_USER_MODULE] = module
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    outer, _collected = _collected, []
    try:
        exec(compile(code, str(path), "exec"), module.__dict__)
        collected = _collected
    except UsageError as error:
        raise UsageError(f"conversions file {str(path)!r}: {error}") from error
    except (Exception, SystemExit, GeneratorExit) as error:
        raise UsageError(f"conversions file {str(path)!r}{_where(error, path)}") from error
    finally:
        _collected = outer
        if folder in sys.path:
            sys.path.remove(folder)
    if not collected:
        raise UsageError(
            f"conversions file {str(path)!r} defines no conversion: "
            "decorate a function with @conversion(name) from copycost"
        )
    return collected


def describe_user_file(path: Path) -> list[Conversion]:
    """Return the conversions that a user's Python file defines, without their functions.

    The file is run in a process of its own: whatever it imports, starts or ends while it loads is not this process's.

    Raises:
        UsageError: as from `load_user_file`, or the file ends its process.
    """
    (told_of,) = sandboxed(_described, [path])
    if isinstance(told_of, Ended):
        raise UsageError(f"conversions file {str(path)!r}: while it is loaded, {told_of}")
    if "refused" in told_of:
        raise UsageError(told_of["refused"])
    return [Conversion(**fields) for fields in told_of["conversions"]]


def _described(path: Path) -> dict[str, Any]:
    try:
        found = load_user_file(path)
    except UsageError as error:
        return {"refused": str(error)}
    except KeyboardInterrupt as error:  # Ctrl-C has reached the process that waits, too
        return {"refused": f"conversions file {str(path)!r}{_where(error, path)}"}
    return {"conversions": [_plain(conversion) for conversion in found]}


def _plain(conversion: Conversion) -> dict[str, Any]:
    check = conversion.check if isinstance(conversion.check, bool) else True  # a function stays where it is called
    return asdict(replace(conversion, function=None, check=check, setup=None, destination=None))


def _check(name: str, direction: str, documented: str) -> None:
    if not isinstance(name, str) or not re.fullmatch(r"[\w.+-]+", name):
        raise UsageError(f"conversion name {name!r} is not made of letters, digits and . _ + -")
    if name in {*CONVERSIONS, *(known.name for known in _collected or ())}:
        raise UsageError(f"conversion {name!r} exists already: give yours another name")
    for field, value, valid in (("direction", direction, DIRECTIONS), ("documented", documented, DOCUMENTED)):
        if value not in valid:
            raise UsageError(f"unknown {field} {value!r} of conversion {name!r}: {nearest(str(value), [*valid])}")


def _takes(function: object, arguments: int) -> bool:
    if not callable(function):
        return False
    try:
        inspect.signature(function).bind(*[None] * arguments)
    except TypeError:
        return False
    except ValueError:  # some built-in functions have no signature to ask
        return True
    return True


def _where(error: BaseException, path: Path) -> str:
    """Return the line in the user's file and the error, on one line."""
    message = told(error)
    if isinstance(error, SyntaxError):
        line, message = error.lineno, f"{type(error).__name__}: {error.msg}"
    else:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((frame.lineno for frame in reversed(frames) if frame.filename == str(path)), None)
    return f"{f', line {line}' if line else ''}: {message}"
