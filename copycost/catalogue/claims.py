"""The claims: what tutorials say about the five core conversions, put to the test."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from copycost.catalogue.block import call
from copycost.catalogue.cell import Cell
from copycost.catalogue.conversions import CORE, EXTENDED, Conversion
from copycost.catalogue.dtypes import DTYPES
from copycost.catalogue.evidence import Evidence, examine
from copycost.catalogue.outcomes import CannotConvert, one_line
from copycost.catalogue.sources import source

_SIZE = 16
_BY_NAME = {conversion.name: conversion for conversion in (*CORE, *EXTENDED)}


def claims() -> List[Dict[str, Any]]:
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


def _claim(claim: str, verdict: bool, evidence: str) -> Dict[str, Any]:
    return {"claim": claim, "verdict": verdict, "evidence": evidence}


def _sharing(name: str, shares: bool) -> Dict[str, Any]:
    conversion = _BY_NAME[name]
    seen, refused = _of_every_dtype(conversion)
    sharing = [dtype for dtype, found in seen.items() if found.shares_memory]
    copying = [dtype for dtype, found in seen.items() if not found.shares_memory]
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
        f"{conversion.expression} {verb}",
        bool(seen) and not (copying if shares else sharing),
        "; ".join(parts),
    )


def _takes_a_dtype() -> Dict[str, Any]:
    conversion = _BY_NAME["torch.tensor.float32"]
    seen, _ = _of_every_dtype(conversion)
    given = [dtype for dtype, found in seen.items() if found.result_dtype == "torch.float32"]
    return _claim(
        "torch.tensor takes a dtype",
        bool(seen) and len(given) == len(seen),
        f"{conversion.expression} gives torch.float32 for {_listed(given)}",
    )


def _always_float32() -> Dict[str, Any]:
    import torch

    conversion = _BY_NAME["torch.Tensor"]
    seen, _ = _of_every_dtype(conversion)
    results = sorted({found.result_dtype for found in seen.values()})
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        other = call(conversion)(_source(conversion, "float64")).dtype
    finally:
        torch.set_default_dtype(before)
    return _claim(
        f"{conversion.expression} always gives float32, whatever the dtype of a",
        results == ["torch.float32"],
        f"it gives {' and '.join(results)} for {_listed(list(seen))}; "
        f"after torch.set_default_dtype(torch.float64) it gives {other}",
    )


def _keeps_the_graph() -> Dict[str, Any]:
    conversion = _BY_NAME["t.clone.numpy"]
    claim = f"{conversion.expression} keeps the computation graph"
    given = _source(conversion, "float32", "requires-grad")
    try:
        result = call(conversion)(given)
    except RuntimeError as error:
        return _claim(claim, False, f"on a tensor that requires grad it raises {one_line(error)}")
    kept = getattr(result, "grad_fn", None) is not None
    return _claim(claim, kept, f"it returns {type(result).__name__}")


def _of_every_dtype(conversion: Conversion) -> Tuple[Dict[str, Evidence], List[str]]:
    seen: Dict[str, Evidence] = {}
    refused: List[str] = []
    for dtype in DTYPES:
        try:
            seen[dtype] = examine(conversion, _source(conversion, dtype))
        except CannotConvert:
            refused.append(dtype)
    return seen, refused


def _source(conversion: Conversion, dtype: str, layout: str = "contiguous") -> Any:
    return source(Cell(conversion.name, conversion.direction, dtype, _SIZE, layout=layout))


def _listed(dtypes: List[str]) -> str:
    if len(dtypes) == len(DTYPES):
        return f"each of {len(DTYPES)} dtypes"
    return ", ".join(dtypes) if dtypes else "no dtype"
