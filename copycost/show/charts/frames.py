"""The frames that charts are drawn from: what each kind is called, made plain, and hashed by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from copycost.analyse.grouping import floats
from copycost.analyse.verdicts import FASTER, SAME, SLOWER, UNDECIDED
from copycost.show.charts.points import doubtful, measured, prepare, reference_cells, text_column

RUN, PAIR, RUNS, HISTORY, NOISE, PARAMETERS = "run", "pair", "runs", "history", "noise", "parameters"

_KEY = ("direction", "conversion", "dtype", "bytes", "threads", "cache", "layout")
_CELL = ("run", "machine", "arm", *_KEY)
_INTERVAL = ("seconds", "ci_low", "ci_high")
_COPIES = ("gb_per_s", "copy_ratio", "copy_ratio_low", "copy_ratio_high", "page_faults")
_VERDICT_KINDS = {FASTER: "changed", SLOWER: "changed", SAME: "same", UNDECIDED: "undecided"}
SHARES = ("share_of_mapped", "share_of_mapped_low", "share_of_mapped_high")


@dataclass(frozen=True)
class FrameKind:
    """One kind of frame: what it takes to have one, how it is made plain, and which columns are hashed."""

    takes: str
    prepare: Callable[[pd.DataFrame], pd.DataFrame]
    hashed: tuple[str, ...]


def _pair(comparison: pd.DataFrame) -> pd.DataFrame:
    """Return a comparison with plain types in a fixed order, ``kind`` by verdict, and ``flagged``.

    Cells whose number of bytes is not known have 0; those of one side only are kept.
    """
    frame = measured(comparison.assign(run="", machine="", arm=""), unsized=True)
    for column in ("ratio", "ci_low", "ci_high", "seconds_a", "seconds_b"):
        frame[column] = floats(frame[column])
    frame["verdict"] = text_column(frame["verdict"])
    frame["kind"] = frame["verdict"].map(_VERDICT_KINDS).fillna("undecided")
    frame["flagged"] = [doubtful(flags) for flags in frame["flags"]]
    return frame.sort_values([*_KEY], kind="stable").reset_index(drop=True)


def _history(series: pd.DataFrame) -> pd.DataFrame:
    """Return a history with plain types in a fixed order; ``at`` is the time in seconds since 1970."""
    frame = measured(series.assign(machine="", arm=""))
    frame["at"] = [created.timestamp() for created in series.loc[_kept(series), "created"]]
    return frame.sort_values([*_KEY, "at"], kind="stable").reset_index(drop=True)


def _kept(series: pd.DataFrame) -> pd.Series:
    sizes = series["bytes"].astype("Float64").fillna(0)
    return (series["direction"] != "reference") & (sizes > 0)


def _noise(sizes: pd.DataFrame) -> pd.DataFrame:
    """Return a noise profile's sizes with columns ``machine`` and ``run``, those with a floor only."""
    frame = sizes[sizes["floor"] > 0].assign(run="noise profile")
    return frame.sort_values(["kind", "bytes"], kind="stable").reset_index(drop=True)


def _parameters(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the benchmarks of a suite in a fixed order, with plain names."""
    frame = frame.assign(**{name: text_column(frame[name]) for name in ("line", "panel", "run", "machine")})
    return frame.sort_values(["panel", "line", "x"], kind="stable").reset_index(drop=True)


@dataclass(frozen=True)
class Prepared:
    """A frame of one kind made plain, and the references beside a run's cells."""

    shows: str
    frame: pd.DataFrame
    references: pd.DataFrame


def prepared(frame: pd.DataFrame, shows: str) -> Prepared:
    """Return a frame as its charts are drawn from it."""
    references = reference_cells(frame) if shows == RUN else pd.DataFrame()
    return Prepared(shows, FRAMES[shows].prepare(frame), references)


FRAMES: dict[str, FrameKind] = {
    RUN: FrameKind("a run", prepare, (*_CELL, "expression", *_INTERVAL, *_COPIES, "shares_memory", "flags", *SHARES)),
    PAIR: FrameKind(
        "two runs or arms",
        _pair,
        (*_KEY, "seconds_a", "seconds_b", "ratio", "ci_low", "ci_high", "verdict", "flags"),
    ),
    RUNS: FrameKind("two runs or arms, or more", prepare, (*_CELL, *_INTERVAL, "flags")),
    HISTORY: FrameKind(
        "a history, by: history LABEL --plots FOLDER", _history, (*_KEY, "run", "at", "seconds", "level")
    ),
    NOISE: FrameKind("a noise profile", _noise, ("machine", "kind", "bytes", "floor")),
    PARAMETERS: FrameKind(
        "a parametrised pytest-benchmark file",
        _parameters,
        ("run", "machine", "panel", "line", "x", "across", "along", "seconds", "low", "high"),
    ),
}
"""Every kind of frame. ``hashed`` columns that a frame lacks are not counted."""
