"""The semantics: what each conversion does with each kind of source, found by running it."""

from __future__ import annotations

import re
import warnings
from contextlib import contextmanager
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from copycost.catalogue.block import call
from copycost.catalogue.cell import Cell
from copycost.catalogue.claims import claims
from copycost.catalogue.conversions import Conversion
from copycost.catalogue.evidence import examine
from copycost.catalogue.isolation import Crash, isolated
from copycost.catalogue.outcomes import CannotConvert, WrongResult, one_line
from copycost.catalogue.sources import source

__all__ = ["SOURCES", "claims", "table"]

SOURCES = ("contiguous", "strided", "reversed", "read-only", "0-d", "empty", "requires-grad")

Row = Dict[str, Any]
Task = Tuple[Conversion, str, str]

_SIZE = 16
_LONGEST_MESSAGE = 1000


def table(
    conversions: Iterable[Conversion],
    dtypes: Sequence[str],
    sources: Sequence[str] = SOURCES,
) -> List[Row]:
    """Return one row for each conversion, dtype and kind of source.

    A row has the keys conversion, expression, dtype, source, shares_memory (True, False, or None
    where nothing can be shared or nothing came back), result_dtype (None when nothing came back),
    outcome ("ok", "warning" or "error") and message (the library's own). A wrong result is an
    error, and so is a crash: the conversions are run in a child process. Sources that do not
    exist, such as a read-only tensor, have no row.
    """
    tasks = [(conversion, dtype, kind) for conversion in conversions for dtype in dtypes for kind in sources]
    with _every_warning():
        rows = isolated(_row, tasks)
    return [
        {**_blank(task), "outcome": "error", "message": row.message} if isinstance(row, Crash) else row
        for task, row in zip(tasks, rows)
        if row is not None
    ]


def _blank(task: Task) -> Row:
    conversion, dtype, kind = task
    return {
        "conversion": conversion.name,
        "expression": re.sub(r"\bdtype=dtype\b", f"dtype=torch.{dtype}", conversion.expression),
        "dtype": dtype,
        "source": kind,
        "shares_memory": None,
        "result_dtype": None,
        "outcome": "ok",
        "message": "",
    }


def _row(task: Task) -> Optional[Row]:
    conversion, dtype, kind = task
    size = {"0-d": 1, "empty": 0}.get(kind, _SIZE)
    try:
        given = source(Cell(conversion.name, conversion.direction, dtype, size, layout=kind))
    except CannotConvert:
        return None
    row = _blank(task)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            call(conversion)(given)
        except Exception as error:
            message = _without_place(one_line(error, _LONGEST_MESSAGE))
            return {**row, "outcome": "error", "message": message}
    try:
        found = examine(conversion, given)
    except (CannotConvert, WrongResult) as error:
        return {**row, "outcome": "error", "message": f"{type(error).__name__}: {error}"}
    row.update(shares_memory=found.shares_memory, result_dtype=found.result_dtype)
    if caught:
        messages = (f"{warning.category.__name__}: {' '.join(str(warning.message).split())}" for warning in caught)
        row["message"] = " ".join(dict.fromkeys(map(_without_place, messages)))
        row["outcome"] = "warning"
    return row


@contextmanager
def _every_warning() -> Iterator[None]:
    """Have torch give its once-only warnings each time, so that every row that has one shows it."""
    import torch

    before = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    try:
        yield
    finally:
        torch.set_warn_always(before)


def _without_place(message: str) -> str:
    """Return the message without the place in torch's sources, which differs between builds."""
    return re.sub(r"\s*\(Triggered internally at [^)]*\)", "", message)
