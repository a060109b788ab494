"""Loading rounds: the files that a path or an address stands for, read, each with the name of its run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.errors import UsageError
from copycost.store.addresses import fetched, is_address
from copycost.store.bad_files import OnBad, Refusals, tolerant
from copycost.store.labels import Test
from copycost.store.names import as_unicode
from copycost.store.places import is_tree, places
from copycost.store.process_file import ProcessFile, read_process_files, relabelled
from copycost.store.record import RECORD, read_record
from copycost.store.reports import SUFFIXES
from copycost.store.rounds import rounds_frame


@dataclass(frozen=True)
class Loaded:
    """A rounds frame, the facts of the machine where all its files tell the same ones, and, by their names in the
    frame, what other suites call their tests."""

    rounds: pd.DataFrame
    machine: Mapping[str, Any]
    tests: Mapping[str, Test] = field(default_factory=dict)


def load(source: str | Path | Iterable[str | Path], on_bad: OnBad | None = None) -> pd.DataFrame:
    """Return the rounds of one or several run folders or pytest-benchmark files.

    Args:
        source: a run folder, a pytest-benchmark file of any suite (JSON, or JSON Lines with one or
            several reports), a folder of such files, pytest-benchmark's own storage folder, a tree of
            run folders, an address (``s3://…``) of any of these, which is fetched first, or several of these.
        on_bad: called with the reason for each path that cannot be read; the others are read all
            the same.

    Returns:
        One row per round. ``seconds`` and ``page_faults`` are per call, ``calls`` is calls per
        round; ``canary``, ``clock``, ``copy_seconds`` and ``at`` are seconds, ``bytes`` (of the
        source) and ``result_bytes`` bytes; unknown is NaN or NA. ``run`` is the folder's name, or
        the file's without its ending, unless two differ in that alone, with ``#1`` and so on after it where
        it has several reports.

    Raises:
        UsageError: a path does not exist, holds no results, or holds a file that cannot be read;
            with ``on_bad`` only where nothing is left.
    """
    (loaded,) = load_alike([[source] if isinstance(source, str | Path) else list(source)], on_bad)
    return loaded.rounds


def load_alike(sources: Sequence[Iterable[str | Path]], on_bad: OnBad | None = None) -> list[Loaded]:
    """Return the rounds of each of several sources, in which the same test has the same name.

    Args:
        sources: each what ``load`` takes.
        on_bad: as for ``load``.

    Raises:
        UsageError: as from ``load``.
    """
    read = [source_files(list(paths), on_bad) for paths in sources]
    alike = iter(relabelled([file for files in read for _, file in files]))
    return [_loaded([(run, next(alike)) for run, _ in files]) for files in read]


def _loaded(files: Sequence[tuple[str, ProcessFile]]) -> Loaded:
    machines = [file.machine_facts for _, file in files]
    of_one_machine = bool(machines) and all(facts == machines[0] for facts in machines)
    entries = [entry for _, file in files for entry in file.entries]
    tests = {str(entry.facts["conversion"]): entry.test for entry in entries if entry.test is not None}
    return Loaded(rounds_frame(files), machines[0] if of_one_machine else {}, tests)


def source_files(typed: Sequence[str | Path], on_bad: OnBad | None) -> list[tuple[str, ProcessFile]]:
    """Return the reports of one source, each with the name of its run; arguments and errors as for ``load``."""
    files: list[tuple[str, ProcessFile]] = []
    named: dict[str, Path] = {}
    processes: dict[tuple[str, int], Path] = {}
    refuse = Refusals(on_bad)
    paths = [path for word in dict.fromkeys(typed) if (path := tolerant(_local, refuse)(word)) is not None]
    for naming, path in _with_naming_paths(list(dict.fromkeys(paths))):
        tree = path if _is_tree(path) else None
        for run_path, file in _read(path, naming, refuse):
            run = _run_name(run_path, named, tree)
            number = 1 if file.process is None else file.process
            other = processes.setdefault((run, number), file.path)
            if other == file.path:
                files.append((run, file))
            else:
                refuse(UsageError(f"{file.path}: says it is process {number}, and so does {other.name}"))
    if refuse.count and not files:
        raise UsageError(f"{typed[0]}: nothing is left to read: {refuse.count} skipped")
    return files


def _local(word: str | Path) -> Path:
    return (fetched(word) if isinstance(word, str) and is_address(word) else Path(word)).resolve()


def _with_naming_paths(paths: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Return paths, each after the path that names its run: without its ending, unless two differ in that alone."""
    naming = [path.with_name(path.stem) if path.suffix else path for path in paths]
    count = Counter(naming)
    return [(short if count[short] == 1 else path, path) for short, path in zip(naming, paths, strict=True)]


def _is_tree(path: Path) -> bool:
    try:
        return is_tree(path)
    except OSError:  # whoever reads it says why it cannot be read
        return False


def _read(path: Path, naming: Path, refuse: OnBad) -> Iterator[tuple[Path, ProcessFile]]:
    """Return the reports of a path, each after the path that names its run: ``naming`` where the path is a file."""
    for run_path, file in tolerant(_files, refuse)(path, naming) or []:
        reports = tolerant(read_process_files, refuse)(file) or []
        for number, report in enumerate(reports, 1):
            yield run_path if len(reports) == 1 else run_path.with_name(f"{run_path.name}#{number}"), report


def _files(path: Path, naming: Path) -> list[tuple[Path, Path]]:
    """Return the files of a path, each after the path that names its run."""
    try:
        return _listed(path, naming)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error


def _listed(path: Path, naming: Path) -> list[tuple[Path, Path]]:
    if path.is_file():
        return [(naming, path)]
    if not path.is_dir():
        raise UsageError(f"{path}: no such run folder or results file")
    if (path / RECORD).is_file():
        read_record(path)  # refuses a schema that this version would misread
    process_files = sorted(path.glob("process-*.json"))
    if process_files:
        return [(path, file) for file in process_files]
    if (path / RECORD).is_file():
        raise UsageError(f"{path}: no process of this run has been finished yet")
    if is_tree(path):
        runs = _with_naming_paths([place.path for place in places(path)])
        return [pair for run_path, run in runs for pair in _files(run, run_path)]
    # pytest-benchmark keeps a folder for each system, and numbers the files in it.
    others = _results(path, "*") or _results(path, "*/[0-9][0-9][0-9][0-9]_*")
    if not others:
        raise UsageError(f"{path}: holds no results (no JSON files)")
    return _with_naming_paths(others)


def _results(folder: Path, pattern: str) -> list[Path]:
    matches = (file for file in folder.glob(pattern) if file.suffix in SUFFIXES and not file.name.startswith("."))
    return sorted(file for file in matches if file.is_file())


def _run_name(run_path: Path, named: dict[str, Path], tree: Path | None) -> str:
    """Return a run's name, in a tree its path there; with its parent's before it where another place has the same."""
    parent = tree or run_path.parent
    name = as_unicode(run_path.relative_to(parent).as_posix())
    while named.setdefault(name, run_path) != run_path:
        name = f"{as_unicode(parent.name)}/{name}"
        parent = parent.parent
    return name
