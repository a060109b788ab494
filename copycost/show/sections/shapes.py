"""Machines by the shape of their figures: what a call costs, bandwidths, crossovers and shares of plain copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from copycost.analyse.crossovers import AT_ONCE
from copycost.analyse.fleet import Shapes
from copycost.analyse.scaling import CONSTANT
from copycost.show.document import Block, Column, Lines, Table
from copycost.show.render.figures import half_width, share, written
from copycost.show.sections.costs import conditions
from copycost.show.sections.fleet import relative_half_width

MULTIPLE = 10.0
_UNKNOWN = ("<NA>", "nan", "None")
_LEGEND = (
    "10× zero-copy: the size from which it costs ten times the cheapest call that shares memory; by bandwidth: from "
    "which the bytes cost more than the call; of a plain copy: at best and at most bytes, the share of the speed of "
    "the machine's own plain copy of as many bytes; ± is half of a 95% interval"
)
_CALL = Column("fixed_seconds", "the call", "seconds", half="fixed_half")


def shape_tables(shapes: Shapes | None) -> list[Block]:
    """Return a table of each copying conversion, machines down, and a table of all that cost the same at every size."""
    if shapes is None:
        return []
    known = {name: None if value in _UNKNOWN else value for name, value in shapes.conditions.items()}
    under = conditions(pd.Series(known, dtype=object))
    model = shapes.model.assign(fixed_half=relative_half_width(shapes.model, "fixed_seconds"))
    # Where figures are few, noise may look like a law; what shares memory moves no bytes.
    copying = shapes.cells[~shapes.cells["shares_memory"].eq(True).fillna(False).to_numpy(dtype=bool)]
    moves = set(zip(copying["run"], copying["conversion"], strict=True))
    keys = zip(model["run"], model["conversion"], strict=True)
    flat = model["model"].eq(CONSTANT).to_numpy() | np.array([key not in moves for key in keys], dtype=bool)
    blocks: list[Block] = []
    constant = model[flat & model["regime"].eq(0).to_numpy()]
    if len(constant):
        caption = f"what costs the same at every size, {under}"
        across = Column("conversion", "conversion", "name")
        blocks.append(Table("constant", constant, (Column("run", "", "name"), _CALL), caption, across=across))
    # The machines of a conversion stand together, in the order of their runs.
    rows = [
        _row(law, shapes) | {"title": f"{conversion}, {under}"}
        for conversion, laws in model[~flat].groupby("conversion", sort=False, observed=True)
        for _, law in laws.groupby("run", sort=False, observed=True)
    ]
    if rows:
        blocks += [
            Table("shapes", pd.DataFrame(rows), _COLUMNS, "what costs more for more bytes", titles="title"),
            Lines((_LEGEND,)),
        ]
    return blocks


_COLUMNS = (
    Column("run", "", "name"),
    _CALL,
    Column("bandwidths", "GB/s of the source"),
    Column("zero_copy", "10× zero-copy"),
    Column("bandwidth", "by bandwidth"),
    Column("of_copies", "of a plain copy"),
)


def _row(law: pd.DataFrame, shapes: Shapes) -> dict[str, Any]:
    """Return what is told of one conversion on one machine.

    Args:
        law: the regimes of its curve.
        shapes: of all machines.
    """
    first = law.iloc[0]
    crossed = _of_curve(shapes.crossovers, first)
    multiple = crossed[(crossed["event"] == "costs more than") & (crossed["factor"] == MULTIPLE)]
    halves = relative_half_width(law, "gb_per_s")
    return {
        "run": first["run"],
        "fixed_seconds": first["fixed_seconds"],
        "fixed_half": first["fixed_half"],
        "bandwidths": tuple(_regime(row, half) for (_, row), half in zip(law.iterrows(), halves, strict=True)),
        "zero_copy": _crossing(multiple),
        "bandwidth": _crossing(crossed[crossed["event"] == "bound by bandwidth"]),
        "of_copies": _shares(_of_curve(shapes.cells, first)),
    }


def _of_curve(frame: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    same = (frame["run"].astype(str) == str(row["run"])) & (frame["conversion"] == row["conversion"])
    own: pd.DataFrame = frame[same.to_numpy(dtype=bool)]
    return own


def _regime(row: pd.Series, half: float) -> str:
    start = f" from {written(row['from_bytes'], 'bytes')}" if row["regime"] else ""
    named = f", {row['named']}" if isinstance(row["named"], str) else ""
    return f"{written(row['gb_per_s'], 'speed')}{half_width(half)}{start}{named}"


def _crossing(rows: pd.DataFrame) -> str | None:
    if rows.empty:
        return None
    row = rows.iloc[0]
    if row["answer"] == AT_ONCE:
        return "the smallest size"
    return written(row["bytes"], "bytes") if np.isfinite(row["bytes"]) else "not reached"


def _shares(cells: pd.DataFrame) -> tuple[str, ...] | None:
    """Return the best share of the speed of a plain copy, and that at the largest size."""
    known = cells[cells["share_of_mapped"].notna().to_numpy()].sort_values("bytes")
    if known.empty:
        return None
    best = known.iloc[int(known["share_of_mapped"].to_numpy().argmax())]
    told = [best] if best["bytes"] == known["bytes"].iloc[-1] else [best, known.iloc[-1]]
    return tuple(f"{share(row['share_of_mapped'])} at {written(row['bytes'], 'bytes')}" for row in told)
