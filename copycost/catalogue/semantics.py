"""The semantics: what each conversion does with each kind of source, and what tutorials claim, found by running it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from copycost.catalogue.bfloat16 import of_dtype
from copycost.catalogue.block import call
from copycost.catalogue.cell import SHARED_DTYPES, Cell
from copycost.catalogue.conversions import CONVERSIONS, CannotConvert, Conversion, WrongResult
from copycost.catalogue.evidence import Evidence, examine, one_line
from copycost.catalogue.sandbox import Ended, sandboxed
from copycost.catalogue.sources import source
from copycost.errors import told

SOURCES = ("contiguous", "strided", "reversed", "read-only", "0-d", "empty", "requires-grad")

Row = dict[str, Any]
Task = tuple[Conversion, str, str]

_SIZE = 16
_LONGEST_MESSAGE = 1000
_LONGEST_SECONDS = 60.0


def table(conversions: Iterable[Conversion], dtypes: Sequence[str], sources: Sequence[str] = SOURCES) -> list[Row]:
    """Return one row for each conversion, dtype and kind of source.

    A row has the keys conversion, expression, dtype, source, shares_memory (True, False, or None
    where nothing can be shared or nothing came back), result_dtype (None when nothing came back),
    outcome ("ok", "warning" or "error") and message (the library's own). A wrong result is an
    error, and so are a crash and no answer within a minute: the conversions are run in a forked
    process. Sources that do not exist, such as a read-only tensor, have no row.
    """
    tasks = [(conversion, dtype, layout) for conversion in conversions for dtype in dtypes for layout in sources]
    with _every_warning():
        rows = sandboxed(_row, tasks, seconds=_LONGEST_SECONDS, silent=True)
    return [
        {**_blank(task), "outcome": "error", "message": str(row)} if isinstance(row, Ended) else row
        for task, row in zip(tasks, rows, strict=True)
        if row is not None
    ]


def _blank(task: Task) -> Row:
    conversion, dtype, layout = task
    return {
        "conversion": conversion.name,
        "expression": re.sub(r"\bdtype=dtype\b", f"dtype=torch.{dtype}", conversion.expression),
        "dtype": dtype,
        "source": layout,
        "shares_memory": None,
        "result_dtype": None,
        "outcome": "ok",
        "message": "",
    }


def _row(task: Task) -> Row | None:
    try:
        return _told(task)
    except BaseException as error:  # whatever a user's conversion raises, SystemExit too, is its own row's
        return {**_blank(task), "outcome": "error", "message": _without_place(one_line(error, _LONGEST_MESSAGE))}


def _told(task: Task) -> Row | None:
    conversion, dtype, layout = task
    size = {"0-d": 1, "empty": 0}.get(layout, _SIZE)
    try:
        given = source(Cell(conversion.name, conversion.direction, dtype, size, layout=layout))
    except CannotConvert:
        return None
    try:
        conversion = of_dtype(conversion, dtype)
    except CannotConvert as error:
        return {**_blank(task), "outcome": "error", "message": str(error)}
    row = _blank((conversion, dtype, layout))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            call(conversion)(conversion.given(given))
        except Exception as error:
            message = _without_place(one_line(error, _LONGEST_MESSAGE))
            return {**row, "outcome": "error", "message": message}
    try:
        evidence = examine(conversion, given)
    except (CannotConvert, WrongResult) as error:
        return {**row, "outcome": "error", "message": told(error)}
    row.update(shares_memory=evidence.shares_memory, result_dtype=evidence.result_dtype)
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


def claims() -> list[dict[str, Any]]:
    """Return each claim with its verdict (bool) and the evidence, found by running it now."""
    return [
        _sharing("torch.from_numpy", shares=True),
        _sharing("torch.tensor", shares=False),
        _takes_a_dtype(),
        _sharing("torch.Tensor", shares=False),
        _always_float32(),
        _sharing("t.numpy", shares=True),
        _sharing("t.clone.numpy", shares=False),
        _keeps_the_graph(),
    ]


def _claim(claim: str, verdict: bool, evidence: str) -> dict[str, Any]:
    return {"claim": claim, "verdict": verdict, "evidence": evidence}


def _sharing(name: str, shares: bool) -> dict[str, Any]:
    conversion = CONVERSIONS[name]
    seen, refused = _of_every_dtype(conversion)
    sharing = [dtype for dtype, evidence in seen.items() if evidence.shares_memory]
    copying = [dtype for dtype, evidence in seen.items() if not evidence.shares_memory]
    variable = conversion.variable
    parts = []
    if sharing:
        parts.append(f"a write to {variable} is seen in the result for {_listed(sharing)}")
    if copying:
        parts.append(f"the result has memory of its own for {_listed(copying)}")
    if refused:
        parts.append(f"refused for {_listed(refused)}")
    verb = f"shares the memory of {variable}" if shares else f"copies {variable}"
    return _claim(
        f"{conversion.expression} {verb}", bool(seen) and not (copying if shares else sharing), "; ".join(parts)
    )


def _takes_a_dtype() -> dict[str, Any]:
    conversion = CONVERSIONS["torch.tensor.float32"]
    seen, _ = _of_every_dtype(conversion)
    given = [dtype for dtype, evidence in seen.items() if evidence.result_dtype == "torch.float32"]
    return _claim(
        "torch.tensor takes a dtype",
        bool(seen) and len(given) == len(seen),
        f"{conversion.expression} gives torch.float32 for {_listed(given)}",
    )


def _always_float32() -> dict[str, Any]:
    import torch

    conversion = CONVERSIONS["torch.Tensor"]
    seen, _ = _of_every_dtype(conversion)
    results = sorted({evidence.result_dtype for evidence in seen.values()})
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        other = call(conversion)(_source(conversion, "float64")).dtype
    finally:
        torch.set_default_dtype(before)
    return _claim(
        f"{conversion.expression} gives float32, whatever the dtype of a",
        results == ["torch.float32"],
        f"it gives {' and '.join(results)} for {_listed(list(seen))}; "
        f"after torch.set_default_dtype(torch.float64) it gives {other}",
    )


def _keeps_the_graph() -> dict[str, Any]:
    conversion = CONVERSIONS["t.clone.numpy"]
    claim = f"{conversion.expression} keeps the computation graph"
    given = _source(conversion, "float32", "requires-grad")
    try:
        result = call(conversion)(given)
    except RuntimeError as error:
        return _claim(claim, False, f"on a tensor that requires grad it raises {one_line(error)}")
    kept = getattr(result, "grad_fn", None) is not None
    return _claim(claim, kept, f"it returns {type(result).__name__}")


def _of_every_dtype(conversion: Conversion) -> tuple[dict[str, Evidence], list[str]]:
    seen: dict[str, Evidence] = {}
    refused: list[str] = []
    for dtype in SHARED_DTYPES:
        try:
            seen[dtype] = examine(conversion, _source(conversion, dtype))
        except CannotConvert:
            refused.append(dtype)
    return seen, refused


def _source(conversion: Conversion, dtype: str, layout: str = "contiguous") -> Any:
    return source(Cell(conversion.name, conversion.direction, dtype, _SIZE, layout=layout))


def _listed(dtypes: list[str]) -> str:
    if len(dtypes) == len(SHARED_DTYPES):
        return f"each of {len(SHARED_DTYPES)} dtypes"
    return ", ".join(dtypes) if dtypes else "no dtype"
