"""The evidence: whether a result is right, and whether it shares its source's memory."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Callable, Optional

from copycost.catalogue.block import call
from copycost.catalogue.conversions import Conversion
from copycost.catalogue.memory import result_bytes, shares_memory
from copycost.catalogue.outcomes import CannotConvert, WrongResult, one_line
from copycost.catalogue.values import check_result, dtype_name, same, snapshot

__all__ = ["CannotConvert", "Evidence", "WrongResult", "examine"]


@dataclass(frozen=True)
class Evidence:
    """What one conversion of one source was seen to do.

    ``shares_memory`` is None where there is no memory to share, as in an empty array. The dtype is
    "torch.float64" for a tensor, "float64" for an array and "list of float" for a list.
    """

    shares_memory: Optional[bool]
    result_dtype: str
    result_bytes: int


def examine(conversion: Conversion, source: Any) -> Evidence:
    """Convert the source once and say what the result is.

    Memory is shared when the address ranges of source and result overlap and a value written to a
    scratch copy of the source is seen in the scratch copy's own result. A cast that the conversion
    documents is allowed for, up to one rounding of the dtype cast to. Warnings are not shown.

    Raises:
        CannotConvert: the library refuses this source.
        WrongResult: the result's kind, dtype or values are not as documented, or the source was
            changed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = snapshot(source)
        convert = _refusing(conversion)
        result = convert(source)
        if not same(before, snapshot(source)):
            raise WrongResult(f"{conversion.name} changed its source")
        check_result(conversion, source, result)
        return Evidence(
            shares_memory=shares_memory(convert, source, result),
            result_dtype=dtype_name(result),
            result_bytes=result_bytes(result),
        )


def _refusing(conversion: Conversion) -> Callable[[Any], Any]:
    """Return the conversion as a function whose every error is a CannotConvert."""

    def convert(source: Any) -> Any:
        try:
            return call(conversion)(source)
        except Exception as error:
            raise CannotConvert(one_line(error)) from error

    return convert
