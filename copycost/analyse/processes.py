"""One row per cell and process: the middle step between rounds and estimates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.clock import correct, reference_clock
from copycost.analyse.grouping import CELL, Floats, floats, group_codes, group_mean, group_median
from copycost.analyse.quiet import disturbed, mark_quiet

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
TEXTS = [*CELL, "expression", "documented", "result_dtype"]


def per_process(rounds: pd.DataFrame, *, clock_reference: float | None = None) -> pd.DataFrame:
    """Return what each process says about each cell.

    Args:
        rounds: the rounds frame of ``copycost.load``; all rounds of a run, because the undisturbed
            speed and the reference clock are the run's.
        clock_reference: the clock, in seconds, that times are corrected to; by default each run's
            own median.

    Returns:
        The cell's key and facts, ``process``, ``n_rounds``, ``n_quiet`` (rounds of unknown quietness count as
        quiet, and ``gating`` is False there), ``n_disturbed`` (see ``disturbed``), ``log_quiet`` and ``log_all`` (log
        of the median seconds at the reference clock, of quiet and of all rounds), ``raw`` (median seconds as
        measured), ``ratio_quiet`` and ``ratio_all`` (log of the median ratio to the plain copy beside it),
        ``page_faults`` (mean per call), ``clock`` (the reference), ``clock_seen`` (median as measured) and
        ``contended_process``.
    """
    marked = mark_quiet(rounds)
    codes, first = group_codes(marked, [*CELL, "process"])
    count = len(first)
    reference = reference_clock(marked, clock_reference)
    value = correct(marked, reference)
    unknown = marked["quiet"].isna().to_numpy()
    quiet = marked["quiet"].to_numpy(dtype=bool, na_value=True)

    def median(values: Floats) -> Floats:
        return group_median(values, codes, count)

    of_all = median(value)
    of_quiet = of_all if quiet.all() else group_median(value[quiet], codes[quiet], count)
    columns = {
        "n_rounds": np.bincount(codes, minlength=count),
        "n_quiet": np.bincount(codes[quiet], minlength=count),
        "n_disturbed": np.bincount(codes[disturbed(marked)], minlength=count),
        "gating": np.bincount(codes[~unknown], minlength=count) > 0,
        "log_quiet": _log(of_quiet),
        "log_all": _log(of_all),
        "raw": median(floats(marked["seconds"])) if np.isfinite(reference).any() else of_all,
        "ratio_quiet": np.full(count, np.nan),
        "ratio_all": np.full(count, np.nan),
        "page_faults": group_mean(floats(marked["page_faults"]), codes, count),
        "clock": reference[first],
        "clock_seen": median(floats(marked["clock"])),
    }
    copied = floats(marked["copy_seconds"]) > 0
    if copied.any():
        # Both were timed within the same millisecond, so the ratio needs no clock correction.
        ratio = floats(marked["seconds"])[copied] / floats(marked["copy_seconds"])[copied]
        among, was_quiet = codes[copied], quiet[copied]
        columns["ratio_all"] = _log(group_median(ratio, among, count))
        columns["ratio_quiet"] = _log(group_median(ratio[was_quiet], among[was_quiet], count))
    facts = marked[[*CELL, "process", *FACTS, "contended_process"]].iloc[first]
    facts = facts.astype(dict.fromkeys(_categoricals(facts), object)).reset_index(drop=True)
    return facts.assign(**columns)


def _categoricals(frame: pd.DataFrame) -> list[str]:
    return [name for name in TEXTS if isinstance(frame[name].dtype, pd.CategoricalDtype)]


def _log(values: Floats) -> Floats:
    # A median of zero means that the timer could not see the call: unknown, not minus infinity.
    return np.log(values, out=np.full(len(values), np.nan), where=values > 0)
