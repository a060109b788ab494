"""One JSON file from disk, read or refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

from copycost.errors import UsageError

LARGEST_BYTES = 512 * 1024**2


def read_json(path: Path) -> object:
    """Return the content of a JSON file; NaN and Infinity, which JSON has not, are read as null.

    Raises:
        UsageError: the file cannot be read, is larger than 512 MiB, or is not JSON; a key repeated
            within an object counts as not JSON, because one of the two values would silently be
            lost.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise UsageError(f"{path}: {size} bytes, more than the {LARGEST_BYTES} that are read")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not JSON (not UTF-8 text)") from error
    if not text.strip():
        raise UsageError(f"{path}: empty file")
    try:
        content: object = json.loads(text, parse_constant=_unknown, object_pairs_hook=_object_without_repeats)
    except RecursionError as error:
        raise UsageError(f"{path}: not a results file (nested too deeply)") from error
    except json.JSONDecodeError as error:
        # An error at the very end is what a write that was cut short looks like.
        reason = "truncated" if error.pos >= len(text.rstrip()) - 1 else "not JSON"
        raise UsageError(f"{path}: {reason} ({error.msg}, line {error.lineno})") from error
    except ValueError as error:
        raise UsageError(f"{path}: not JSON ({error})") from error
    return content


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
