"""Curves: the cells of one conversion over its sizes, all other conditions the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from copycost.analyse.grouping import CELL, Codes, Floats, floats, group_codes
from copycost.units import PAGE_BYTES

CURVE = [name for name in CELL if name != "size"]
UNKNOWN_ERROR = 0.02
"""Standard error of a figure whose own is not known and whose neighbours' are not either."""


@dataclass(frozen=True)
class Curve:
    """One line of a cost chart, sizes ascending.

    Attributes:
        key: the values of CURVE.
        expression: the call.
        sizes: source bytes.
        seconds: per call.
        errors: standard errors of the log seconds, none unknown.
        result_bytes: NaN where unknown.
        page_faults: per call; NaN where unknown.
        fault_times: share of the time that goes into page faults; NaN where unknown.
        shares: 1 where it shares memory, 0 where it copies, NaN where unknown.
        processes: the median number of processes behind a figure.
        replicates: log seconds as they might have been, shape (replicates, sizes), or None.
        result_dtype: of what comes back, without ``torch.``; empty where unknown or not the same at all sizes.
    """

    key: dict[str, object]
    expression: str
    sizes: Floats
    seconds: Floats
    errors: Floats
    result_bytes: Floats
    page_faults: Floats
    fault_times: Floats
    shares: Floats
    processes: float
    replicates: Floats | None = None
    result_dtype: str = ""

    @property
    def fault_shares(self) -> Floats:
        """Page faults for each page of the result; NaN where unknown."""
        pages = np.maximum(self.result_bytes / PAGE_BYTES, 1)
        shares: Floats = self.page_faults / pages
        return shares

    @property
    def copies(self) -> bool:
        """Whether every size is known to copy."""
        return bool((self.shares == 0).all())

    @property
    def shares_memory(self) -> bool:
        """Whether every size is known to share memory."""
        return bool((self.shares == 1).all())


def curves(cells: pd.DataFrame, replicates: Floats | None = None) -> list[Curve]:
    """Return the curves among cells, in order of appearance; benchmarks without a size are on none.

    Args:
        cells: estimates of ``copycost.estimate``.
        replicates: their bootstrap, shape (cells, replicates).
    """
    sized = (floats(cells["bytes"]) > 0) & (floats(cells["seconds"]) > 0)
    return list(_curves(cells[sized].reset_index(drop=True), None if replicates is None else replicates[sized]))


def is_under(curve: Curve, conditions: Mapping[str, str]) -> bool:
    """Return whether a curve is one of a conversion under these conditions, told as text."""
    same = all(str(curve.key[name]) == value for name, value in conditions.items())
    return same and curve.key["direction"] != "reference"


def _curves(cells: pd.DataFrame, replicates: Floats | None) -> Iterator[Curve]:
    codes, first = group_codes(cells, CURVE)
    sizes = floats(cells["bytes"])
    errors = floats(cells["error"])
    for number, row in enumerate(first):
        rows = np.flatnonzero(codes == number)
        rows = rows[np.argsort(sizes[rows], kind="stable")]

        def of(name: str, rows: Codes = rows) -> Floats:
            values: Floats = floats(cells[name])[rows]
            return values

        drawn = None if replicates is None else replicates[rows].T
        results = cells["result_dtype"].iloc[rows].dropna().astype(str).unique()
        yield Curve(
            key={name: cells[name].iloc[row] for name in CURVE},
            expression=str(cells["expression"].iloc[row]),
            sizes=sizes[rows],
            seconds=of("seconds"),
            errors=_filled(errors[rows]),
            result_bytes=of("result_bytes"),
            page_faults=of("page_faults"),
            fault_times=of("page_faults_share"),
            shares=of("shares_memory"),
            processes=float(np.median(of("processes"))),
            replicates=drawn if drawn is not None and np.isfinite(drawn).all() else None,
            result_dtype=str(results[0]).removeprefix("torch.") if len(results) == 1 else "",
        )


def _filled(errors: Floats) -> Floats:
    known = errors[np.isfinite(errors)]
    usual = float(np.median(known)) if len(known) else UNKNOWN_ERROR
    return np.where(np.isfinite(errors), errors, usual)
