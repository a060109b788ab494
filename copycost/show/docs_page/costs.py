"""What each conversion costs, as tables: by size, from which size on, and in detail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from copycost.analyse.crossovers import question
from copycost.analyse.doubts import half_width
from copycost.show.docs_page.figures import bytes_text, half_percent, seconds_text, speed, with_interval
from copycost.show.docs_page.in_short import conditions_in_words
from copycost.show.docs_page.markdown import NOTHING, name, table, words
from copycost.show.docs_page.material import Material, telling_sizes
from copycost.show.explain_words import sections
from copycost.show.table import notes


def by_size_section(own: Material) -> list[str]:
    """Return the section: time per call at the telling sizes, which stand across."""
    cells = own.cells.assign(half=half_width(own.cells))
    marks = notes(own.view.cells)
    sizes = telling_sizes(cells)
    rows = []
    for conversion, own_cells in cells.groupby("conversion", sort=False, observed=True):
        at = {float(row["bytes"]): _value(row, marks) for _, row in own_cells.iterrows()}
        rows.append((name(conversion), _kind(own_cells), *(at.get(size, NOTHING) for size in sizes)))
    lines = [
        "## What each costs",
        "",
        f"Time per call with {conditions_in_words(own)}, by bytes of the source; ± is half of the 95% interval.",
        "",
        *table(("conversion", "memory", *map(bytes_text, sizes)), rows),
    ]
    signs = "".join(mark for mark in marks.values() if any(mark in value for row in rows for value in row))
    return [*lines, f"{signs} mark doubts, which are told below.", ""] if signs else lines


def crossovers_section(own: Material) -> list[str]:
    """Return the section: from which size on one thing costs more than another; empty where nothing crosses."""
    crossed = own.of(own.explained.crossovers)
    if crossed.empty:
        return []
    rows = [
        (
            name(row["conversion"]),
            words(question(row)),
            row["answer"] or f"from {with_interval(row, 'bytes', bytes_text)}",
        )
        for _, row in crossed.iterrows()
    ]
    return ["## From which size on", "", *table(("conversion", "event", "size of the source"), rows)]


def bandwidth_section(own: Material) -> list[str]:
    """Return the section: fixed cost and bandwidth of each regime; empty where nothing copies."""
    model = _of(own.of(own.explained.model), own.conversions(shares=False))
    model = model[model["gb_per_s"].notna()]
    if model.empty:
        return []
    rows = []
    for _, row in model.iterrows():
        start = bytes_text(row["from_bytes"]) if row["regime"] else "the first byte"
        rows.append(
            (
                name(row["conversion"]) if row["regime"] == 0 else "",
                with_interval(row, "fixed_seconds") if row["regime"] == 0 else "",
                start,
                with_interval(row, "gb_per_s", speed),
                words(row["named"]) if isinstance(row["named"], str) else NOTHING,
            )
        )
    headings = ("conversion", "the call", "from", "GB/s of the source", "bound by")
    said = (
        "Time is a fixed cost and a cost for each byte, in as many regimes as the figures give evidence for; "
        "brackets are 95% intervals."
    )
    return ["## The call and the bytes", "", said, "", *table(headings, rows)]


def details_section(own: Material) -> list[str]:
    """Return the section: what the analysis says of each copying conversion."""
    explained = own.explained
    frames = (explained.model, explained.crossovers, explained.cells, explained.breakdown)
    copying = own.conversions(shares=False)
    model, crossed, cells, parts = (_of(own.of(frame), copying) for frame in frames)
    told = sections(model, crossed, cells, parts) if len(model) else []
    lines: list[str] = []
    for section in told:
        lines += [f"### {words(section.title)}", ""]
        for label, texts in section.lines:
            lines += [f"- {label}", *(f"    - {words(text)}" for text in texts)]
        lines.append("")
    return ["## In detail", "", *lines] if lines else []


def _of(frame: pd.DataFrame, conversions: Sequence[str]) -> pd.DataFrame:
    return frame[frame["conversion"].astype(str).isin(conversions)]


def _value(row: pd.Series, marks: Mapping[str, str]) -> str:
    own = str(row["flags"]).split(";")
    signs = "".join(sign for doubt, sign in marks.items() if doubt in own)
    return f"{seconds_text(row['seconds'])}{half_percent(row['half'])}{signs}"


def _kind(cells: pd.DataFrame) -> str:
    """Return what a conversion does with memory, where it is the same at every size."""
    shares = cells["shares_memory"]
    known = np.unique(shares.dropna().to_numpy(dtype=bool))
    if len(known) != 1 or shares.isna().any():
        return NOTHING
    return "shares" if known[0] else "copies"
