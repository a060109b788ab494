"""One row per cell and process: the middle step between rounds and estimates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.common_clock import ClockReference, corrected_seconds, reference_clock
from copycost.analyse.device import at_its_own_clock
from copycost.analyse.grouping import CELL, Floats, floats, group_codes, group_mean, group_median
from copycost.store.rounds import SUITE_NUMBERS, SUITE_TEXTS

FACTS = [
    "bytes",
    "result_bytes",
    "block",
    "expression",
    "documented",
    "shares_memory",
    "result_dtype",
    "partial_gating",
]
SESSION = ["session", "address_layout"]
TEXTS = [*CELL, "expression", "documented", "result_dtype"]
ENOUGH_IN_PROCESS = 2
"""Quiet rounds from which a process's median counts."""


def per_process(rounds: pd.DataFrame, *, clock_reference: ClockReference = None) -> pd.DataFrame:
    """Return what each process says about each cell.

    Args:
        rounds: the rounds of a run that ``mark_quiet`` has marked; all of them, because the reference clock is the
            run's.
        clock_reference: the clock, in seconds, that times are corrected to, of all or by arm; by default each run's
            own median.

    Returns:
        The cell's key and facts, ``process``, ``n_rounds``, ``n_quiet`` (rounds of unknown quietness count as
        quiet, and ``gating`` is False there), ``n_disturbed`` (whose clock reading was), ``log_quiet`` and ``log_all``
        (log of the median seconds at the reference clock, of quiet and of all rounds), ``raw`` (median seconds as
        measured), ``ratio_quiet`` and ``ratio_all`` (log of the median ratio to the plain copy beside it),
        ``session`` and ``address_layout`` (numbers; NaN where the file does not say), ``page_faults`` (mean per call),
        ``clock`` (the reference; NaN for what a device's link bounds, which is given
        as measured), ``clock_seen`` (median as measured) and ``contended_process``; of another suite
        what it tells beside.
    """
    codes, first = group_codes(rounds, [*CELL, "process"])
    count = len(first)
    reference = np.where(at_its_own_clock(rounds), np.nan, reference_clock(rounds, clock_reference))
    seconds = corrected_seconds(rounds, reference)
    unknown = rounds["quiet"].isna().to_numpy()
    quiet = rounds["quiet"].to_numpy(dtype=bool, na_value=True)

    def median(values: Floats) -> Floats:
        return group_median(values, codes, count)

    of_all = median(seconds)
    of_quiet = of_all if quiet.all() else group_median(seconds[quiet], codes[quiet], count)
    columns = {
        "n_rounds": np.bincount(codes, minlength=count),
        "n_quiet": np.bincount(codes[quiet], minlength=count),
        "n_disturbed": np.bincount(codes[rounds["disturbed"].to_numpy(dtype=bool)], minlength=count),
        "gating": np.bincount(codes[~unknown], minlength=count) > 0,
        "log_quiet": _log(of_quiet),
        "log_all": _log(of_all),
        "raw": median(floats(rounds["seconds"])) if np.isfinite(reference).any() else of_all,
        "ratio_quiet": np.full(count, np.nan),
        "ratio_all": np.full(count, np.nan),
        "page_faults": group_mean(floats(rounds["page_faults"]), codes, count),
        "clock": reference[first],
        "clock_seen": median(floats(rounds["clock"])),
    }
    copied = floats(rounds["copy_seconds"]) > 0
    if copied.any():
        # Both were timed within the same millisecond, so the ratio needs no clock correction.
        ratio = floats(rounds["seconds"])[copied] / floats(rounds["copy_seconds"])[copied]
        among, was_quiet = codes[copied], quiet[copied]
        columns["ratio_all"] = _log(group_median(ratio, among, count))
        columns["ratio_quiet"] = _log(group_median(ratio[was_quiet], among[was_quiet], count))
    columns |= {name: floats(rounds[name].iloc[first]) for name in SESSION}
    suite = [name for name in (*SUITE_TEXTS, *SUITE_NUMBERS) if name in rounds]
    facts = rounds[[*CELL, "process", *FACTS, "contended_process", *suite]].iloc[first]
    facts = facts.astype(dict.fromkeys(_categoricals(facts), object)).reset_index(drop=True)
    return facts.assign(**columns)


def enough_quiet(processes: pd.DataFrame) -> np.ndarray:
    """Return for each cell and process whether its quiet rounds have a median that counts."""
    n_quiet = floats(processes["n_quiet"])
    enough: np.ndarray = (n_quiet >= ENOUGH_IN_PROCESS) | (n_quiet == floats(processes["n_rounds"]))
    return enough


def gated_logs(processes: pd.DataFrame, gated: np.ndarray, name: str = "log") -> Floats:
    """Return the logs that a cell's estimate is made from; NaN where a process has too few quiet rounds.

    Args:
        processes: the frame of ``per_process``.
        gated: for each row, whether its cell is estimated from quiet rounds; from all rounds where it is not.
        name: ``log`` for seconds or ``ratio`` for the ratio to the plain copy.
    """
    of_quiet = np.where(enough_quiet(processes), floats(processes[f"{name}_quiet"]), np.nan)
    return np.where(gated, of_quiet, floats(processes[f"{name}_all"]))


def _categoricals(frame: pd.DataFrame) -> list[str]:
    return [
        name for name in (*TEXTS, *SUITE_TEXTS) if name in frame and isinstance(frame[name].dtype, pd.CategoricalDtype)
    ]


def _log(values: Floats) -> Floats:
    # A median of zero means that the timer could not see the call: unknown, not minus infinity.
    return np.log(values, out=np.full(len(values), np.nan), where=values > 0)
