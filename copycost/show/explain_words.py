"""What the analysis of a run says, in words: one section for each curve, and the advice."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from copycost.analyse.advice import Advice
from copycost.analyse.breakdown import ADDS_UP, PARTS
from copycost.analyse.ceilings import CEILINGS
from copycost.analyse.crossovers import question
from copycost.analyse.curves import CURVE
from copycost.analyse.scaling import CONSTANT
from copycost.show.table import plain
from copycost.units import format_bytes, format_seconds

LARGE = 64 * 1024
"""Source bytes from which ceilings and parts are told size by size; below it, the call is the cost."""
NOT_MEASURED = "not measured in this run"
_USUAL = {"threads": "1", "cache": "warm", "layout": "contiguous"}
_PART_WORDS = {
    "page_faults": "page faults",
    "allocating": "allocating",
    "copying": "copying",
    "freeing": "freeing",
    "calling": "calling",
}


@dataclass(frozen=True)
class Section:
    """A title and, for each label, its lines."""

    title: str
    lines: tuple[tuple[str, tuple[str, ...]], ...]


def sections(model: pd.DataFrame, crossings: pd.DataFrame, cells: pd.DataFrame, parts: pd.DataFrame) -> list[Section]:
    """Return one section for each curve that is no reference, in the model's order.

    Args:
        model: the frame of ``fit``.
        crossings: the frame of ``crossovers``.
        cells: the frame of ``ceilings``.
        parts: the frame of ``breakdown``.
    """
    varied = [name for name in CURVE if name not in ("conversion", "dtype") and model[name].nunique(dropna=False) > 1]
    made = []
    own = model[(model["direction"] != "reference").to_numpy(dtype=bool, na_value=True)]
    for _, rows in own.groupby(CURVE, sort=False, dropna=False, observed=True):
        first = rows.iloc[0]
        among = _of_curve(cells, first)
        copies = among["shares_memory"].eq(False).any()
        lines = [("model", _model(rows, among)), ("crossovers", _crossings(_of_curve(crossings, first)))]
        if copies:
            lines += [("ceilings", _ceilings(among)), ("where it goes", _parts(_of_curve(parts, first)))]
        made.append(Section(_title(first, varied), tuple((label, tuple(text)) for label, text in lines if text)))
    return made


def advice_section(advice: Sequence[Advice]) -> Section:
    """Return the advice as a section: what to try, its evidence, and the command on a line of its own."""
    if not advice:
        return Section("Advice", (("", ("nothing in this run's figures suggests a change",)),))
    lines = [(plain(f"{own.text}: {own.evidence}"), plain(own.command)) for own in advice]
    return Section("Advice", tuple((str(number), text) for number, text in enumerate(lines, 1)))


def _title(row: pd.Series, varied: Sequence[str]) -> str:
    parts = [plain(row["conversion"]), plain(row["dtype"])]
    for name in ("threads", "cache", "layout"):
        if not pd.isna(row[name]) and (name in varied or str(row[name]) != _USUAL[name]):
            parts.append(f"{row[name]} {name}" if name != "layout" else plain(row[name]))
    parts += [f"{name} {plain(row[name])}" for name in ("run", "machine", "arm") if name in varied]
    return ", ".join(parts)


def _of_curve(frame: pd.DataFrame, key: pd.Series) -> pd.DataFrame:
    same = pd.Series(True, index=frame.index)
    for name in CURVE:
        own = frame[name].astype(object)
        same &= own.isna() if pd.isna(key[name]) else own.eq(key[name]).fillna(False).astype(bool)
    return frame[same]


def _model(rows: pd.DataFrame, cells: pd.DataFrame) -> list[str]:
    first = rows.iloc[0]
    fixed = format_seconds(first["fixed_seconds"]) + _ends(first, "fixed_seconds", format_seconds)
    misfit = f"largest misfit {_percent(first['largest_misfit'])}"
    if first["model"] == CONSTANT:
        shares = cells["shares_memory"]
        kind = "shares memory" if shares.eq(True).all() else "copies" if shares.eq(False).all() else ""
        return [", ".join(part for part in (f"constant: {fixed} at every size", kind, misfit) if part)]
    lines = [f"{fixed} for the call, then for the bytes of the source"]
    for _, row in rows.iterrows():
        parts = [f"{_speed(row['gb_per_s'])} GB/s" + _ends(row, "gb_per_s", _speed), _from(row)]
        if not pd.isna(row["named"]):
            parts.append(str(row["named"]))
        lines.append(", ".join(part for part in parts if part))
    return [*lines, misfit]


def _from(row: pd.Series) -> str:
    if row["regime"] == 0:
        return ""
    if row["border"] == "kink":
        return f"from {format_bytes(row['from_bytes'])}" + _ends(row, "from_bytes", format_bytes)
    between = f"from between {format_bytes(row['from_bytes_low'])} and {format_bytes(row['from_bytes_high'])}"
    if row["border"] == "step":
        return f"{between}, after a step of {format_seconds(row['step_seconds'])}"
    return between if row["border"] == "pinned" else f"{between}, for all bytes"


def _crossings(rows: pd.DataFrame) -> list[str]:
    lines = []
    for _, row in rows.iterrows():
        size = f"from {format_bytes(row['bytes'])}" + _ends(row, "bytes", format_bytes)
        lines.append(f"{plain(question(row))}: {row['answer'] or size}")
    return lines


def _ceilings(cells: pd.DataFrame) -> list[str]:
    lines = []
    large = cells[cells["bytes"] >= LARGE].sort_values("bytes")
    for name, reference in CEILINGS.items():
        said = [
            f"{_percent(row[name])}{_ends(row, name, _percent)} at {format_bytes(row['bytes'])}"
            for _, row in large[large[name].notna()].iterrows()
        ]
        lines.append(f"of a {reference}: {', '.join(said) or NOT_MEASURED}")
    return lines


def _parts(parts: pd.DataFrame) -> list[str]:
    large = parts[(parts["bytes"] >= LARGE) & parts[["copying_share", "allocating_share"]].notna().any(axis=1)]
    if large.empty:
        return [NOT_MEASURED]
    lines = []
    for _, row in large.sort_values("bytes").iterrows():
        shares = {part: row[f"{part}_share"] for part in PARTS}
        known = sorted((part for part in PARTS if not math.isnan(shares[part])), key=lambda part: -shares[part])
        said = [
            f"{_percent(shares[part])} {_PART_WORDS[part]}" + (_ends(row, f"{part}_share", _percent) if not n else "")
            for n, part in enumerate(part for part in known if shares[part] >= 0.005)
        ]
        unknown = [_PART_WORDS[part] for part in PARTS if math.isnan(shares[part])]
        said += [f"{', '.join(unknown)} {NOT_MEASURED}"] if unknown else []
        lines.append(f"{format_bytes(row['bytes'])}: {', '.join(said)}{_sum(row['sum_share'])}")
    return lines


def _sum(share: float) -> str:
    if math.isnan(share) or abs(share - 1) <= ADDS_UP:
        return ""
    return f"; the parts add up to {_percent(share)}, so something else is at work"


def _ends(row: pd.Series, name: str, written: Callable[[float], str]) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if pd.isna(low) and pd.isna(high):
        return ""
    if pd.isna(high):
        return f" ({written(low)} or more)"
    return f" ({written(low)} to {written(high)})"


def _speed(gb_per_s: float) -> str:
    return f"{gb_per_s:.3g}"


def _percent(share: float) -> str:
    return f"{100 * share:.{1 if share < 0.0995 else 0}f}%"
