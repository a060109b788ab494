"""The frames that charts are drawn from: which there are, how each is made plain, and how it is hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from copycost.analyse.grouping import floats
from copycost.analyse.verdicts import FASTER, SAME, SLOWER, UNDECIDED
from copycost.show.quantities import CONDITIONS

RUN, PAIR, RUNS, HISTORY, NOISE, PARAMETERS = "run", "pair", "runs", "history", "noise", "parameters"

_KEY = ("direction", "conversion", "dtype", "bytes", "threads", "cache", "layout")
_CELL = ("run", "machine", "arm", *_KEY)
_ORDER = [*CONDITIONS[:3], "direction", "conversion", "dtype", "threads", "cache", "layout", "bytes"]
_TEXTS = ("run", "machine", "arm", "direction", "conversion", "dtype", "cache", "layout")
_INTERVAL = ("seconds", "ci_low", "ci_high")
_COPIES = ("result_bytes", "gb_per_s", "copy_ratio", "copy_ratio_low", "copy_ratio_high", "page_faults")
_SHARES = ("share_of_mapped", "share_of_mapped_low", "share_of_mapped_high")
_LOOK_OF_VERDICT = {FASTER: "changed", SLOWER: "changed", SAME: "same", UNDECIDED: "undecided"}
# Doubts that a chart shows by itself: a wide interval is drawn, and what pages cost is part of the figure.
_SHOWN_OTHERWISE = {"", "imprecise", "page-fault-bound"}


@dataclass(frozen=True)
class FrameSpec:
    """A sort of frame: what a user gives to have it, how it is made plain, and which columns are hashed."""

    takes: str
    prepare: Callable[[pd.DataFrame], pd.DataFrame]
    hashed: tuple[str, ...]


@dataclass(frozen=True)
class Prepared:
    """A frame made plain, its name in ``FRAMES``, and the references beside a run's cells.

    ``conversions`` are in the order in which the frame has them, which is that of the catalogue: lines, rows and panels
    follow it.
    """

    shows: str
    frame: pd.DataFrame
    references: pd.DataFrame
    conversions: tuple[str, ...] = ()


def doubtful(flags: object) -> bool:
    """Return whether a cell's flags name a doubt that a chart has to mark."""
    return isinstance(flags, str) and not set(flags.split(";")) <= _SHOWN_OTHERWISE


def prepare(cells: pd.DataFrame, *, unsized: bool = False) -> pd.DataFrame:
    """Return the cells in a fixed order, with plain types and without references and empty arrays.

    Adds ``look`` ("shares", "copies" or "unknown", by the evidence in ``shares_memory``) and
    ``flagged`` (bool). A frame with the same cells in another order gives the same result. ``unsized`` is as in
    ``measured``.
    """
    frame = measured(cells, unsized=unsized)
    for column in {*_INTERVAL, *_COPIES, *_SHARES} & set(frame.columns):
        frame[column] = frame[column].astype("Float64").astype(float)
    shares = frame["shares_memory"]
    known = [shares.isna().to_numpy(bool), shares.fillna(False).to_numpy(bool)]
    frame["look"] = np.select(known, ["unknown", "shares"], "copies")
    frame["flagged"] = [doubtful(flags) for flags in frame["flags"]]
    return frame.sort_values(_ORDER, kind="stable").reset_index(drop=True)


def measured(frame: pd.DataFrame, *, unsized: bool = False) -> pd.DataFrame:
    """Return cells or rounds of conversions that convert something, with plain types in their key.

    Leaves out references and empty arrays; text that is missing is "", a number of threads 0. With
    ``unsized``, those whose number of bytes is not known are kept, with 0.
    """
    frame = frame.copy()
    if "layout" not in frame:
        frame["layout"] = "contiguous"
    for column in _TEXTS:
        frame[column] = text_column(frame[column])
    # Nullable integers, where a foreign file may know neither bytes nor threads.
    unknown = frame["bytes"].isna().to_numpy(bool)
    frame["bytes"] = frame["bytes"].astype("Float64").fillna(0).astype(float)
    frame["threads"] = frame["threads"].astype("Float64").fillna(0).astype(int)
    sized = (frame["bytes"] > 0) | (unknown & unsized)
    return frame[(frame["direction"] != "reference") & sized].reset_index(drop=True)


def text_column(column: pd.Series) -> pd.Series:
    """Return a column as plain strings, "" where it has none."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        # Tens of thousands of rounds have a handful of names.
        names = column.cat.categories.map(str)
        codes = column.cat.codes.to_numpy()
        return pd.Series(np.append(names, "")[codes], index=column.index, dtype=object)
    return column.astype(object).where(column.notna(), "").map(str)


def reference_cells(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the references of a cells frame that have bytes, in a fixed order, with plain types."""
    references = cells[(cells["direction"] == "reference").to_numpy(dtype=bool, na_value=False)]
    return prepare(references.assign(direction="to_tensor"))


def _pair(comparison: pd.DataFrame) -> pd.DataFrame:
    """Return a comparison with plain types in a fixed order, ``look`` by verdict, and ``flagged``.

    Cells whose number of bytes is not known have 0; those of one side only are kept.
    """
    frame = measured(comparison.assign(run="", machine="", arm=""), unsized=True)
    for column in ("ratio", "ci_low", "ci_high", "seconds_a", "seconds_b"):
        frame[column] = floats(frame[column])
    frame["verdict"] = text_column(frame["verdict"])
    frame["look"] = frame["verdict"].map(_LOOK_OF_VERDICT).fillna("undecided")
    frame["flagged"] = [doubtful(flags) for flags in frame["flags"]]
    return frame.sort_values([*_KEY], kind="stable").reset_index(drop=True)


def _runs(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of several runs; where none has a number of bytes, those are kept that have none."""
    return prepare(cells, unsized=not (floats(cells["bytes"]) > 0).any())


def _history(series: pd.DataFrame) -> pd.DataFrame:
    """Return a history with plain types in a fixed order; ``at`` is the time in seconds since 1970."""
    at = [created.timestamp() for created in series["created"]]
    frame = measured(series.assign(machine="", arm="", at=at), unsized=True)
    return frame.sort_values([*_KEY, "at"], kind="stable").reset_index(drop=True)


def _noise(sizes: pd.DataFrame) -> pd.DataFrame:
    """Return a noise profile's sizes with columns ``machine`` and ``run``, those with a floor only."""
    frame = sizes[sizes["floor"] > 0].assign(run="noise profile")
    return frame.sort_values(["kind", "bytes"], kind="stable").reset_index(drop=True)


def _parameters(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the benchmarks of a suite in a fixed order, with plain names."""
    frame = frame.assign(**{name: text_column(frame[name]) for name in ("line", "panel", "run", "machine")})
    frame = frame.assign(**{name: default for name, default in (("order", 0.0), ("up", "")) if name not in frame})
    return frame.sort_values(["order", "panel", "line", "x"], kind="stable").reset_index(drop=True)


FRAMES: dict[str, FrameSpec] = {
    RUN: FrameSpec("a run", prepare, (*_CELL, "expression", *_INTERVAL, *_COPIES, "shares_memory", "flags", *_SHARES)),
    PAIR: FrameSpec(
        *("two runs or arms", _pair),
        (*_KEY, "seconds_a", "seconds_b", "ratio", "ci_low", "ci_high", "verdict", "flags"),
    ),
    RUNS: FrameSpec("two runs or arms, or more", _runs, (*_CELL, *_INTERVAL, "flags")),
    HISTORY: FrameSpec(
        "a history, by: history LABEL --plots FOLDER", _history, (*_KEY, "run", "at", "seconds", "level")
    ),
    NOISE: FrameSpec("a noise profile", _noise, ("machine", "kind", "bytes", "floor")),
    PARAMETERS: FrameSpec(
        *("a parametrised pytest-benchmark file", _parameters),
        ("run", "machine", "order", "panel", "line", "x", "across", "up", "along", "seconds", "low", "high"),
    ),
}
"""Every sort of frame. ``hashed`` columns that a frame lacks are not counted."""


def prepared(frame: pd.DataFrame, shows: str) -> Prepared:
    """Return a frame as its charts are drawn from it."""
    references = reference_cells(frame) if shows == RUN else pd.DataFrame()
    plain = FRAMES[shows].prepare(frame)
    present = set(plain["conversion"]) if "conversion" in plain else set()
    in_order = dict.fromkeys(map(str, frame["conversion"].dropna())) if present else {}
    return Prepared(shows, plain, references, tuple(name for name in in_order if name in present))


def data_hash(
    frame: pd.DataFrame, rounds: pd.DataFrame | None = None, *, shows: str = RUN, references: bool = False
) -> str:
    """Return a SHA-256 of the data that charts show, whatever the order of their rows; see ``prepared_hash``."""
    return prepared_hash(prepared(frame, shows), rounds, references)


def prepared_hash(data: Prepared, rounds: pd.DataFrame | None, references: bool) -> str:
    """Return a SHA-256 of the data that charts show of a prepared frame.

    Numbers count to nine digits, so that another version of a numeric library gives the same hash.

    Args:
        data: the frame.
        rounds: counted as well, where they are given.
        references: whether the plain copies beside the cells and the shares of them count.
    """
    digest = hashlib.sha256()
    for part in (data.frame, data.references) if references else (data.frame,):
        columns = [name for name in FRAMES[data.shows].hashed if name in part and (references or name not in _SHARES)]
        text = part[columns].to_csv(index=False, float_format="%.9g")
        digest.update(text.encode("utf-8", "replace"))
    if rounds is not None:
        digest.update(np.sort(rounds["seconds"].to_numpy(float)).tobytes())
        if "quiet" in rounds:
            digest.update(str(int(rounds["quiet"].sum())).encode())
    return digest.hexdigest()
