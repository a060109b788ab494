"""What a run says in a few sentences, every figure in them its own."""

from __future__ import annotations

import pandas as pd

from copycost.analyse.crossovers import AT_ONCE
from copycost.analyse.scaling import CONSTANT, PAGE_FAULTS
from copycost.show.docs_page.figures import bytes_text, percent, seconds_text, speed, with_interval
from copycost.show.docs_page.markdown import joined, name
from copycost.show.docs_page.material import Material

MULTIPLE = 10.0


def in_short_section(own: Material) -> list[str]:
    """Return the section: one sentence or two for each conversion, then where the time of the largest copy goes."""
    model = own.of(own.explained.model)
    model = model[(model["direction"] != "reference").to_numpy(dtype=bool, na_value=True)]
    lines = ["## In short", "", f"With {conditions_in_words(own)}:", ""]
    for conversion, law in model.groupby("conversion", sort=False, observed=True):
        lines.append(f"- {_sentence(own, str(conversion), law)}")
    lines.append("")
    return [*lines, *_largest(own)]


def conditions_in_words(own: Material) -> str:
    """Return the conditions of the figures told in full, such as ``dtype `float64`, 1 thread, warm cache``."""
    told = [f"dtype {name(own.conditions['dtype'])}"]
    threads, cache, layout = (own.conditions[key] for key in ("threads", "cache", "layout"))
    if threads.isdigit():
        told.append("1 thread" if threads == "1" else f"{threads} threads")
    told += [f"{name(cache)} cache"] if cache not in ("nan", "<NA>", "None") else []
    told += [f"{name(layout)} layout"] if layout not in ("contiguous", "nan", "<NA>", "None") else []
    told += [f"arm {name(own.arms[0])}"] if len(own.arms) > 1 else []
    return joined(told)


def _sentence(own: Material, conversion: str, law: pd.DataFrame) -> str:
    first = law.iloc[0]
    cells = own.cells[own.cells["conversion"].astype(str) == conversion]
    fixed = with_interval(first, "fixed_seconds")
    shares = cells["shares_memory"]
    kind = " shares memory and" if shares.eq(True).fillna(False).all() else ""
    if first["model"] == CONSTANT:
        return f"{name(conversion)}{kind} costs {fixed} at every size."
    if kind:  # where the figures are few, noise may look like a law; what shares memory moves no bytes
        low, high = cells["seconds"].min(), cells["seconds"].max()
        return f"{name(conversion)}{kind} costs {seconds_text(low)} to {seconds_text(high)}, whatever the size."
    kind = "copies: it" if shares.eq(False).fillna(False).all() else ""
    text = f"{name(conversion)} {kind} costs {fixed} for the call and moves {_bandwidths(law)}.".replace("  ", " ")
    return f"{text} {_crossings(own, conversion)}".strip()


def _bandwidths(law: pd.DataFrame) -> str:
    parts = []
    for _, row in law.iterrows():
        start = f" from {bytes_text(row['from_bytes'])} on" if row["regime"] else ""
        why = f" ({row['named']})" if row["named"] == PAGE_FAULTS else ""
        parts.append(f"{speed(row['gb_per_s'])} GB/s{start}{why}")
    return joined(parts)


def _crossings(own: Material, conversion: str) -> str:
    crossed = own.of(own.explained.crossovers)
    crossed = crossed[crossed["conversion"].astype(str) == conversion]
    said = []
    for _, row in crossed.iterrows():
        if row["event"] == "costs more than" and row["factor"] == MULTIPLE:
            said += _from(row, f"It costs ten times {name(row['other'])}")
        elif row["event"] == "bound by bandwidth":
            said += _from(row, "The bytes cost more than the call")
    return " ".join(said)


def _from(row: pd.Series, what: str) -> list[str]:
    if row["answer"] == AT_ONCE:
        return [f"{what} at every size."]
    if pd.isna(row["bytes"]):
        return []
    return [f"{what} from {with_interval(row, 'bytes', bytes_text)} on."]


def _largest(own: Material) -> list[str]:
    """Return what page faults cost at the largest size of the copy that takes most of them."""
    parts = own.of(own.explained.breakdown)
    faulting = parts[(parts["faults"] > 0).to_numpy(dtype=bool) & parts["page_faults_share"].notna().to_numpy()]
    if faulting.empty:
        return []
    largest = faulting[faulting["bytes"] == faulting["bytes"].max()]
    row = largest.loc[largest["page_faults_share"].idxmax()]
    share = with_interval(row, "page_faults_share", percent)
    return [
        f"At {bytes_text(row['bytes'])}, {name(row['conversion'])} takes {row['faults']:,.0f} page faults of "
        f"{seconds_text(row['fault_seconds'])} each: {share} of its time goes into fresh pages, not into copying.",
        "",
    ]
