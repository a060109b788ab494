"""Why a run's figures are what they are: of each curve its model, crossovers, ceilings and parts; and what to try."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from copycost.analyse.advice import Advice
from copycost.analyse.breakdown import ADDS_UP, PARTS, SMALL
from copycost.analyse.ceilings import CEILINGS
from copycost.analyse.crossovers import question
from copycost.analyse.curves import CURVE
from copycost.analyse.device import CEILING_OF, WAYS
from copycost.analyse.run import Run
from copycost.analyse.scaling import CONSTANT
from copycost.show.document import Block, Column, Command, Entries, Lines, Name, Section, Table
from copycost.show.render.figures import ends, listed, with_ends, written
from copycost.show.sections.costs import conditions
from copycost.show.sections.crossovers import answered, regime_start

LARGE = 64 * 1024
"""Source bytes from which ceilings and parts are told size by size; below it, the call is the cost."""
_BESIDE = ("page_faults", "allocating", "copying")
"""Parts that are measured beside the whole."""
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
            way = curve["direction"]
            bounds = {"share_of_mapped": CEILING_OF[way]} if way in CEILING_OF else {} if way in WAYS else CEILINGS
            said |= {"ceilings": _ceilings(cells, bounds)} if bounds else {}
            said |= {"where it goes": _parts(_of_curve(run.breakdown, curve))} if bounds is CEILINGS else {}
        under = conditions(curve, varied)
        title = (Name(str(curve["conversion"])), f", {under}") if under else Name(str(curve["conversion"]))
        entries = tuple((label, tuple(lines)) for label, lines in said.items() if lines)
        sections.append(Section(title, (Entries(entries),)))
    return sections


def first_call_sections(first_calls: pd.DataFrame, name: str = "first_calls") -> list[Section]:
    """Return what the first call of each conversion took in a fresh process; none if nobody knows.

    Args:
        first_calls: the frame of ``copycost.analyse.first_calls``.
        name: of the table.
    """
    if first_calls.empty:
        return []
    arms = [Column("arm", "arm", "name")] if first_calls["arm"].nunique() > 1 else []
    columns = (
        *arms,
        Column("conversion", "conversion", "name"),
        Column("bytes", "bytes", "bytes"),
        Column("first_seconds", "first call", "seconds"),
        Column("first_low", "fastest", "seconds"),
        Column("first_high", "slowest", "seconds"),
        Column("processes", "processes", "count"),
        Column("seconds", "later calls", "seconds"),
        Column("times", "first / later", "multiple"),
    )
    text = (
        "What a call takes that is the first one in a fresh process, once torch and NumPy are imported and its source "
        "is made: the median of several processes. No other figure has these calls in it."
    )
    table = Table(name, first_calls, columns)
    return [Section("First calls", (Lines((text,)), table))]


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
    smallest = cells["bytes"].min()
    if first["model"] == CONSTANT:
        shares = cells["shares_memory"]
        memory = "shares memory" if shares.eq(True).all() else "copies" if shares.eq(False).all() else ""
        if cells["bytes"].nunique() == 1:
            size = written(smallest, "bytes")
            return [", ".join(part for part in (f"{fixed} at {size}, the only size measured", memory) if part)]
        held = "at every size" if memory == "shares memory" or smallest <= SMALL else "at every size measured"
        return [", ".join(part for part in (f"constant: {fixed} {held}", memory, misfit) if part)]
    guessed = f", reckoned from sizes of {written(smallest, 'bytes')} and more" if smallest > SMALL else ""
    lines = [f"{fixed} for the call{guessed}, then for the bytes of the source"]
    for _, regime in regimes.iterrows():
        interval = ends(regime["gb_per_s_low"], regime["gb_per_s_high"], "speed")
        speed = f"{written(regime['gb_per_s'], 'speed')} GB/s{interval}"
        parts = [speed, _start(regime), "" if pd.isna(regime["named"]) else str(regime["named"])]
        lines.append(", ".join(part for part in parts if part))
    return [*lines, misfit]


def _start(regime: pd.Series) -> str:
    """Return from which size on a regime holds, and what lies between it and the one before."""
    start = regime_start(regime)
    if not start:
        return ""
    if regime["border"] == "step":
        return f"from {start}, after a step of {written(regime['step_seconds'], 'seconds')}"
    return f"from {start}, for all bytes" if regime["border"] == "restart" else f"from {start}"


def _crossovers(rows: pd.DataFrame) -> list[str]:
    sizes = [answered(row) or f"from {with_ends(row, 'bytes', 'bytes')}" for _, row in rows.iterrows()]
    return [f"{question(row)}: {size}" for (_, row), size in zip(rows.iterrows(), sizes, strict=True)]


def _ceilings(cells: pd.DataFrame, bounds: Mapping[str, str]) -> list[str]:
    lines = []
    large = cells[cells["bytes"] >= LARGE].sort_values("bytes")
    for name, reference in bounds.items():
        known = large[large[name].notna()]
        # A plain copy that took longer for sure is no ceiling: it took page faults that the conversion did not take.
        beaten = known[f"{name}_low"].where(known[f"{name}_low"].notna(), known[name]) > 1
        shares = known[[name, f"{name}_low", f"{name}_high"]].clip(upper=1.0).assign(bytes=known["bytes"])[~beaten]
        said = [f"{with_ends(row, name, 'share')} at {written(row['bytes'], 'bytes')}" for _, row in shares.iterrows()]
        sizes = [written(size, "bytes") for size in known.loc[beaten, "bytes"]]
        said += [f"no ceiling at {listed(sizes)}, where the plain copy took longer"] if sizes else []
        lines.append(f"of a {reference}: {', '.join(said) or NOT_MEASURED}")
    return lines


def _parts(parts: pd.DataFrame) -> list[str]:
    large = parts[(parts["bytes"] >= LARGE) & parts[[f"{part}_share" for part in _BESIDE]].notna().any(axis=1)]
    lines = [NOT_MEASURED] if large.empty else []
    for _, row in large.sort_values("bytes").iterrows():
        shares = {part: row[f"{part}_share"] for part in PARTS}
        known = sorted((part for part in PARTS if not math.isnan(shares[part])), key=lambda part: -shares[part])
        told = [part for part in known if shares[part] >= 0.005]
        said = [f"{written(shares[part], 'share')} {_words(part)}" for part in told]
        if told:
            said[0] += ends(row[f"{told[0]}_share_low"], row[f"{told[0]}_share_high"], "share")
        unknown = [_words(part) for part in PARTS if math.isnan(shares[part])]
        said = [", ".join(said)] if said else []
        said += [f"{listed(unknown)} {NOT_MEASURED}"] if unknown else []
        if (total := sum(shares[part] for part in known)) > 1 + ADDS_UP:
            said = [f"not explained: the parts, each measured alone, add up to {written(total, 'share')} of the whole"]
        lines.append(f"{written(row['bytes'], 'bytes')}: {'; '.join(said)}{_sum(row['sum_share'])}")
    if parts["bytes"].min() > SMALL:
        lines.append(
            f"no size of {written(SMALL, 'bytes')} or less was measured: add --size 1 to know what calling costs"
        )
    return lines


def _words(part: str) -> str:
    return part.replace("_", " ")


def _sum(share: float) -> str:
    if math.isnan(share) or share >= 1 - ADDS_UP:
        return ""
    return f"; the parts add up to {written(share, 'share')}, so something else is at work"
