"""Why a run's figures are what they are: of each curve its model, crossovers, ceilings and parts; and what to try."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from copycost.analyse.advice import Advice
from copycost.analyse.breakdown import ADDS_UP, PARTS
from copycost.analyse.ceilings import CEILINGS
from copycost.analyse.crossovers import question
from copycost.analyse.curves import CURVE
from copycost.analyse.run import Run
from copycost.analyse.scaling import CONSTANT
from copycost.show.document import Block, Command, Entries, Lines, Name, Section
from copycost.show.render.figures import ends, with_ends, written
from copycost.show.sections.costs import conditions

LARGE = 64 * 1024
"""Source bytes from which ceilings and parts are told size by size; below it, the call is the cost."""
NOT_MEASURED = "not measured in this run"


def curve_sections(run: Run, model: pd.DataFrame, crossovers: pd.DataFrame) -> list[Section]:
    """Return a section for each curve that is no reference.

    Args:
        run: that has the curves.
        model: the rows of its scaling model that are to be told.
        crossovers: those of the same curves.
    """
    varied = [name for name in CURVE if name not in ("conversion", "dtype") and model[name].nunique(dropna=False) > 1]
    wanted = model[(model["direction"] != "reference").to_numpy(dtype=bool, na_value=True)]
    sections = []
    for _, regimes in wanted.groupby(CURVE, sort=False, dropna=False, observed=True):
        curve = regimes.iloc[0]
        cells = _of_curve(run.reached, curve)
        said = {"model": _model(regimes, cells), "crossovers": _crossovers(_of_curve(crossovers, curve))}
        if cells["shares_memory"].eq(False).any():
            said |= {"ceilings": _ceilings(cells), "where it goes": _parts(_of_curve(run.breakdown, curve))}
        under = conditions(curve, varied)
        title = (Name(str(curve["conversion"])), f", {under}") if under else Name(str(curve["conversion"]))
        entries = tuple((label, tuple(lines)) for label, lines in said.items() if lines)
        sections.append(Section(title, (Entries(entries),)))
    return sections


def advice_section(advice: Sequence[Advice]) -> Section:
    """Return what a run's figures suggest, each with its evidence and the command that tests it."""
    blocks: list[Block] = []
    for each in advice:
        blocks += [Lines((f"Try {each.text}: {each.evidence}. This tests it:",)), Command(each.command)]
    return Section("What to try", tuple(blocks) or (Lines(("Nothing in this run's figures suggests a change.",)),))


def _of_curve(frame: pd.DataFrame, curve: pd.Series) -> pd.DataFrame:
    same = pd.Series(True, index=frame.index)
    for name in CURVE:
        values = frame[name].astype(object)
        same &= values.isna() if pd.isna(curve[name]) else values.eq(curve[name]).fillna(False).astype(bool)
    return frame[same]


def _model(regimes: pd.DataFrame, cells: pd.DataFrame) -> list[str]:
    first = regimes.iloc[0]
    fixed = with_ends(first, "fixed_seconds", "seconds")
    misfit = f"largest misfit {written(first['largest_misfit'], 'share')}"
    if first["model"] == CONSTANT:
        shares = cells["shares_memory"]
        memory = "shares memory" if shares.eq(True).all() else "copies" if shares.eq(False).all() else ""
        return [", ".join(part for part in (f"constant: {fixed} at every size", memory, misfit) if part)]
    lines = [f"{fixed} for the call, then for the bytes of the source"]
    for _, regime in regimes.iterrows():
        interval = ends(regime["gb_per_s_low"], regime["gb_per_s_high"], "speed")
        speed = f"{written(regime['gb_per_s'], 'speed')} GB/s{interval}"
        parts = [speed, _start(regime), "" if pd.isna(regime["named"]) else str(regime["named"])]
        lines.append(", ".join(part for part in parts if part))
    return [*lines, misfit]


def _start(regime: pd.Series) -> str:
    """Return from which size on a regime holds, and what lies between it and the one before."""
    if regime["regime"] == 0:
        return ""
    if regime["border"] == "kink":
        return f"from {with_ends(regime, 'from_bytes', 'bytes')}"
    low, high = (written(regime[f"from_bytes_{end}"], "bytes") for end in ("low", "high"))
    between = f"from between {low} and {high}"
    if regime["border"] == "step":
        return f"{between}, after a step of {written(regime['step_seconds'], 'seconds')}"
    return between if regime["border"] == "pinned" else f"{between}, for all bytes"


def _crossovers(rows: pd.DataFrame) -> list[str]:
    sizes = [row["answer"] or f"from {with_ends(row, 'bytes', 'bytes')}" for _, row in rows.iterrows()]
    return [f"{question(row)}: {size}" for (_, row), size in zip(rows.iterrows(), sizes, strict=True)]


def _ceilings(cells: pd.DataFrame) -> list[str]:
    lines = []
    large = cells[cells["bytes"] >= LARGE].sort_values("bytes")
    for name, reference in CEILINGS.items():
        said = [
            f"{with_ends(row, name, 'share')} at {written(row['bytes'], 'bytes')}"
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
        told = [part for part in known if shares[part] >= 0.005]
        said = [f"{written(shares[part], 'share')} {_words(part)}" for part in told]
        if told:
            said[0] += ends(row[f"{told[0]}_share_low"], row[f"{told[0]}_share_high"], "share")
        unknown = [_words(part) for part in PARTS if math.isnan(shares[part])]
        said += [f"{', '.join(unknown)} {NOT_MEASURED}"] if unknown else []
        lines.append(f"{written(row['bytes'], 'bytes')}: {', '.join(said)}{_sum(row['sum_share'])}")
    return lines


def _words(part: str) -> str:
    return part.replace("_", " ")


def _sum(share: float) -> str:
    if math.isnan(share) or abs(share - 1) <= ADDS_UP:
        return ""
    return f"; the parts add up to {written(share, 'share')}, so something else is at work"
