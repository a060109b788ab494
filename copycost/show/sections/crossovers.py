"""From which size on one conversion costs more than another, and what the call and the bytes cost."""

from __future__ import annotations

import pandas as pd

from copycost.analyse.breakdown import SMALL
from copycost.analyse.crossovers import AT_ONCE, question
from copycost.show.document import Block, Column, Lines, Table
from copycost.show.render.figures import with_ends, written

_CONVERSION = Column("conversion", "conversion", "name")


def crossover_blocks(crossovers: pd.DataFrame) -> tuple[Block, ...]:
    """Return the table of sizes from which something costs more; nothing where nothing crosses.

    Args:
        crossovers: rows of ``Run.crossovers``.
    """
    if crossovers.empty:
        return ()
    answers = [answered(row) for _, row in crossovers.iterrows()]
    rows = crossovers.assign(answer=answers, question=[question(row) for _, row in crossovers.iterrows()])
    # An answer says more than the size that goes with it.
    sizes = ["bytes", "bytes_low", "bytes_high"]
    rows[sizes] = rows[sizes].where(rows["answer"] == "")
    columns = (
        _CONVERSION,
        Column("question", "event"),
        Column("bytes", "from", "bytes", ends=("bytes_low", "bytes_high")),
        Column("answer", "otherwise"),
    )
    return (Table("crossovers", rows, columns),)


def bandwidth_blocks(model: pd.DataFrame) -> tuple[Block, ...]:
    """Return fixed cost and bandwidth of each regime as a table; nothing where nothing copies.

    Args:
        model: rows of ``Run.model``.
    """
    rows = model[model["gb_per_s"].notna()]
    if rows.empty:
        return ()
    said = (
        "Time is a fixed cost and a cost for each byte, in as many regimes as the figures give evidence for; brackets "
        "are 95% intervals."
    )
    columns = (
        _CONVERSION,
        Column("fixed_seconds", "the call", "seconds", ends=("fixed_seconds_low", "fixed_seconds_high")),
        Column("start", "from"),
        Column("from_bytes", "from bytes", "bytes", ends=("from_bytes_low", "from_bytes_high"), shown=False),
        Column("gb_per_s", "GB/s of the source", "speed", ends=("gb_per_s_low", "gb_per_s_high")),
        Column("named", "bound by"),
    )
    first = (rows["regime"] == 0).to_numpy()
    call = [column for column in rows.columns if str(column).startswith("fixed_seconds")]
    # The call is told once for each curve.
    rows = rows.assign(**{name: rows[name].where(first) for name in call})
    rows["start"] = [regime_start(row) or written(0, "bytes") for _, row in rows.iterrows()]
    return (Lines((said,)), Table("bandwidths", rows, columns))


def regime_start(regime: pd.Series) -> str:
    """Return from which size on a regime holds, such as ``between 8 MiB and 32 MiB``; empty of a curve's first.

    Only a kink has a place that the figures tell; of other borders they tell the two sizes between which they lie.

    Args:
        regime: a row of ``Run.model``.
    """
    if not regime["regime"]:
        return ""
    if regime["border"] == "kink":
        return with_ends(regime, "from_bytes", "bytes")
    return f"between {written(regime['from_bytes_low'], 'bytes')} and {written(regime['from_bytes_high'], 'bytes')}"


def answered(row: pd.Series) -> str:
    """Return what a row of ``Run.crossovers`` says where it has no size of its own; empty where it has one."""
    at_once = row["answer"] == AT_ONCE and row["bytes"] > SMALL
    return f"at every size measured, from {written(row['bytes'], 'bytes')} on" if at_once else row["answer"]
