"""What ``--where`` narrows runs to: conditions such as ``dtype=float64,size>=1M``, all of which a cell must meet.

A condition is on a column of the cells, or on what another suite tells of its own: ``group``, a parameter, a number in
its ``extra_info``.
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.grouping import floats, group_codes
from copycost.errors import UsageError, nearest
from copycost.units import parse_bytes, parse_count

EXAMPLE = "dtype=float64,size>=1M,conversion=torch.*"
_TEXTS = ("conversion", "direction", "dtype", "cache", "layout", "arm", "machine", "run")
_NUMBERS: dict[str, Callable[[str], int]] = {"size": parse_count, "threads": parse_count, "bytes": parse_bytes}
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_NAME = r"[^\W\d][\w.-]*"
_GROUP = "group"
_TOLD = ("params", "extra_info", _GROUP)
"""The columns in which another suite tells what is its own."""


@dataclass(frozen=True)
class Where:
    """Conditions on cells; ``text`` is what was typed. Each has a name, a sign and a value as it was typed."""

    text: str
    conditions: tuple[tuple[str, str, str], ...]

    def among(self, frame: pd.DataFrame) -> np.ndarray:
        """Return which rows of rounds, processes or cells meet all conditions; a reference always does.

        What has no such parameter or size meets no condition on it.
        """
        met: np.ndarray = np.ones(len(frame), dtype=bool)
        none = np.zeros(len(frame), dtype=np.int64)
        codes, first = group_codes(frame, _TOLD) if "params" in frame else (none, none[:0])
        tests = frame.iloc[first]  # one row of each test, which may have many rounds
        for name, sign, value in self.conditions:
            is_column = name in (*_TEXTS, *_NUMBERS)
            own = None if is_column and name in frame and frame[name].notna().any() else _told(tests, name)
            if own is not None:
                met &= _of_suite(own, sign, value)[codes]
            elif not is_column:
                met[:] = False
            elif name in frame:  # what was planned and not measured is not known as well
                met &= _of_column(frame[name], name, sign, value)
        met |= (frame["direction"] == "reference").to_numpy(dtype=bool, na_value=False)
        return met

    @property
    def names_of_suites(self) -> bool:
        """Whether a condition is on what only another suite can tell."""
        return any(name not in (*_TEXTS, *_NUMBERS) for name, _, _ in self.conditions)

    def check_names(self, frames: Sequence[pd.DataFrame]) -> None:
        """Refuse a name that is no column of cells, and that no suite tells.

        Args:
            frames: cells of the runs that are narrowed, whole.

        Raises:
            UsageError: the message has the name and those that would be valid.
        """
        known = [*_TEXTS, *_NUMBERS]
        for name, _, _ in self.conditions:
            if name not in known and all(_told(frame, name) is None for frame in frames):
                own = dict.fromkeys(told for frame in frames for told in _names(frame))
                hint = nearest(name, [*own, *(name for name in known if name not in own)])
                raise UsageError(f"--where {self.text!r}: {name!r} is not known: {hint}")


def matches(text: str, wanted: str) -> bool:
    """Return whether a text is the one that was typed, in which ``*`` and ``?`` stand for any part of it.

    A test's name may hold brackets, which are themselves.
    """
    return text == wanted or fnmatchcase(text, wanted.replace("[", "[[]"))


def parse_where(text: str) -> Where:
    """Return the conditions that were typed, with commas between them; ``*`` stands for any part of a text.

    Whether there is what a name stands for is known when the runs are: see ``Where.check_names``.

    Raises:
        UsageError: one does not parse; the message has it and what would be valid.
    """
    return Where(text, tuple(_condition(part, text) for part in re.split(rf",(?=\s*{_NAME}\s*[!<>=])", text)))


def _condition(part: str, whole: str) -> tuple[str, str, str]:
    match = re.fullmatch(rf"\s*({_NAME})\s*(!=|<=|>=|[<=>](?!=))\s*(.*\S)\s*", part, re.DOTALL)
    if match is None:
        raise UsageError(f"--where {whole!r} does not parse at {part!r}; such as: {EXAMPLE}")
    name, sign, value = match.groups()
    if name in _NUMBERS:
        _NUMBERS[name](value)
    elif name in _TEXTS:
        if sign not in ("=", "!="):
            raise UsageError(f"--where {whole!r}: {name} is a text, which {sign} does not compare: = or !=")
    elif sign not in ("=", "!=") and math.isnan(_number(value)):
        raise UsageError(f"--where {whole!r}: {value!r} is not a number, which {sign} compares with")
    return name, sign, value


def _of_column(column: pd.Series, name: str, sign: str, value: str) -> np.ndarray:
    """Return which values of a column of cells meet a condition."""
    if name in _NUMBERS:
        number = floats(pd.to_numeric(column, errors="coerce"))
        met: np.ndarray = _COMPARE[sign](number, _NUMBERS[name](value)) & np.isfinite(number)
        return met
    like = {text for text in column.dropna().unique() if matches(str(text), value)}
    of_text: np.ndarray = column.isin(like).to_numpy(dtype=bool) == (sign == "=")
    return of_text


def _of_suite(values: pd.Series, sign: str, value: str) -> np.ndarray:
    """Return which of a suite's own values, None where unknown, meet a condition; numbers are compared as such."""
    wanted = _number(value)

    def meets(known: object) -> bool:
        is_number = isinstance(known, int | float) and not isinstance(known, bool)
        if is_number and not math.isnan(wanted):
            return bool(_COMPARE[sign](known, wanted))
        text = known if isinstance(known, str) else json.dumps(known, ensure_ascii=False, separators=(",", ":"))
        same = matches(text, value) or ((known is True or known is False) and text == value.lower())
        return sign in ("=", "!=") and same == (sign == "=")

    return np.array([known is not None and meets(known) for known in values], dtype=bool)


def _told(frame: pd.DataFrame, name: str) -> pd.Series | None:
    """Return what a suite tells by a name, None where it does not; None of a frame in which nothing tells it."""
    if "params" not in frame:
        return None
    params, numbers = (told.map(lambda facts: facts.get(name)).astype(object) for told in _tellers(frame))
    sources = [params, *([frame[_GROUP].astype(object)] if name == _GROUP else []), numbers]
    found = [next((value for value in row if not _is_unknown(value)), None) for row in zip(*sources, strict=True)]
    return pd.Series(found, dtype=object) if any(value is not None for value in found) else None


def _tellers(frame: pd.DataFrame) -> list[pd.Series]:
    """Return for each row the parameters and the numbers of ``extra_info``, as dictionaries."""
    return [
        frame[column].astype(object).map({text: read(text) for text in frame[column].dropna().unique()}).map(_facts)
        for column, read in (("params", _object), ("extra_info", _numbers))
    ]


def _is_unknown(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _facts(told: object) -> dict[str, Any]:
    return told if isinstance(told, dict) else {}


def _object(text: str) -> dict[str, Any]:
    """Return the object that a JSON text is; an empty one where it is none."""
    try:
        return _facts(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def _numbers(text: str) -> dict[str, Any]:
    return {name: value for name, value in _object(text).items() if type(value) in (int, float)}


def _names(frame: pd.DataFrame) -> list[str]:
    """Return the names by which a suite tells what can be narrowed to, in the order of its tests."""
    if "params" not in frame:
        return []
    names = dict.fromkeys(name for told in _tellers(frame) for facts in told for name in facts)
    return [*names, *([_GROUP] if frame[_GROUP].notna().any() else [])]


def _number(text: str) -> float:
    """Return a number as it is typed, 1000, 0.5 or 4K; NaN of what is none."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float(parse_count(text))
    except UsageError:
        return math.nan
