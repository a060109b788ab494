"""One JSON file from disk, read or refused in one line, in bounded memory."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from copycost.errors import UsageError
from copycost.regular import open_regular

LARGEST_BYTES = 512 * 1024**2
MOST_VALUES = 16 * 1024**2
MOST_OBJECTS = 2 * 1024**2
DEEPEST = 100
_DEEPEST_FAST = 90
"""Levels of objects for the fast way; whatever is nested more deeply is left to the standard library."""
_TOO_DEEP = f"nested too deeply, more than {DEEPEST} levels"
_CONTAINERS = {dict, list}
_HALF = re.compile("[\ud800-\udfff]")
_CHUNK = 2**18
_BEFORE_A_KEYS_COLON = np.frombuffer(b'" \t\r\n', dtype=np.uint8)
_BEFORE_A_LIST_IN_A_LIST = np.frombuffer(b", [\t\r\n", dtype=np.uint8)
_Signs = NDArray[np.uint8]

_LOADS: Callable[[str], object] | None
try:
    from orjson import loads as _LOADS
except ImportError:
    _LOADS = None


class Damaged(UsageError):
    """A file is empty, cut short or no JSON: what a writer that was stopped, or a disk that failed, leaves."""


class MoreAfter(Damaged):
    """A file goes on after the end of its JSON document, as JSON Lines do."""


def read_json(path: Path) -> object:
    """Return the content of a JSON file; NaN and Infinity, which JSON has not, are read as null.

    Half of a surrogate pair, which is no text, is read as U+FFFD.

    Raises:
        UsageError: the file cannot be read, is larger than ``read_text`` reads, or needs too much memory.
        Damaged: the file is not JSON; a key repeated within an object counts as not JSON, because one of
            the two values would silently be lost.
    """
    return parse_text_of(path, read_text(path))


def read_text(path: Path) -> str:
    """Return the text of a file that is to be JSON.

    What Python makes of a small text can be forty times as large, so not only bytes are bounded:
    with 16 million values and 2 million lists and objects at most, the content takes less than
    2 GiB beside the text.

    Raises:
        UsageError: the file cannot be read, is larger than 512 MiB, or holds more values, lists and
            objects than these.
        Damaged: the file is empty or not UTF-8.
    """
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            # A file may grow while it is read, and a pipe has no size.
            data = file.read(LARGEST_BYTES + 1) if size <= LARGEST_BYTES else b""
        size = max(size, len(data))
        text = data.decode("utf-8-sig") if size <= LARGEST_BYTES else ""
        del data
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise Damaged(f"{path}: not JSON (not UTF-8 text)") from error
    except MemoryError as error:
        raise _too_much(path) from error
    if size > LARGEST_BYTES:
        raise UsageError(f"{path}: larger than the {LARGEST_BYTES // 1024**2} MiB that are read")
    if not text or text.isspace():
        raise Damaged(f"{path}: empty file")
    # A text that is short enough cannot have so many.
    if len(text) > MOST_VALUES and text.count(",") > MOST_VALUES:
        raise UsageError(f"{path}: more than the {MOST_VALUES // 1024**2} Mi values that are read")
    if len(text) > MOST_OBJECTS and text.count("[") + text.count("{") > MOST_OBJECTS:
        raise UsageError(f"{path}: more than the {MOST_OBJECTS // 1024**2} Mi lists and objects that are read")
    return text


def parse_text_of(path: Path, text: str, line: int | None = None) -> object:
    """Return the content of a file's text, or of its line of that number, as ``read_json`` does.

    Raises:
        UsageError: as there.
        MoreAfter: the text goes on after the end of a JSON document.
    """
    try:
        return parse(text)
    except json.JSONDecodeError as error:
        where = f"({error.msg}, line {error.lineno if line is None else line})"
        if error.msg == "Extra data":
            raise MoreAfter(f"{path}: not JSON {where}") from error
        # An error at the very end is what a write that was cut short looks like.
        cut_short = error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated string")
        raise Damaged(f"{path}: {'truncated' if cut_short else 'not JSON'} {where}") from error
    except ValueError as error:
        raise Damaged(f"{path}: not JSON ({error}{'' if line is None else f', line {line}'})") from error
    except MemoryError as error:
        raise _too_much(path) from error


def parse(text: str) -> object:
    """Return the content of a JSON text.

    Raises:
        ValueError: the text is not JSON; json.JSONDecodeError where a place can be named.
        MemoryError: the content does not fit into memory.
    """
    fast = parse_fast(text)
    if fast is not None:
        return fast
    try:
        content: object = json.loads(text, parse_constant=_unknown, object_pairs_hook=_object_without_repeats)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        if "integer string conversion" in str(error):
            raise ValueError("a whole number of thousands of digits") from error
        raise
    if _is_deep(content):
        raise ValueError(_TOO_DEEP)
    # Only an escape makes half a pair: UTF-8 has none.
    return _whole_texts(content) if "\\ud" in text or "\\uD" in text else content


def _too_much(path: Path) -> UsageError:
    return UsageError(f"{path}: needs more memory than there is")


def _is_deep(content: object) -> bool:
    """Return whether lists and objects are nested so deeply that comparing or writing them would fail."""
    level = [content]
    for _ in range(DEEPEST):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if type(child) in _CONTAINERS
        ]
        if not level:
            return False
    return True


def _unknown(_name: str) -> None:
    return None


def _object_without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {key[:40]!r} is repeated")
            seen.add(key)
    return content


def _whole_texts(content: object) -> object:
    if isinstance(content, str):
        return _HALF.sub("\N{REPLACEMENT CHARACTER}", content)
    if isinstance(content, dict):
        pairs = [(str(_whole_texts(key)), _whole_texts(value)) for key, value in content.items()]
        return _object_without_repeats(pairs)
    if isinstance(content, list):
        return [_whole_texts(value) for value in content]
    return content


def parse_fast(text: str) -> dict[str, object] | None:
    """Return the object that a JSON text holds, in half the time, or None where the standard library has to decide.

    The standard library has to where orjson is not installed or refuses the text (NaN, numbers beyond the floats,
    halves of surrogate pairs, no JSON at all), where the text is not an object or has lists within lists, and
    where a key may be repeated: orjson would keep the last silently.
    """
    if _LOADS is None:
        return None
    try:
        signs = np.frombuffer(text.encode(errors="replace"), dtype=np.uint8)
        if _may_have_lists_in_lists(signs):
            return None
        content = _LOADS(text)
        if isinstance(content, dict) and _most_keys(signs) == _keys(content, _DEEPEST_FAST):
            return content
    except (ValueError, RecursionError, MemoryError):
        return None
    return None


def _most_keys(signs: _Signs) -> int:
    """Return how many keys the objects of a JSON text have at most: each ends in a quote and a colon.

    More are found where a text within holds such a pair, never fewer. Where the number is that of the keys that a
    parser kept, none was repeated: a tenth of the cost of looking at every pair.
    """
    return sum(int(np.isin(signs[colons - 1], _BEFORE_A_KEYS_COLON).sum()) for colons in _places(signs, ":"))


def _may_have_lists_in_lists(signs: _Signs) -> bool:
    for lists in _places(signs, "["):
        within = np.isin(signs[lists - 1], _BEFORE_A_LIST_IN_A_LIST)
        of_a_key = (signs[lists - 1] == ord(" ")) & (signs[lists - 2] == ord(":"))
        if (within & ~of_a_key).any():
            return True
    return False


def _places(signs: _Signs, sign: str) -> Iterator[NDArray[np.int64]]:
    """Return where a sign stands, a part of the text at a time: eight bytes for each may be eight times the text."""
    for start in range(0, len(signs), _CHUNK):
        yield start + np.flatnonzero(signs[start : start + _CHUNK] == ord(sign))


def _keys(content: dict[str, object], deepest: int) -> int:
    """Return how many keys an object and those within it have; those in a list of mixed values may be left out."""
    level: list[dict[str, object]] = [content]
    count = 0
    for _ in range(deepest):
        count += sum(map(len, level))
        values = list(chain.from_iterable(map(dict.values, level)))
        level = [value for value in values if type(value) is dict]
        for value in values:
            if type(value) is list and value and type(value[0]) is dict:
                level += [item for item in value if type(item) is dict]
        if not level:
            return count
    raise RecursionError
