"""Several runs, or those of one machine in the order of time, as charts are drawn from them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from copycost.errors import UsageError
from copycost.show.charts.frames import HISTORY, RUNS
from copycost.show.many_runs import expanded, read_many
from copycost.show.plot_subject import Subject, arms_of, source_name
from copycost.store.bad_files import OnBad

_NUMBER = re.compile(r" \(\d+\)@")
_TIMES = ("seconds", "ci_low", "ci_high")


def runs_subject(typed: Sequence[str], results: Path, on_bad: OnBad | None = None) -> Subject:
    """Return several runs or arms, each by its name; runs of one machine are read at one clock frequency.

    Raises:
        UsageError: there is one only, or one cannot be read.
    """
    typed = arms_of(typed[0], results) if len(typed) == 1 else list(typed)
    read = read_many(expanded(typed, results, on_bad), on_bad)
    if len(read.facts) < 2:
        raise UsageError(f"several runs or arms are needed, {typed[0]} is one")
    cells = read.cells.assign(run=read.cells["run"].map(_names([str(one["name"]) for one in read.facts])))
    # A time at another clock is proportional to it.
    common = cells.groupby(cells["machine"].astype(object), dropna=False)["clock"].transform("median")
    factor = (common / cells["clock"]).fillna(1.0)
    cells = cells.assign(arm="", **{name: cells[name] * factor for name in _TIMES})
    return Subject(RUNS, cells, tuple(source_name(one, results) for one in typed))


def _names(runs: Sequence[str]) -> dict[str, str]:
    """Return what each run or arm is called on a chart: arms of one run by their arms alone."""
    # A run of which several arms were typed was read once for each, and numbered.
    plain = {run: _NUMBER.sub("@", run) for run in runs}
    if len(set(plain.values())) < len(runs):
        return dict(zip(runs, runs, strict=True))
    if all("@" in name for name in plain.values()) and len({name.partition("@")[0] for name in plain.values()}) == 1:
        return {run: name.partition("@")[2] for run, name in plain.items()}
    return plain


def history_subject(label: str, results: Path) -> Subject:
    """Return the history of the runs that a label names."""
    from copycost.show.history_view import read_history

    return series_subject(read_history(label, results).series, label)


def series_subject(series: pd.DataFrame, label: str) -> Subject:
    """Return a history that is already read."""
    return Subject(HISTORY, series, (label,), about=(label, f"{series['run'].nunique()} runs"))
