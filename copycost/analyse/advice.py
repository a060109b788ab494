"""Advice: what to try, why this run suggests it, and the command that tests it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.breakdown import ADDS_UP, sentence
from copycost.analyse.crossovers import AT_ONCE
from copycost.analyse.curves import CURVE, Curve
from copycost.analyse.device import PAGEABLE, PINNED_ALREADY, PINNED_FIRST
from copycost.program import program
from copycost.units import format_bytes, format_ratio, format_seconds

HUGE_PAGES = "THP_MEM_ALLOC_ENABLE"
MANY_FAULTS = 0.3
"""Share of a call's time from which page faults are worth a remedy."""
MUCH_CHEAPER = 10.0
WORTH_IT = 1.1
SURE = 1.96
LIST_COPY = "torch.tensor(arrays)"
STACKED = "torch.from_numpy(np.stack(arrays))"


@dataclass(frozen=True)
class Advice:
    """One thing to try, the figures of this run that suggest it, and a command that tests it."""

    text: str
    evidence: str
    command: str


def advice(
    curves: Sequence[Curve],
    crossings: pd.DataFrame,
    parts: pd.DataFrame,
    arms: Sequence[Mapping[str, Any]] = (),
) -> list[Advice]:
    """Return the advice that a run's own figures support; nothing without them.

    Args:
        curves: of the run, references included.
        crossings: the frame of ``crossovers``.
        parts: the frame of ``breakdown``.
        arms: the record's, each with ``name`` and ``environment``.
    """
    own = [curve for curve in curves if curve.key["direction"] != "reference"]
    huge = {arm.get("name") for arm in arms if (arm.get("environment") or {}).get(HUGE_PAGES) == "1"}
    return [*_huge_pages(own, parts, huge), *_zero_copy(own, crossings), *_stack(own), *_threads(own), *_pin(own)]


def _huge_pages(curves: Sequence[Curve], parts: pd.DataFrame, huge: set[Any]) -> list[Advice]:
    share = parts["page_faults_share"]
    usual = parts[(share >= MANY_FAULTS) & ~parts["arm"].astype(object).isin(huge)]
    usual = usual[~(usual["sum_share"] > 1 + ADDS_UP)]  # parts that are more than the whole explain nothing
    found = []
    for conversion, rows in usual.groupby("conversion", sort=False, observed=True):
        sound = rows[(rows["sum_share"] - 1).abs() <= ADDS_UP]
        rows = sound if len(sound) else rows
        worst = rows.iloc[int(rows["page_faults_share"].argmax())]
        dtypes = list(parts.loc[parts["conversion"] == conversion, "dtype"].unique())
        each = format_seconds(worst["fault_seconds"])
        evidence = [
            f"{sentence(worst)} ({worst['dtype']}), {worst['faults']:.0f} faults of {each}",
            *(_compared(curves, str(conversion), arm, worst) for arm in sorted(map(str, huge))),
        ]
        sizes = f"1..{int(parts.loc[parts['conversion'] == conversion, 'size'].max())}"
        # Under a heap that is kept, results of 2 and 4 MiB, which huge pages slow down most, take no faults.
        arms = f"--arm base --arm thp:{HUGE_PAGES}=1 --allocator found"
        command = f"{_command([conversion], dtypes)} --size {sizes} {arms}"
        text = f"huge pages ({HUGE_PAGES}=1) for large results of {conversion}; they can cost more at other sizes"
        found.append(Advice(text, "; ".join(part for part in evidence if part), command))
    return found


def _compared(curves: Sequence[Curve], conversion: str, arm: str, cell: pd.Series) -> str:
    """Return what an arm did to a conversion in this run, at best and at worst."""
    key = {name: cell[name] for name in CURVE}
    usual = _find(curves, key)
    changed = _find(curves, key | {"arm": arm, "conversion": conversion})
    if usual is None or changed is None:
        return ""
    by_ratio = sorted(_changes(usual, changed), key=lambda change: change[1])
    ends = [change for change in by_ratio[-1:] if change[1] > 1] + [change for change in by_ratio[:1] if change[1] < 1]
    said = [f"up to {_speed(ratio)} (at {format_bytes(size)})" for size, ratio in ends]
    return f"with it in this run {', '.join(said) or 'nothing changed'}"


def _zero_copy(curves: Sequence[Curve], crossings: pd.DataFrame) -> list[Advice]:
    much = crossings[(crossings["event"] == "costs more than") & (crossings["factor"] == MUCH_CHEAPER)]
    much = much[much["bytes"].notna()]
    found = []
    for (conversion, other), rows in much.groupby(["conversion", "other"], sort=False, observed=True):
        rows = rows.drop_duplicates("dtype")
        starts = {AT_ONCE: "at every size measured"}
        sizes = ", ".join(
            f"{row['dtype']} {starts.get(row['answer']) or 'from ' + format_bytes(row['bytes'])}"
            for _, row in rows.iterrows()
        )
        text = f"{other} instead of {conversion} where the result is only read and the source outlives it"
        text += _changed_dtypes(curves, rows)
        command = _command([other, conversion], list(rows["dtype"]))
        found.append(Advice(text, f"the copy costs {MUCH_CHEAPER:.0f} times as much or more: {sizes}", command))
    return found


def _changed_dtypes(curves: Sequence[Curve], rows: pd.DataFrame) -> str:
    """Return what comes back in place of what, where another conversion's result has another dtype."""
    changes: dict[str, list[str]] = {}
    for _, row in rows.iterrows():
        usual, other = (
            _find(curves, {**row[list(CURVE)], "conversion": row[name]}) for name in ("conversion", "other")
        )
        before, after = ("" if curve is None else curve.result_dtype for curve in (usual, other))
        if before and after and before != after:
            changes.setdefault(before, []).append(after)
    told = [f"{' or '.join(dict.fromkeys(after))}, not {before}" for before, after in changes.items()]
    return f"; the result is then {'; '.join(told)}" if told else ""


def _stack(curves: Sequence[Curve]) -> list[Advice]:
    found = []
    for curve in curves:
        if curve.expression != LIST_COPY:
            continue
        for other in curves:
            if other.expression == STACKED and _same(curve, other, ("conversion",)):
                gains = [(size, ratio) for size, ratio in _changes(curve, other) if ratio > WORTH_IT]
                if gains:
                    size, ratio = max(gains, key=lambda gain: gain[1])
                    text = f"np.stack before a list of arrays becomes a tensor ({curve.key['dtype']})"
                    stacked, usual = other.key["conversion"], curve.key["conversion"]
                    evidence = f"{stacked} is {_speed(ratio)} than {usual} at {format_bytes(size)}"
                    command = _command([stacked, usual], [curve.key["dtype"]])
                    found.append(Advice(text, evidence, command))
    return found


def _threads(curves: Sequence[Curve]) -> list[Advice]:
    found = []
    for curve in curves:
        if not curve.copies or str(curve.key["threads"]) != "1":
            continue
        for other in curves:
            if other is curve or not _same(curve, other, ("threads",)):
                continue
            gains = [(size, ratio) for size, ratio in _changes(curve, other) if ratio > WORTH_IT]
            if gains:
                first, (size, ratio) = gains[0][0], max(gains, key=lambda gain: gain[1])
                threads, name, dtype = other.key["threads"], curve.key["conversion"], curve.key["dtype"]
                text = f"{threads} threads for {name} ({dtype}) from {format_bytes(first)} on"
                evidence = f"{_speed(ratio)} at {format_bytes(size)} than with one thread"
                command = f"{_command([name], [dtype])} --threads 1,{threads}"
                found.append(Advice(text, evidence, command))
    return found


def _pin(curves: Sequence[Curve]) -> list[Advice]:
    """Return from which sizes on pinning pays on the way to a device, of an array or of a buffer that is kept."""
    told = {PINNED_FIRST: "pin first", PINNED_ALREADY: "keep what is sent again and again in pinned memory"}
    found = []
    for curve in curves:
        for other in curves if curve.key["conversion"] == PAGEABLE else ():
            if other.key["conversion"] not in told or not _same(curve, other, ("conversion",)):
                continue
            gains = [(size, ratio) for size, ratio in _changes(curve, other) if ratio > WORTH_IT]
            common = np.intersect1d(curve.sizes, other.sizes)
            start = _from([*map(float, common)], [size for size, _ in gains])
            if start is None:
                continue
            size, ratio = max(gains, key=lambda gain: gain[1])
            name, usual, dtype = other.key["conversion"], curve.key["conversion"], curve.key["dtype"]
            where = "at every size measured" if start == common[0] else f"from {format_bytes(start)} on"
            text = f"{told[str(name)]} ({dtype}) {where}: {other.expression.partition(';')[0]}"
            evidence = f"the data is there {_speed(ratio)} at {format_bytes(size)} than with {usual}"
            device = re.search(r"\.to\('([^']+)'", curve.expression)
            threads = "" if str(curve.key["threads"]) == "1" else f" --threads {curve.key['threads']}"
            command = _command([usual, name], [dtype]) + threads
            found.append(Advice(text, evidence, command + (f" --device {quote(device[1])}" if device else "")))
    return found


def _from(sizes: Sequence[float], better: Sequence[float]) -> float | None:
    """Return the smallest size from which on all are better; None where the largest is not."""
    start = None
    for size in reversed(list(sizes)):
        if size not in better:
            break
        start = float(size)
    return start


def _changes(usual: Curve, changed: Curve) -> list[tuple[float, float]]:
    """Return each common size where the two differ for certain, and how many times faster the second is."""
    sizes, own, others = np.intersect1d(usual.sizes, changed.sizes, return_indices=True)
    ratio = np.log(usual.seconds[own] / changed.seconds[others])
    sure = np.abs(ratio) > np.maximum(SURE * np.hypot(usual.errors[own], changed.errors[others]), np.log(WORTH_IT))
    return [(float(size), float(np.exp(value))) for size, value in zip(sizes[sure], ratio[sure], strict=True)]


def _speed(ratio: float) -> str:
    return f"{format_ratio(ratio)} faster" if ratio >= 1 else f"{format_ratio(1 / ratio)} slower"


def _command(conversions: Sequence[object], dtypes: Sequence[object]) -> str:
    named = " ".join(f"--conversion {quote(str(name))}" for name in conversions)
    return f"{program()} run {named} --dtype {quote(','.join(map(str, dtypes)))}"


def _find(curves: Sequence[Curve], key: Mapping[str, object]) -> Curve | None:
    wanted = {name: str(value) for name, value in key.items()}
    return next((curve for curve in curves if {n: str(v) for n, v in curve.key.items()} == wanted), None)


def _same(curve: Curve, other: Curve, but: tuple[str, ...]) -> bool:
    return all(str(curve.key[name]) == str(other.key[name]) for name in CURVE if name not in but)
