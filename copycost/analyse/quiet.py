"""Which rounds were quiet: the core was not shared while they ran.

The index of contention is canary / clock. The canary (throughput-bound) slows 1.7 times when a
neighbour shares the core, the clock (latency-bound) hardly at all, so their ratio follows
contention and not the clock frequency, and can be compared between processes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.grouping import (
    ARM,
    CELL,
    Codes,
    Floats,
    floats,
    group_codes,
    group_mean,
    group_median,
    group_quantile,
    group_sum,
)

LOWEST_SHARE = 0.01
"""Quiet rounds must be at least this share of all: the lowest index is this quantile of it."""
CLUSTER = 1.3
"""Quiet rounds lie between the lowest index and this multiple; a neighbour slows the canary 1.5 times and more."""
BEST_SHARE = 0.02
QUIET = 1.12
"""A round is quiet up to this multiple of its context's undisturbed level."""
INTERRUPTED = 0.75
"""Below this multiple it was the clock that was disturbed: the round tells nothing."""
CONTEXT_BOUND = 1.25
CELL_BOUND = 1.12
"""One cell's level is at most this multiple of its context's: a neighbour slows the canary 1.38 times and more."""
DISTURBED = 1.3
"""The clock's reading is disturbed beyond this multiple of its process's median; a neighbour slows it 1.04 times."""
NEVER_QUIET = 1.3


def contention_index(rounds: pd.DataFrame, disturbed: np.ndarray) -> Floats:
    """Return canary / clock of each round (the canary alone where an arm has no clock).

    The index is NaN where the clock's own reading was disturbed and tells nothing: its ratio, however low, is no
    sign of a quiet core.

    Args:
        rounds: of whole arms.
        disturbed: whether each round's clock reading was, see ``disturbed_readings``.
    """
    canary = floats(rounds["canary"])
    clock = floats(rounds["clock"])
    arm, first = group_codes(rounds, ARM)
    has_clock = group_sum(~np.isnan(clock), arm, len(first)) > 0
    clock = np.where(has_clock[arm], clock, 1.0)
    return canary / np.where((clock > 0) & ~disturbed, clock, np.nan)


def disturbed_readings(rounds: pd.DataFrame) -> np.ndarray:
    """Return for each round whether its clock's reading was disturbed: far longer than its process's median.

    Some virtual machines are interrupted for a microsecond or two more than ten thousand times a second. One reading
    in ten is then half as long again or twice as long; how many are tells how much of that is in every figure.
    """
    clock = floats(rounds["clock"])
    process, first = group_codes(rounds, [*ARM, "process"])
    usual = group_median(clock, process, len(first))[process]
    found: np.ndarray = clock > DISTURBED * usual
    return found


def mark_quiet(rounds: pd.DataFrame) -> pd.DataFrame:
    """Add to each round whether it was quiet, and whether its process never was.

    The undisturbed level is taken per arm (other interpreters have other canaries) from all its
    processes, because a process can be contended from its first round to its last. What a cell does to the caches
    slows the canary, so that copies of as many bytes have a level of their own, at most 1.25 times the arm's, and
    one cell at most 1.12 times that: it may have been measured beside a neighbour in all its visits, and have no
    other level to tell. Calls that share memory leave the caches alone and have one level together.

    Returns:
        The rounds with three more columns: ``quiet`` (boolean, NA where there is no canary),
        ``contended_process`` (bool; its best rounds are more than 1.3 times the arm's level, so
        none of them counts as quiet) and ``disturbed`` (bool; see ``disturbed_readings``).
    """
    disturbed = disturbed_readings(rounds)
    if rounds["canary"].isna().all():
        unknown = np.ones(len(rounds), dtype=bool)
        return rounds.assign(
            quiet=pd.arrays.BooleanArray(~unknown, unknown), contended_process=False, disturbed=disturbed
        )
    index = contention_index(rounds, disturbed)
    arm, arm_first = group_codes(rounds, ARM)
    context, context_first = _contexts(rounds)
    level = undisturbed(index, arm, len(arm_first))
    clocked = np.where(index >= INTERRUPTED * level[arm], index, np.nan)
    own = undisturbed(clocked, context, len(context_first))
    of_arm = level[arm[context_first]]
    own = np.clip(np.fmax(own, of_arm), of_arm, CONTEXT_BOUND * of_arm)
    cell, cell_first = group_codes(rounds, CELL)
    of_context = own[context[cell_first]]
    of_cell = undisturbed(clocked, cell, len(cell_first))
    relative = index / np.clip(np.fmax(of_cell, of_context), of_context, CELL_BOUND * of_context)[cell]
    contended = _contended(rounds, index, arm, level)
    quiet = (relative <= QUIET) & (relative >= INTERRUPTED) & ~contended
    return rounds.assign(
        quiet=pd.arrays.BooleanArray(quiet, np.isnan(index) & ~_has_canary(index, arm)),
        contended_process=contended,
        disturbed=disturbed,
    )


def _contexts(rounds: pd.DataFrame) -> tuple[Codes, Codes]:
    """Return the context of each round, in which the canary is slowed alike, and the first round of each context."""
    shares = rounds["shares_memory"].to_numpy(dtype=bool, na_value=False)
    moved = np.where(shares, -1.0, floats(rounds["bytes"]))
    reference = (rounds["direction"] == "reference").to_numpy(dtype=bool, na_value=False)
    columns = [*ARM, "threads", "cache"]
    return group_codes(rounds[columns].assign(moved=moved, reference=reference), [*columns, "moved", "reference"])


def marked(rounds: pd.DataFrame) -> pd.DataFrame:
    """Return rounds with the columns of ``mark_quiet``: as they are where they have been marked already."""
    return rounds if "quiet" in rounds else mark_quiet(rounds)


def undisturbed(index: Floats, codes: Codes, count: int) -> Floats:
    """Return the middle of the lowest cluster of the index, however few of a group's rounds are in it."""
    lowest = group_quantile(index, codes, count, LOWEST_SHARE)
    # Few rounds have their quantile between two of them, so the lowest one is let in.
    in_cluster = (index >= lowest[codes] / CLUSTER) & (index <= CLUSTER * lowest[codes])
    return group_median(index[in_cluster], codes[in_cluster], count)


def undisturbed_level(rounds: pd.DataFrame) -> float:
    """Return the undisturbed contention index of all marked rounds together; NaN where no canary was taken."""
    index = contention_index(rounds, rounds["disturbed"].to_numpy(dtype=bool))
    return float(undisturbed(index, np.zeros(len(index), dtype=np.int64), 1)[0])


def _contended(rounds: pd.DataFrame, index: Floats, arm: Codes, level: Floats) -> np.ndarray:
    process, first = group_codes(rounds, [*ARM, "process"])
    best = group_quantile(index, process, len(first), BEST_SHARE)
    never: np.ndarray = best > NEVER_QUIET * level[arm[first]]
    return never[process]


def _has_canary(index: Floats, arm: Codes) -> np.ndarray:
    """Return per round whether its arm has canaries: then one without is not known to be quiet."""
    known = group_mean(np.isfinite(index).astype(np.float64), arm, int(arm.max(initial=-1)) + 1)
    result: np.ndarray = known[arm] > 0
    return result
