"""What charts are drawn from: one run, two compared, several, a history, a noise profile, any suite's benchmarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.analyse.bootstrap import bootstrap
from copycost.analyse.ceilings import ceilings
from copycost.analyse.estimates import estimate_cells
from copycost.analyse.processes import per_process
from copycost.analyse.quiet import mark_quiet
from copycost.errors import UsageError
from copycost.show.charts.frames import HISTORY, NOISE, PAIR, RUN, RUNS
from copycost.show.compare_side import read_side
from copycost.show.run_view import RunView
from copycost.store.bad_files import OnBad
from copycost.store.loading import load
from copycost.store.names import as_unicode
from copycost.store.places import find
from copycost.store.record import RECORD, read_record


@dataclass(frozen=True)
class Subject:
    """A frame of one kind with what is said and drawn beside it.

    ``sources`` name what it was read from (see ``source_name``), and ``choice`` how: with both it can be read
    again. The rest is as in ``copycost.show.charts.gallery.draw``.
    """

    shows: str
    frame: pd.DataFrame
    sources: tuple[str, ...]
    machine: Mapping[str, Any] | None = None
    rounds: pd.DataFrame | None = None
    names: tuple[str, str] = ("A", "B")
    about: tuple[str, ...] = ()
    choice: Mapping[str, Any] = field(default_factory=dict)

    @property
    def provenance(self) -> dict[str, Any]:
        """What each chart file says of it."""
        return {"shows": self.shows, "sources": list(self.sources), "choice": dict(self.choice)}


def read_subject(
    shows: str, typed: Sequence[str], results: Path, choice: Mapping[str, Any], on_bad: OnBad | None = None
) -> Subject:
    """Return the subject of a kind that was typed.

    Args:
        shows: the kind of frame.
        typed: runs, files or arms as RUN@ARM; of a history its label.
        results: the folder that holds the runs.
        choice: of a comparison ``margin`` and ``anyway``, of a suite ``x``, ``line`` and
            ``panel``, where they were given.
        on_bad: as for ``load``.

    Raises:
        UsageError: it cannot be read, or is of another kind.
    """
    # Each kind has libraries of its own; a run's charts should not wait for them.
    if shows == RUN:
        return run_subject(typed, results, on_bad)
    if shows == PAIR:
        from copycost.show.plot_pair import pair_subject

        return pair_subject(typed, results, choice, on_bad)
    if shows == RUNS:
        from copycost.show.plot_runs import runs_subject

        return runs_subject(typed, results, on_bad)
    if len(typed) != 1:
        raise UsageError(f"one source is needed, not {len(typed)}: {', '.join(typed)}")
    if shows == HISTORY:
        from copycost.show.plot_runs import history_subject

        return history_subject(typed[0], results)
    if shows == NOISE:
        from copycost.show.noise_chart import noise_subject

        return noise_subject(_file(Path(typed[0]), "a noise profile"))
    from copycost.show.plot_parameters import parameters_subject

    path = _file(find(typed[0], results), "a pytest-benchmark file")
    return parameters_subject(path, **{name: choice.get(name) for name in ("x", "line", "panel")})


def _file(path: Path, needed: str) -> Path:
    if not path.is_file():
        raise UsageError(f"{needed} is needed; {path} is {'a folder' if path.is_dir() else 'no file'}")
    return path


def view_subject(view: RunView, source: str | None = None) -> Subject:
    """Return a run that is already read; ``source`` names it, else the run's name in its cells does."""
    runs = [str(run) for run in view.cells["run"].unique()]
    return _measured(view.rounds, view.record, (source,) if source else tuple(runs))


def _measured(rounds: pd.DataFrame, record: Mapping[str, Any] | None, sources: tuple[str, ...]) -> Subject:
    precision = record["plan"].get("precision") if record else None
    processes = per_process(rounds)
    cells = estimate_cells(processes, precision)
    return Subject(
        RUN,
        ceilings(cells, bootstrap(cells, processes)),
        sources,
        machine=record["machine"] if record else None,
        rounds=rounds,
    )


def run_subject(typed: Sequence[str], results: Path, on_bad: OnBad | None = None) -> Subject:
    """Return one run, with all its arms unless one is named, or several runs to stand in panels of their own."""
    subjects = [_one_run(one, results, on_bad) for one in typed]
    if len(subjects) == 1:
        return subjects[0]
    machines = [subject.machine for subject in subjects]
    return Subject(
        RUN,
        pd.concat([_of_run(subject.frame, subject.sources[0]) for subject in subjects], ignore_index=True),
        tuple(source for subject in subjects for source in subject.sources),
        machine=machines[0] if all(machine == machines[0] for machine in machines) else None,
        rounds=pd.concat(
            [_of_run(subject.rounds, subject.sources[0]) for subject in subjects if subject.rounds is not None],
            ignore_index=True,
        ),
    )


def _one_run(typed: str, results: Path, on_bad: OnBad | None) -> Subject:
    sources = (source_name(typed, results),)
    if "@" in typed and not Path(typed).exists():
        side = read_side(typed, results, on_bad)
        return _measured(mark_quiet(side.rounds), side.record or None, sources)
    path = find(typed, results)
    record = read_record(path) if (path / RECORD).is_file() else None
    return _measured(mark_quiet(load(path, on_bad)), record, sources)


def _of_run(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame.assign(run=name)


def arms_of(typed: str, results: Path) -> list[str]:
    """Return a run's arms as RUN@ARM; the run itself where one arm is named or there are none to choose from.

    Raises:
        UsageError: there is no such run.
    """
    if "@" in typed and not Path(typed).exists():
        return [typed]
    path = find(typed, results)
    if not (path / RECORD).is_file():
        return [typed]
    record = read_record(path)
    measured = list(dict.fromkeys(str(process.get("arm")) for process in record["processes"]))
    planned = [str(arm.get("name")) for arm in record["arms"]]
    arms = [arm for arm in planned if arm in measured] or measured
    return [f"{typed}@{arm}" for arm in arms] if len(arms) > 1 else [typed]


def source_name(typed: str, results: Path) -> str:
    """Return what names a run or file in a chart's provenance: its path below the results, else its own name."""
    run, at, arm = typed.rpartition("@")
    if not at or Path(typed).exists():
        run, at, arm = typed, "", ""
    path = find(run, results).resolve()
    home = results.resolve()
    name = as_unicode(path.relative_to(home).as_posix() if path != home and path.is_relative_to(home) else path.name)
    return f"{name}{at}{arm}"
