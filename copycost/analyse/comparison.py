"""Two sets of rounds compared: per cell a ratio with its interval and a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from copycost.analyse.differences import Logs, difference
from copycost.analyse.doubts import DOUBTS, interrupted_share
from copycost.analyse.grouping import Codes, Floats, floats, group_codes
from copycost.analyse.noise_profile import NoiseProfile
from copycost.analyse.pairing import pairs
from copycost.analyse.quiet import NEVER_QUIET, mark_quiet
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
PLAIN_COPY_TOO = "plain-copy-too"
OTHER_INTERRUPTIONS = "other-interruptions"
FLAGS = (
    *(doubt.name for doubt in DOUBTS), SIDE_NEVER_QUIET, NO_CANARY, OWN_CLOCK, PLAIN_COPY_TOO, OTHER_INTERRUPTIONS,
)  # fmt: skip
"""All flags a row can have, in their order; whoever calls may add more, such as `method-differs`."""

INTERRUPTION_COST = 2.5
"""What a figure may change by, in log units, for each unit of change in the share of disturbed clock readings: 1.4 for
zero-copy calls and 2.1 for small copies between runs that were interrupted in 10% and in 7% of the readings."""
_FACTS = ["bytes", "shares_memory"]
_TYPES = {"size": "Int64", "bytes": "Int64", "threads": "Int64", "shares_memory": "boolean"}


def compare(
    a_rounds: pd.DataFrame,
    b_rounds: pd.DataFrame,
    *,
    margin: float = 0.03,
    noise: NoiseProfile | None = None,
    level: float = 0.95,
    same_clock: bool = True,
    across: Sequence[str] = (),
    allowance: float = 0.0,
) -> pd.DataFrame:
    """Return one row for each cell of either side.

    Args:
        a_rounds: the rounds frame of ``copycost.load``, of one machine and one arm: all rounds of the
            run, because the undisturbed speed is the run's.
        b_rounds: the other side, likewise.
        margin: half-width of what counts as the same, as a share.
        noise: the machine's noise profile; a difference below its floor is not called a change.
        allowance: the least noise floor of every cell, in log units, whatever the profile says.
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
        ``error`` (the standard error) are log units; ``clock`` is common, own or none. For two runs of one
        machine the floor holds what the plain copy beside a cell shares of its change, flagged
        ``plain-copy-too`` beyond the margin, and what it may be that one was interrupted more often than the other,
        flagged ``other-interruptions`` from a third of the margin on.

    Raises:
        UsageError: the sides have no cell in common, or one holds several arms or machines.
    """
    partners = pairs(a_rounds, b_rounds)
    a_one, b_one = mark_quiet(as_one(a_rounds, "A")), mark_quiet(as_one(b_rounds, "B"))
    one_machine = _one_machine(a_one, b_one)
    same_clock = same_clock and one_machine
    reference = common_clock(a_one, b_one) if same_clock else None
    a, b = one_side(a_one, reference), one_side(b_one, reference)
    at = _matched(a, b, [name for name in KEY if name not in across])
    result = difference(_logs(a, at.a), _logs(b, at.b), at.count, partners)
    clock = "common" if reference is not None else _own_clock(a_one, b_one)
    rows = _facts(a, b, at).assign(clock=clock, paired=result.paired, degrees=result.degrees)
    # A profile comes from arms by turns: what differs from one run to the next is not in it.
    floor = np.fmax(_least_noise(a, b, at, partners), 0.0 if noise is None else noise.floors(rows))
    # Only what two runs on one machine differ by can be the machine's doing; arms meet the same changes.
    shared = _shared(a, b, at, result.log_ratio) if one_machine and partners is None else np.zeros(at.count)
    interruptions = _interruptions(a, b) if one_machine and partners is None else 0.0
    rows = rows.assign(floor=np.fmax(floor, allowance) + shared + interruptions)

    never_quiet = same_clock and _one_never_quiet(a_one, b_one)
    gated = _gated(a, at.a, at.count) & _gated(b, at.b, at.count) & (not never_quiet)
    enough = rows[["processes_a", "processes_b"]].min(axis=1).to_numpy() >= FEWEST
    judged = judge(
        result.log_ratio,
        result.error,
        result.degrees,
        floor=floats(rows["floor"]),
        decidable=enough,
        gated=gated,
        margin=margin,
        level=level,
    )
    said = {
        NO_CANARY: _no_canary(a_one, b_one),
        SIDE_NEVER_QUIET: never_quiet,
        OWN_CLOCK: clock == "own",
        OTHER_INTERRUPTIONS: interruptions > np.log1p(margin) / 3,
    }
    rows = rows.assign(
        ratio=np.exp(result.log_ratio),
        ci_low=np.where(gated, np.exp(judged.low), np.nan),
        ci_high=np.where(gated, np.exp(judged.high), np.nan),
        error=np.where(gated, result.error, np.nan),
        p=judged.p,
        verdict=np.where(~at.in_b, ONLY_A, np.where(~at.in_a, ONLY_B, judged.verdict)),
        flags=_flags(a, b, at, {name for name, present in said.items() if present}, shared > np.log1p(margin)),
    )
    return rows[list(COLUMNS)].astype(_TYPES)


def add_flag(comparison: pd.DataFrame, flag: str) -> pd.DataFrame:
    """Return the comparison with one more flag on every row."""
    return comparison.assign(flags=[f"{own};{flag}" if own else flag for own in comparison["flags"]])


@dataclass(frozen=True)
class _Places:
    """Which row of the comparison each side's cells stand in."""

    a: Codes
    b: Codes
    count: int

    @property
    def in_a(self) -> np.ndarray:
        return np.isin(np.arange(self.count), self.a)

    @property
    def in_b(self) -> np.ndarray:
        return np.isin(np.arange(self.count), self.b)


def _matched(a: Side, b: Side, key: list[str]) -> _Places:
    keys = pd.concat([side.cells[key].astype(object) for side in (a, b)], ignore_index=True)
    codes, first = group_codes(keys, key)
    at = _Places(codes[: len(a.cells)], codes[len(a.cells) :], len(first))
    if not np.intersect1d(at.a, at.b).size:
        raise UsageError("A and B have no cell in common: no conversion with the same dtype, size, threads and cache")
    for name, own in (("A", at.a), ("B", at.b)):
        if len(np.unique(own)) < len(own):
            raise UsageError(f"{name} has cells that differ in nothing but what is compared across: give one of them")
    return at


def _facts(a: Side, b: Side, at: _Places) -> pd.DataFrame:
    """Return the rows with what identifies them (side A's where both have it) and each side's figures."""
    facts = pd.concat([side.cells[[*KEY, *_FACTS]].astype(object) for side in (a, b)], ignore_index=True)
    _, first = np.unique(np.concatenate([at.a, at.b]), return_index=True)
    rows = facts.iloc[first].reset_index(drop=True)
    for name, side, code in (("a", a, at.a), ("b", b, at.b)):
        seconds, processes = np.full(at.count, np.nan), np.zeros(at.count, dtype=np.int64)
        seconds[code] = floats(side.cells["seconds"])
        processes[code] = side.cells["processes"].to_numpy()
        rows = rows.assign(**{f"seconds_{name}": seconds, f"processes_{name}": processes})
    return rows


def _least_noise(a: Side, b: Side, at: _Places, partners: object) -> Floats:
    """Return the noise floor that is the least, whatever a profile says, in log units.

    What changed between two runs, besides what is compared, is not known from either; it is taken to be no
    less than what changed between one run's own processes. The arms of one run meet the same changes, and
    need no such allowance.
    """
    if partners is not None:
        return np.zeros(at.count)
    floor = np.zeros(at.count)
    for side, code in ((a, at.a), (b, at.b)):
        floor[code] = np.fmax(floor[code], np.nan_to_num(floats(side.cells["between_processes"])))
    return floor


def _shared(a: Side, b: Side, at: _Places, log_ratio: Floats) -> Floats:
    """Return how much of each log ratio the plain copy beside the cell shares; 0 where none was timed.

    From one run to the next, copies of some MiB change with what else the caches and the memory are used for
    and with where their pages lie. A plain copy of the same bytes, timed right after each round, changes
    alike: what it shares is the machine's doing and not called a change, on top of what is noise anyway.
    """
    plain = [np.full(at.count, np.nan), np.full(at.count, np.nan)]
    for own, side, code in zip(plain, (a, b), (at.a, at.b), strict=True):
        own[code] = np.log(floats(side.cells["seconds"]) / floats(side.cells["copy_ratio"]))
    change = plain[1] - plain[0]
    same_way = np.sign(change) == np.sign(log_ratio)
    shared: Floats = np.where(same_way, np.abs(change), 0.0)
    return shared


def _interruptions(a: Side, b: Side) -> float:
    """Return by how much figures may differ, in log units, because one run was interrupted more often."""
    shares = [interrupted_share(side.cells) for side in (a, b)]
    if any(np.isnan(share).all() for share in shares):
        return 0.0
    return INTERRUPTION_COST * abs(float(np.nanmedian(shares[0])) - float(np.nanmedian(shares[1])))


def _logs(side: Side, code: Codes) -> Logs:
    return Logs(side.logs, code[side.cell], side.process)


def _gated(side: Side, code: Codes, count: int) -> np.ndarray:
    result = np.zeros(count, dtype=bool)
    result[code] = side.cells["gated"].to_numpy(dtype=bool)
    return result


def _one_machine(a: pd.DataFrame, b: pd.DataFrame) -> bool:
    names = {side["machine"].iloc[0] if len(side) else None for side in (a, b)}
    return len(names) == 1 and not pd.isna(names.pop())


def _own_clock(a: pd.DataFrame, b: pd.DataFrame) -> str:
    return "own" if a["clock"].notna().any() or b["clock"].notna().any() else "none"


def _no_canary(a: pd.DataFrame, b: pd.DataFrame) -> bool:
    return bool(a["canary"].isna().all() or b["canary"].isna().all())


def _one_never_quiet(a: pd.DataFrame, b: pd.DataFrame) -> bool:
    """Return whether one side shows that the other's core was shared throughout."""
    levels = sorted(undisturbed_level(side) for side in (a, b))
    return levels[1] > NEVER_QUIET * levels[0]


def _flags(a: Side, b: Side, at: _Places, said: set[str], shared: np.ndarray) -> list[str]:
    own = [{*said, PLAIN_COPY_TOO} if too else set(said) for too in shared]
    for side, code in ((a, at.a), (b, at.b)):
        for row, names in zip(code, side.cells["flags"], strict=True):
            own[row].update(names.split(";"))
    return [";".join(name for name in FLAGS if name in names) for names in own]
