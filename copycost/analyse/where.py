"""What ``--where`` narrows runs to: conditions such as ``dtype=float64,size>=1M``, all of which a cell must meet."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.grouping import floats
from copycost.errors import UsageError, nearest
from copycost.units import parse_bytes, parse_count

EXAMPLE = "dtype=float64,size>=1M,conversion=torch.*"
_TEXTS = ("conversion", "direction", "dtype", "cache", "layout", "arm", "machine", "run")
_NUMBERS: dict[str, Callable[[str], int]] = {"size": parse_count, "threads": parse_count, "bytes": parse_bytes}
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True)
class Where:
    """Conditions on the columns of cells; ``text`` is what was typed."""

    text: str
    conditions: tuple[tuple[str, str, str | int], ...]

    def among(self, frame: pd.DataFrame) -> np.ndarray:
        """Return which rows of rounds, processes or cells meet all conditions; a reference always does."""
        met: np.ndarray = np.ones(len(frame), dtype=bool)
        for name, sign, value in self.conditions:
            if name not in frame:  # what was planned and not measured is not known as well
                continue
            if isinstance(value, int):
                number = floats(pd.to_numeric(frame[name], errors="coerce"))
                met &= _COMPARE[sign](number, value) & np.isfinite(number)  # of what has no size, nothing is true
            else:
                like = {text for text in frame[name].dropna().unique() if matches(str(text), value)}
                met &= frame[name].isin(like).to_numpy(dtype=bool) == (sign == "=")
        met |= (frame["direction"] == "reference").to_numpy(dtype=bool, na_value=False)
        return met


def matches(text: str, wanted: str) -> bool:
    """Return whether a text is the one that was typed, in which ``*`` and ``?`` stand for any part of it.

    A test's name may hold brackets, which are themselves.
    """
    return text == wanted or fnmatchcase(text, wanted.replace("[", "[[]"))


def parse_where(text: str) -> Where:
    """Return the conditions that were typed, with commas between them; ``*`` stands for any part of a text.

    Raises:
        UsageError: one does not parse; the message has it and what would be valid.
    """
    return Where(text, tuple(_condition(part, text) for part in re.split(r",(?=\s*[a-z]+\s*[!<>=])", text)))


def _condition(part: str, whole: str) -> tuple[str, str, str | int]:
    match = re.fullmatch(r"\s*([a-z]+)\s*(!=|<=|>=|=|<|>)\s*(.*\S)\s*", part, re.DOTALL)
    if match is None:
        raise UsageError(f"--where {whole!r} does not parse at {part!r}; such as: {EXAMPLE}")
    name, sign, value = match.groups()
    if name in _NUMBERS:
        return name, sign, _NUMBERS[name](value)
    if name not in _TEXTS:
        raise UsageError(f"--where {whole!r}: {name!r} is not known: {nearest(name, [*_TEXTS, *_NUMBERS])}")
    if sign not in ("=", "!="):
        raise UsageError(f"--where {whole!r}: {name} is a text, which {sign} does not compare: = or !=")
    return name, sign, value
