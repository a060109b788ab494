"""What a person typed, as runs: the only way from words to measurements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import chain, count
from pathlib import Path

import pandas as pd

from copycost.analyse.run import Run
from copycost.analyse.run_pool import FEWEST, in_processes
from copycost.analyse.where import Where
from copycost.errors import UsageError, nearest
from copycost.store.bad_files import OnBad, Refusals, tolerant
from copycost.store.cell_table import to_frame, to_table
from copycost.store.kept_cells import KeptCells
from copycost.store.labels import labels
from copycost.store.names import as_unicode
from copycost.store.places import CLUSTER, RunPlace, find, is_tree, places
from copycost.store.record import RECORD

Progress = Callable[[int, int], None]
"""What is called with how many runs are read, and of how many, after each."""


def select(
    words: Sequence[str],
    results: Path,
    *,
    on_bad: OnBad | None = None,
    progress: Progress | None = None,
    where: Where | None = None,
) -> list[Run]:
    """Return the runs that words stand for, no two of one name.

    Args:
        words: each a run's name, its folder, ``latest``, a pytest-benchmark file, an address (``s3://…``), a tree,
            which stands for all runs in it, or any of these with ``@`` and the name of an arm after it.
        results: the folder that holds the runs.
        on_bad: called with the reason for each run, or file of it, that cannot be read; the others are returned all
            the same. Without it, the first ends the reading.
        progress: see ``Progress``; only where there are many.
        where: what the runs are narrowed to; one of which nothing is left is left out.

    Raises:
        UsageError: a word stands for nothing, or no run is left.
    """
    return [run for runs in _selected(words, results, on_bad, progress, where) for run in runs]


def select_sides(
    words: Sequence[str], results: Path, *, on_bad: OnBad | None = None, where: Where | None = None
) -> list[Run]:
    """Return one run of one arm for each word, as a comparison needs it; the runs of a tree are taken together.

    Raises:
        UsageError: as from `select`; or a run has several arms and none is named.
    """
    sides = []
    for word, runs in zip(words, _selected(words, results, on_bad, where=where), strict=True):
        for run in runs:
            require_one_arm(run, word)
        sides.append(one_run(word, runs, results))
    return sides


def require_one_arm(run: Run, word: str) -> None:
    """Refuse a run of several arms as a side of a comparison; ``word`` is what stands for the run.

    Raises:
        UsageError: it has several arms; the message names them.
    """
    if len(run.arms) > 1:
        arms = ", ".join(f"{word}@{arm}" for arm in run.arms)
        raise UsageError(f"{word} has several arms, compare one of them: {arms}")


def select_one(word: str, results: Path, *, on_bad: OnBad | None = None, where: Where | None = None) -> Run:
    """Return the one run that a word stands for, with all its arms; the runs of a tree are taken together.

    Raises:
        UsageError: as from `select`.
    """
    (runs,) = _selected([word], results, on_bad, where=where)
    return one_run(word, runs, results)


def one_run(word: str, runs: Sequence[Run], results: Path) -> Run:
    """Return runs that a word stands for as one; so are the reports of another suite that a file or folder holds."""
    if len(runs) == 1 and not runs[0].has_several_reports:
        return runs[0]
    path = find(_run_and_arm(word)[0], results)
    together = Run.together(as_unicode(path.resolve().name), path, runs)
    together.source = source_name(path, results)
    return together


def select_history(label: str, results: Path, *, on_bad: OnBad | None = None, where: Where | None = None) -> list[Run]:
    """Return the runs that a label names, of each that has several arms all of them.

    Args:
        label: a machine's name, a CPU model, or how the names of the runs begin; ``@`` and an arm's name may come
            after it, as it does in some CPUs' names.
        results: the folder that holds the runs.
        on_bad: as for `select`.

    Raises:
        UsageError: no run has that label.
    """
    folders = [place for place in places(results) if (place.path / RECORD).is_file()] if results.is_dir() else []
    runs = [Run(place.name, place.path, source=place.name, on_bad=on_bad) for place in folders]
    known = [run for run in runs if tolerant(lambda run: run.record, on_bad)(run) is not None]
    start, at, arm = label.rpartition("@")
    for wanted, arm_wanted in ((label, ""), (start, arm)) if at else ((label, ""),):
        labelled = [
            run
            for run in known
            if run.record["processes"] and (run.name.startswith(wanted) or wanted in _machine_labels(run))
        ]
        if labelled:
            readable = _read(labelled, Refusals(on_bad))
            arms = [each for run in readable for each in ([run.only(arm_wanted)] if arm_wanted else run.by_arm())]
            return narrowed([arms], where)[0]
    machines = {label for run in known for label in _machine_labels(run)}
    hint = nearest(label, [*sorted(machines), *(run.name for run in runs)])
    raise UsageError(f"no runs of {label!r}: {hint if folders else f'{results} holds no runs yet'}")


def _machine_labels(run: Run) -> set[str]:
    """Return what names a run by its machine: the machine's own name, and its CPU model."""
    machine = run.record["machine"]
    return {str(machine[name]) for name in ("machine", "cpu_model") if machine.get(name)}


def cells_of(runs: Sequence[Run]) -> pd.DataFrame:
    """Return the cells of runs as one frame, references among them; ``run`` is the run's name."""
    tables = [run.table for run in runs]
    if not any(table is not None for table in tables):
        return pd.concat([run.named_cells for run in runs], ignore_index=True)
    return to_frame(
        [to_table(run.named_cells) if table is None else table for run, table in zip(runs, tables, strict=True)]
    )


def _selected(
    words: Sequence[str],
    results: Path,
    on_bad: OnBad | None,
    progress: Progress | None = None,
    where: Where | None = None,
) -> list[list[Run]]:
    """Return the runs of each word that stands for any."""
    refuse = Refusals(on_bad)
    by_word = [tolerant(_places, refuse)(word, results, len(words) > 1) or [] for word in words]
    whole: dict[Path, Run] = {}
    told: dict[Path, list[UsageError]] = {}
    for place, _ in [entry for entries in by_word for entry in entries]:
        if place.path not in whole:
            name = _untaken(place, [run.name for run in whole.values()])
            source, tell = source_name(place.path, results), _telling(told.setdefault(place.path, []), on_bad)
            whole[place.path] = Run(name, place.path, source=source, on_bad=tell)
    names = SuiteNames(list(whole.values()))
    for run in whole.values():
        run.among_others = len(whole) > 1
        run.longer_names = names.longer
    if len(whole) > 1 or on_bad is not None:
        readable = set(_read(list(whole.values()), refuse, progress, told))
    else:
        readable = set(whole.values())
    selected: list[list[Run]] = []
    taken: set[str] = set()
    for entries in by_word:
        runs = [(whole[place.path], arm) for place, arm in entries if whole[place.path] in readable]
        picked = [tolerant(run.only, refuse)(arm) if arm else run for run, arm in runs]
        selected.append([_distinct(run, taken) for run in picked if run is not None])
    if not any(selected):
        raise UsageError(f"nothing is left to read: {refuse.count} skipped")
    return narrowed([runs for runs in selected if runs], where)


def narrowed(selected: list[list[Run]], where: Where | None) -> list[list[Run]]:
    """Return the runs of each word narrowed to conditions, without those of which nothing is left.

    Raises:
        UsageError: nothing is left of any run of a word; or a condition is on what no run has.
    """
    if where is None:
        return selected
    if where.names_of_suites:
        where.check_names([run.cells for runs in selected for run in runs if not run.is_ours])
    left = [[run for run in (each.narrowed(where) for each in runs) if len(run.estimates)] for runs in selected]
    if not all(left):
        raise UsageError(f"--where {where.text!r} leaves no cell of {selected[left.index([])][0].name}")
    return left


def _read(
    runs: Sequence[Run],
    refuse: Refusals,
    progress: Progress | None = None,
    told: Mapping[Path, list[UsageError]] | None = None,
) -> list[Run]:
    """Return the runs that can be read; the estimates of those that have none kept are made on all cores.

    ``told`` are the reasons that each run has already given for files of it.
    """
    missing = [run for run in runs if not run.has_estimates]
    # Of a few runs the rounds are wanted most often too, and are here when the estimates were made here.
    elsewhere = missing if len(missing) >= FEWEST else []
    made = in_processes(_estimated, [(run.name, run.path) for run in elsewhere])
    readable = []
    for number, run in enumerate(runs, 1):
        kept = next(made) if run in elsewhere else None
        if isinstance(kept, KeptCells):
            run.files.take_estimates(kept)
        # What could not be made as a whole is read here as far as it goes, and says why.
        try:
            _ = run.has_estimates or run.cells
            readable.append(run)
        except UsageError as error:
            if not (told or {}).get(run.path):
                refuse(error)
        if progress is not None:
            progress(number, len(runs))
    return readable


def _estimated(job: tuple[str, Path]) -> KeptCells | None:
    """Return a run's estimates, and keep them beside it; None where they cannot be had."""
    run = Run(*job)
    try:
        return KeptCells(to_table(run.cells), run.facts, run.tests)
    except (UsageError, ImportError):
        return None


class SuiteNames:
    """What tests of other suites are called among several runs: as short as keeps those of all runs apart."""

    def __init__(self, runs: Sequence[Run]) -> None:
        """Note the runs; their tests are looked at when a name is first wanted."""
        self.runs = runs

    def longer(self, run: Run) -> Mapping[str, str]:
        """Return the names of a run's tests that have to be longer here than the run alone needs, by the shorter."""
        return self._by_run.get(run, {}) if len(self.runs) > 1 else {}

    @cached_property
    def _by_run(self) -> dict[Run, dict[str, str]]:
        tests = {run: run.tests for run in self.runs if tolerant(lambda run: run.tests, lambda _: None)(run)}
        labelled = labels([list(own.values()) for own in tests.values()])
        return {
            run: {short: name for short, name in zip(own, names, strict=True) if short != name}
            for (run, own), names in zip(tests.items(), labelled, strict=True)
        }


def _places(word: str, results: Path, several: bool) -> list[tuple[RunPlace, str]]:
    """Return where the runs that a word stands for are, each with the arm that it names."""
    run, arm = _run_and_arm(word)
    path = find(run, results)
    if not is_tree(path):
        return [(RunPlace(as_unicode(path.resolve().stem if path.is_file() else path.resolve().name), path), arm)]
    # A cluster's run has one name, and a folder for each machine.
    prefix = f"{as_unicode(path.name)}/" if several or (path / CLUSTER).is_file() else ""
    return [(RunPlace(prefix + place.name, place.path), arm) for place in places(path)]


def _run_and_arm(word: str) -> tuple[str, str]:
    run, at, arm = word.rpartition("@")
    return (run, arm) if at and not Path(word).exists() else (word, "")


def source_name(path: Path, results: Path) -> str:
    """Return what names a run or file in a chart's provenance: its path below the results, else its own name."""
    path, home = path.resolve(), results.resolve()
    return as_unicode(path.relative_to(home).as_posix() if path != home and path.is_relative_to(home) else path.name)


def _untaken(place: RunPlace, taken: Sequence[str]) -> str:
    """Return a run's name, with the names of folders before it where another has the same."""
    name, parent = place.name, place.path.resolve().parent
    while name in taken and parent.name:
        name, parent = f"{parent.name}/{name}", parent.parent
    return name


def _distinct(run: Run, taken: set[str]) -> Run:
    """Return a run by a name that none has been selected by yet, and note it."""
    name = next(
        name for name in chain([run.name], (f"{run.name} ({number})" for number in count(2))) if name not in taken
    )
    taken.add(name)
    return run if name == run.name else run.called(name)


def _telling(told: list[UsageError], on_bad: OnBad | None) -> OnBad | None:
    """Return what a run calls for a file that cannot be read: it is noted, and told."""
    if on_bad is None:
        return None

    def tell(error: UsageError) -> None:
        if str(error) not in map(str, told):  # a file may be come to more than once
            told.append(error)
            on_bad(error)

    return tell
