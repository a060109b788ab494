"""The runs of one machine in the order of time, as far as they were measured alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from copycost.analyse.common_clock import at_shared_clocks
from copycost.analyse.fingerprint import differing_among
from copycost.analyse.history import series
from copycost.analyse.run import Run
from copycost.errors import UsageError
from copycost.store.bad_files import OnBad, tolerant


@dataclass(frozen=True)
class RunHistory:
    """The runs of one machine in the order of time.

    Attributes:
        series: the frame of ``copycost.analyse.history.series``.
        unfinished: name and status of each run that is not complete.
        left_out: name of each run that was measured by another method than the newest, and in what that differs.
        cpu_model: that of all runs, where they are of several machines: what differs may be the machines'.
        machines: how many there are.
    """

    series: pd.DataFrame
    unfinished: Sequence[tuple[str, str]] = ()
    left_out: Sequence[tuple[str, str]] = ()
    cpu_model: str | None = None
    machines: int = 1


def run_history(runs: Sequence[Run], *, on_bad: OnBad | None = None) -> RunHistory:
    """Return the history of runs; runs of other methods than the newest's are left out.

    Machines of one CPU model, as continuous integration gives each night another, are taken as one, and told.

    Raises:
        UsageError: they are of several CPU models, or of machines whose model is not known,
            or of several arms of one run; or none tells its time.
    """
    machines = sorted({run.machine["machine"] or "unknown machine" for run in runs})
    models = {run.machine.get("cpu_model") for run in runs}
    of_one_model = len(models) == 1 and None not in models
    if len(machines) > 1 and not of_one_model:
        raise UsageError(f"a history is of one machine, these runs are of several: {', '.join(machines)}")
    names = [run.name.partition("@")[0] for run in runs]
    split = next((name for name in names if names.count(name) > 1), None)
    if split is not None:
        raise UsageError(f"{split} has several arms, give one of them: LABEL@ARM")
    dated = [(tolerant(lambda run: run.created, on_bad)(run), run) for run in runs]
    known = sorted([(created, run) for created, run in dated if created is not None], key=lambda pair: pair[0])
    if not known:
        raise UsageError(f"nothing is left to read: {len(dated)} skipped")
    newest = known[-1][1]
    fields = {run.name: ", ".join(differing_among([newest.method, run.method])) for _, run in known}
    alike = [(created, run) for created, run in known if not fields[run.name]]
    cells = _at_the_newest_ones_clock([run for _, run in alike])
    rows = [(run.name, created, cells[run.name]) for created, run in alike if len(cells[run.name])]
    unfinished = [(run.name, run.unfinished) for _, run in alike if run.unfinished]
    left_out = [(name, field) for name, field in fields.items() if field]
    model = str(*models) if len(machines) > 1 else None
    return RunHistory(series(rows), unfinished, left_out, model, len(machines))


def _at_the_newest_ones_clock(runs: Sequence[Run]) -> dict[str, pd.DataFrame]:
    """Return the estimates of runs by name, at the clock of the newest one with the same Python.

    Otherwise a run on a slower clock would read as a step.
    """
    newest_first = list(reversed(runs))
    cells = pd.concat([run.estimates.assign(run=run.name) for run in newest_first], ignore_index=True)
    moved = at_shared_clocks(cells, {run.name: run.machine.get("python") for run in runs})
    return {run.name: moved[(moved["run"] == run.name).to_numpy()] for run in runs}
