"""Two sets of rounds compared: per cell a ratio with its interval and a verdict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from copycost.analyse.differences import Logs, difference
from copycost.analyse.doubts import DOUBTS
from copycost.analyse.grouping import Codes, Floats, floats, group_codes
from copycost.analyse.noise_profile import NoiseProfile
from copycost.analyse.pairing import pairs
from copycost.analyse.quiet import NEVER_QUIET
from copycost.analyse.side import KEY, Side, as_one, common_clock, one_side, undisturbed_level
from copycost.analyse.trimmed import FEWEST
from copycost.analyse.verdicts import ONLY_A, ONLY_B, judge
from copycost.errors import UsageError

COLUMNS = (
    *("conversion", "direction", "dtype", "size", "bytes", "threads", "cache", "layout"),
    *("seconds_a", "seconds_b", "ratio", "ci_low", "ci_high", "verdict", "flags", "floor"),
    *("processes_a", "processes_b", "shares_memory", "clock", "paired", "p", "error", "degrees"),
)
"""Columns of a comparison; the first 18 are its promise."""

SIDE_NEVER_QUIET = "side-never-quiet"
NO_CANARY = "no-canary"
OWN_CLOCK = "own-clock"
FLAGS = (*(doubt.name for doubt in DOUBTS), SIDE_NEVER_QUIET, NO_CANARY, OWN_CLOCK)
"""All flags a row can have, in their order; whoever calls may add more, such as `method-differs`."""

_FACTS = ["bytes", "shares_memory"]


def compare(
    a_rounds: pd.DataFrame,
    b_rounds: pd.DataFrame,
    *,
    margin: float = 0.03,
    noise: NoiseProfile | None = None,
    level: float = 0.95,
    same_clock: bool = True,
    across: Sequence[str] = (),
) -> pd.DataFrame:
    """Return one row for each cell of either side.

    Args:
        a_rounds: the rounds frame of ``copycost.load``, of one machine and one arm: all rounds of the
            run, because the undisturbed speed is the run's.
        b_rounds: the other side, likewise.
        margin: half-width of what counts as the same, as a share.
        noise: the machine's noise profile; a difference below its floor is not called a change.
        level: of the interval.
        same_clock: False where the sides' clocks are not the same work (another Python, another
            canary). Sides of one machine are compared at a common clock frequency, else each at its own.
        across: conditions in which the sides may differ, such as ``threads``; cells are then matched
            without them, and have side A's.

    Returns:
        ``seconds_a`` and ``seconds_b`` are per call, ``ratio`` is b over a (above 1, b is slower) with
        ``ci_low`` and ``ci_high``; unknown is NaN. The ratio is that of trimmed means over processes,
        paired where the sides are arms of one run whose processes alternate (``paired``), so it need not
        be ``seconds_b / seconds_a`` to the last digit. ``verdict`` is faster, slower, same, undecided,
        only in A or only in B; ``flags`` names both sides' doubts, joined by ``;``; ``floor`` and
        ``error`` (the standard error) are log units; ``clock`` is common, own or none.

    Raises:
        UsageError: the sides have no cell in common, or one holds several arms or machines.
    """
    partners = pairs(a_rounds, b_rounds)
    a_one, b_one = as_one(a_rounds, "A"), as_one(b_rounds, "B")
    same_clock = same_clock and _one_machine(a_one, b_one)
    reference = common_clock(a_one, b_one) if same_clock else None
    a, b = one_side(a_one, reference), one_side(b_one, reference)
    key = [name for name in KEY if name not in across]
    code_a, code_b, count = _matched(a, b, key)

    result = difference(_logs(a, code_a), _logs(b, code_b), count, partners)
    facts = pd.concat([side.cells[[*KEY, *_FACTS]].astype(object) for side in (a, b)], ignore_index=True)
    _, first = np.unique(np.concatenate([code_a, code_b]), return_index=True)
    rows = (
        facts.iloc[first]
        .reset_index(drop=True)
        .assign(
            seconds_a=_placed(floats(a.cells["seconds"]), code_a, count),
            seconds_b=_placed(floats(b.cells["seconds"]), code_b, count),
            processes_a=_placed(floats(a.cells["processes"]), code_a, count, 0.0).astype(np.int64),
            processes_b=_placed(floats(b.cells["processes"]), code_b, count, 0.0).astype(np.int64),
            clock="none" if _no_clock(a_one, b_one) else "own" if reference is None else "common",
            paired=result.paired,
        )
    )
    rows = rows.assign(floor=0.0 if noise is None else noise.floors(rows))
    never = _never_quiet(a_one, b_one) if same_clock else (False, False)
    enough = (rows["processes_a"] >= FEWEST) & (rows["processes_b"] >= FEWEST)
    gated = (_gated(a, code_a, count) & _gated(b, code_b, count)).astype(bool)
    judged = judge(
        result.log_ratio,
        result.error,
        result.degrees,
        floor=floats(rows["floor"]),
        decidable=enough.to_numpy() & gated & (not any(never)),
        margin=margin,
        level=level,
    )
    in_a, in_b = np.isin(np.arange(count), code_a), np.isin(np.arange(count), code_b)
    said = [NO_CANARY] * _no_canary(a_one, b_one) + [SIDE_NEVER_QUIET] * any(never)
    said += [OWN_CLOCK] * bool((rows["clock"] == "own").any())
    rows = rows.assign(
        ratio=np.exp(result.log_ratio),
        ci_low=np.where(gated, np.exp(judged.low), np.nan),
        ci_high=np.where(gated, np.exp(judged.high), np.nan),
        verdict=np.where(~in_b, ONLY_A, np.where(~in_a, ONLY_B, judged.verdict)),
        flags=_flags(a, code_a, b, code_b, count, said),
        p=judged.p,
        error=np.where(gated, result.error, np.nan),
        degrees=result.degrees,
    )
    return rows[list(COLUMNS)].astype(
        {"size": "Int64", "bytes": "Int64", "threads": "Int64", "shares_memory": "boolean"}
    )


def add_flag(comparison: pd.DataFrame, flag: str) -> pd.DataFrame:
    """Return the comparison with one more flag on every row."""
    return comparison.assign(flags=[f"{own};{flag}" if own else flag for own in comparison["flags"]])


def _matched(a: Side, b: Side, key: list[str]) -> tuple[Codes, Codes, int]:
    """Return the row of each side's cells, and how many rows there are."""
    keys = pd.concat([side.cells[key].astype(object) for side in (a, b)], ignore_index=True)
    codes, first = group_codes(keys, key)
    code_a, code_b = codes[: len(a.cells)], codes[len(a.cells) :]
    if not np.intersect1d(code_a, code_b).size:
        raise UsageError("A and B have no cell in common: no conversion with the same dtype, size, threads and cache")
    for name, own in (("A", code_a), ("B", code_b)):
        if len(np.unique(own)) < len(own):
            raise UsageError(f"{name} has cells that differ in nothing but what is compared across: give one of them")
    return code_a, code_b, len(first)


def _logs(side: Side, code: Codes) -> Logs:
    return Logs(side.logs, code[side.cell], side.process)


def _placed(values: Floats, code: Codes, count: int, missing: float = np.nan) -> Floats:
    result = np.full(count, missing)
    result[code] = values
    return result


def _gated(side: Side, code: Codes, count: int) -> np.ndarray:
    result = np.zeros(count, dtype=bool)
    result[code] = side.cells["gated"].to_numpy(dtype=bool)
    return result


def _one_machine(a: pd.DataFrame, b: pd.DataFrame) -> bool:
    names = {side["machine"].iloc[0] if len(side) else None for side in (a, b)}
    return len(names) == 1 and not pd.isna(names.pop())


def _no_clock(a: pd.DataFrame, b: pd.DataFrame) -> bool:
    return bool(a["clock"].isna().all() and b["clock"].isna().all())


def _no_canary(a: pd.DataFrame, b: pd.DataFrame) -> bool:
    return bool(a["canary"].isna().all() or b["canary"].isna().all())


def _never_quiet(a: pd.DataFrame, b: pd.DataFrame) -> tuple[bool, bool]:
    """Return for each side whether the other one shows that its core was shared throughout."""
    level_a, level_b = undisturbed_level(a), undisturbed_level(b)
    return level_a > NEVER_QUIET * level_b, level_b > NEVER_QUIET * level_a


def _flags(a: Side, code_a: Codes, b: Side, code_b: Codes, count: int, said: list[str]) -> list[str]:
    own: list[set[str]] = [set(said) for _ in range(count)]
    for side, code in ((a, code_a), (b, code_b)):
        for row, names in zip(code, side.cells["flags"], strict=True):
            own[row].update(name for name in names.split(";") if name)
    return [";".join(name for name in FLAGS if name in names) for names in own]
