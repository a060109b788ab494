"""One JSON file from disk, read or refused in one line, in bounded memory."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from copycost.errors import UsageError
from copycost.store.fast_json import parse_fast

LARGEST_BYTES = 512 * 1024**2
MOST_VALUES = 16 * 1024**2
MOST_OBJECTS = 2 * 1024**2
DEEPEST = 100
MORE_AFTER = "Extra data"
_TOO_DEEP = f"nested too deeply, more than {DEEPEST} levels"
_CONTAINERS = {dict, list}
_HALF = re.compile("[\ud800-\udfff]")


class Damaged(UsageError):
    """A file is empty, cut short or no JSON: what a writer that was stopped, or a disk that failed, leaves."""


def read_json(path: Path) -> object:
    """Return the content of a JSON file; NaN and Infinity, which JSON has not, are read as null.

    Half of a surrogate pair, which is no text, is read as U+FFFD.

    Raises:
        UsageError: the file cannot be read, is larger than ``read_text`` reads, or needs too much memory.
        Damaged: it is not JSON; a key repeated within an object counts as not JSON, because one of
            the two values would silently be lost.
    """
    text = read_text(path)
    try:
        return parse(text)
    except json.JSONDecodeError as error:
        raise refusal(path, error, text) from error
    except ValueError as error:
        raise Damaged(f"{path}: not JSON ({error})") from error
    except MemoryError as error:
        raise too_much(path) from error


def read_text(path: Path) -> str:
    """Return the text of a file that is to be JSON.

    What Python makes of a small text can be forty times as large, so not only bytes are bounded:
    with 16 million values and 2 million lists and objects at most, the content takes less than
    2 GiB beside the text.

    Raises:
        UsageError: the file cannot be read, is larger than 512 MiB, or holds more values, lists and
            objects than these.
        Damaged: it is empty or not UTF-8.
    """
    try:
        with open(path, "rb") as file:
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
        raise too_much(path) from error
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


def parse(text: str) -> object:
    """Return the content of a JSON text.

    Raises:
        ValueError: it is not JSON; json.JSONDecodeError where a place can be named.
        MemoryError: its content does not fit into memory.
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


def too_much(path: Path) -> UsageError:
    """Return the error that says that a file's content does not fit into memory."""
    return UsageError(f"{path}: needs more memory than there is")


def refusal(path: Path, error: json.JSONDecodeError, text: str, line: int = 0) -> Damaged:
    """Return the error that says where a text is not JSON; ``line`` is added to the line's number."""
    # An error at the very end is what a write that was cut short looks like and has nothing after its end.
    at_the_end = error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated string")
    cut_short = at_the_end and error.msg != MORE_AFTER
    return Damaged(f"{path}: {'truncated' if cut_short else 'not JSON'} ({error.msg}, line {error.lineno + line})")


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
        return _object_without_repeats([(str(_whole_texts(key)), _whole_texts(own)) for key, own in content.items()])
    if isinstance(content, list):
        return [_whole_texts(own) for own in content]
    return content
