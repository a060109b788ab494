"""Machines by the shape of their figures: what a call costs, bandwidth, crossovers, and why one is slower."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from copycost.analyse.crossovers import AT_ONCE
from copycost.analyse.fleet import Shapes
from copycost.analyse.machine_or_conversion import ALL, SAME, UNDECIDED, UNKNOWN
from copycost.analyse.scaling import CONSTANT
from copycost.show.compare_text import NOTHING, ratio_text
from copycost.show.machines_sections import Section, Value
from copycost.units import format_bytes, format_seconds

MULTIPLE = 10.0
_NOTES = (
    "10× zero-copy: the size from which it costs ten times the cheapest call that shares memory; by bandwidth: from "
    "which the bytes cost more than the call; of a plain copy: at best and at most bytes, the share of the speed of "
    "the machine's own plain copy of as many bytes; ± is half of a 95% interval",
)
_USUAL = {"threads": "1", "cache": "warm", "layout": "contiguous"}
_NAMES = {"threads": "{} threads", "cache": "{} cache", "layout": "{}"}


def shape_sections(own: Shapes | None) -> list[Section]:
    """Return one table for each copying conversion, machines down, and one for all that share memory."""
    if own is None:
        return []
    under = _conditions(own)
    # Where figures are few, noise may look like a law; what shares memory moves no bytes.
    copying = own.cells[~own.cells["shares_memory"].eq(True).fillna(False).to_numpy(dtype=bool)]
    moves = set(zip(copying["run"], copying["conversion"], strict=True))
    keys = zip(own.model["run"], own.model["conversion"], strict=True)
    flat = own.model["model"].eq(CONSTANT) | pd.Series([key not in moves for key in keys], index=own.model.index)
    constant = own.model[flat & own.model["regime"].eq(0)]
    made = []
    if len(constant):
        made.append(_constants(constant, under))
    bending = own.model[~flat]
    for conversion, rows in bending.groupby("conversion", sort=False, observed=True):
        of = {
            "crossovers": own.crossovers[own.crossovers["conversion"] == conversion],
            "cells": own.cells[own.cells["conversion"] == conversion],
        }
        table = tuple(_machine(str(run), law, **of) for run, law in rows.groupby("run", sort=False, observed=True))
        headings = ("", "the call", "GB/s of the source", "10× zero-copy", "by bandwidth", "of a plain copy")
        made.append(Section(f"{conversion}, {under}", headings, table))
    if made:
        made[-1] = replace(made[-1], notes=_NOTES)
    return made


def why_section(reasons: pd.DataFrame) -> Section | None:
    """Return whether a machine or a conversion is slower, in sentences and as a table.

    Args:
        reasons: the frame of ``machine_or_conversion``.
    """
    if reasons.empty:
        return None
    telling = reasons[_telling(reasons)]
    said = tuple(line for _, rows in telling.groupby("machine", sort=False) for line in _sentences(rows))
    rows = tuple(
        (
            str(row["machine"]),
            row["conversion"] or "most",
            row["sizes"],
            *(_with_half(row, part) for part in ("ratio", "machine_ratio", "own_ratio")),
            row["why"],
        )
        for _, row in telling.iterrows()
    )
    headings = ("", "conversion", "bytes", "time", "plain copies", "beside them", "so")
    notes = (
        f"all figures: the fastest, {reasons['base'].iloc[0]}, is 1; plain copies: of as many bytes on the same "
        "machine, for what shares memory the smallest one; beside them: time over that of its plain copies",
        "most: the conversion in the middle; one that is not like it has a row of its own; ± is half of a 95% interval",
    )
    return Section("slower machine or slower conversion", headings, rows, notes, said)


def _telling(reasons: pd.DataFrame) -> pd.Series:
    """Return the rows for most conversions, and those that say something else than them."""
    every = reasons[reasons["conversion"] == ALL].set_index(["machine", "sizes"])["why"].to_dict()
    keys = zip(reasons["machine"], reasons["sizes"], strict=True)
    other = reasons["why"].ne(pd.Series([every.get(key) for key in keys], index=reasons.index))
    telling: pd.Series = reasons["conversion"].eq(ALL) | (other & ~reasons["why"].isin([SAME, UNDECIDED]))
    return telling


def _sentences(rows: pd.DataFrame) -> list[str]:
    """Return what one machine is against the base: first what is true of most conversions, then what stands out."""
    base, machine = rows["base"].iloc[0], rows["machine"].iloc[0]
    lines = []
    for why, own in rows[rows["conversion"] == ALL].groupby("why", sort=False):
        why = str(why)
        sizes = ", ".join(own["sizes"])
        times = _range(own["ratio"])
        if why == UNKNOWN:
            lines.append(f"{machine} takes {times} the time of {base} ({sizes}); why is not known: {why}")
        elif why in (SAME, UNDECIDED):
            lines.append(f"{machine} against {base}: {why} ({sizes})")
        else:
            plain = _range(own["machine_ratio"])
            lines.append(f"{machine} takes {times} the time of {base}, its plain copies {plain}: {why} ({sizes})")
    for _, row in rows[rows["conversion"].ne(ALL)].iterrows():
        lines.append(
            f"{machine}, but {row['conversion']}: takes {ratio_text(row['ratio'])}× the time, "
            f"{ratio_text(row['own_ratio'])}× beside its own plain copies: {row['why']} ({row['sizes']})"
        )
    return lines


def _range(values: pd.Series) -> str:
    low, high = ratio_text(values.min()), ratio_text(values.max())
    return f"{low}×" if low == high else f"{low} to {high}×"


def _constants(rows: pd.DataFrame, under: str) -> Section:
    conversions = list(dict.fromkeys(rows["conversion"]))
    cost = {(row["run"], row["conversion"]): _call(row) for _, row in rows.iterrows()}
    table = tuple(
        (str(run), *(cost.get((run, conversion), NOTHING) for conversion in conversions))
        for run in dict.fromkeys(rows["run"])
    )
    return Section(f"what costs the same at every size, {under}", ("", *map(str, conversions)), table)


def _machine(run: str, law: pd.DataFrame, crossovers: pd.DataFrame, cells: pd.DataFrame) -> tuple[Value, ...]:
    crossed = crossovers[(crossovers["run"].astype(str) == run).to_numpy()]
    multiple = crossed[(crossed["event"] == "costs more than") & (crossed["factor"] == MULTIPLE)]
    bandwidth = crossed[crossed["event"] == "bound by bandwidth"]
    return (
        run,
        _call(law.iloc[0]),
        tuple(_regime(row) for _, row in law.iterrows()),
        _crossing(multiple),
        _crossing(bandwidth),
        _share(cells[(cells["run"].astype(str) == run).to_numpy()]),
    )


def _call(row: pd.Series) -> str:
    return format_seconds(row["fixed_seconds"]) + _half(row, "fixed_seconds")


def _regime(row: pd.Series) -> str:
    start = f" from {format_bytes(row['from_bytes'])}" if row["regime"] else ""
    named = f", {row['named']}" if isinstance(row["named"], str) else ""
    return f"{row['gb_per_s']:.3g}{_half(row, 'gb_per_s')}{start}{named}"


def _half(row: pd.Series, name: str) -> str:
    """Return half the width of an interval, as a share; empty where it is not known."""
    half = (row[f"{name}_high"] - row[f"{name}_low"]) / 2 / row[name]
    if half > 1:
        return " ±>100%"
    return f" ±{100 * half:.{1 if half < 0.0995 else 0}f}%" if np.isfinite(half) else ""


def _crossing(rows: pd.DataFrame) -> str:
    if rows.empty:
        return NOTHING
    row = rows.iloc[0]
    if row["answer"] == AT_ONCE:
        return "the smallest size"
    return format_bytes(row["bytes"]) if np.isfinite(row["bytes"]) else "not reached"


def _share(cells: pd.DataFrame) -> str:
    """Return the best share of the ceiling, and that at the largest size."""
    known = cells[cells["share_of_mapped"].notna().to_numpy()].sort_values("bytes")
    if known.empty:
        return NOTHING
    best = known.iloc[int(known["share_of_mapped"].to_numpy().argmax())]
    told = [best] if best["bytes"] == known["bytes"].iloc[-1] else [best, known.iloc[-1]]
    return ", ".join(f"{100 * row['share_of_mapped']:.0f}% at {format_bytes(row['bytes'])}" for row in told)


def _with_half(row: pd.Series, name: str) -> str:
    half = (row[f"{name}_high"] - row[f"{name}_low"]) / 2 / row[name]
    return f"{ratio_text(row[name])} ±{100 * half:.1f}%" if np.isfinite(half) else ratio_text(row[name])


def _conditions(own: Shapes) -> str:
    parts = [own.conditions["dtype"]]
    for name, usual in _USUAL.items():
        if own.conditions[name] != usual and own.conditions[name] not in ("<NA>", "nan", "None"):
            parts.append(_NAMES[name].format(own.conditions[name]))
    return ", ".join(parts)
