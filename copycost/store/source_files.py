"""The files that a path or an address stands for, read, each with the name of its run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from copycost.errors import UsageError
from copycost.store.bad_files import OnBad, Refusals, tolerant
from copycost.store.json_lines import SUFFIXES
from copycost.store.process_file import ProcessFile, read_process_files
from copycost.store.remote import is_address
from copycost.store.run_folder import RECORD, read_record
from copycost.store.run_names import as_unicode
from copycost.store.tree import is_tree, places


def source_files(typed: Sequence[str | Path], on_bad: OnBad | None) -> list[tuple[str, ProcessFile]]:
    """Return the reports of one source, each with the name of its run.

    Args:
        typed: what ``copycost.load`` takes.
        on_bad: as there.

    Raises:
        UsageError: as there.
    """
    files: list[tuple[str, ProcessFile]] = []
    homes: dict[str, Path] = {}
    taken: dict[tuple[str, int], Path] = {}
    refuse = Refusals(on_bad)
    paths = [path for own in dict.fromkeys(typed) if (path := tolerant(_here, refuse)(own)) is not None]
    for own_home, path in _homes(list(dict.fromkeys(paths))):
        tree = path if _is_tree(path) else None
        for home, file in _read(path, own_home, refuse):
            run = _run_name(home, homes, tree)
            number = 1 if file.process is None else file.process
            other = taken.setdefault((run, number), file.path)
            if other == file.path:
                files.append((run, file))
            else:
                refuse(UsageError(f"{file.path}: says it is process {number}, and so does {other.name}"))
    if refuse.count and not files:
        raise UsageError(f"{typed[0]}: nothing is left to read: {refuse.count} skipped")
    return files


def _here(typed: str | Path) -> Path:
    if isinstance(typed, str) and is_address(typed):
        from copycost.store.mirror import mirrored

        return mirrored(typed).resolve()
    return Path(typed).resolve()


def _homes(paths: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Return paths, each after the one that names its run: without its ending, unless two differ in that alone."""
    homes = [path.with_name(path.stem) if path.suffix else path for path in paths]
    count = Counter(homes)
    return [(home if count[home] == 1 else path, path) for home, path in zip(homes, paths, strict=True)]


def _is_tree(path: Path) -> bool:
    try:
        return is_tree(path)
    except OSError:  # whoever reads it says why it cannot be read
        return False


def _read(path: Path, own_home: Path, refuse: OnBad) -> Iterator[tuple[Path, ProcessFile]]:
    """Return the reports of one path, each with the path that names its run; ``own_home`` does for a file."""
    for home, place in tolerant(_places, refuse)(path, own_home) or []:
        reports = tolerant(read_process_files, refuse)(place) or []
        for number, report in enumerate(reports, 1):
            yield home if len(reports) == 1 else home.with_name(f"{home.name}#{number}"), report


def _places(path: Path, own_home: Path) -> list[tuple[Path, Path]]:
    """Return the files of a path, each after the path that names its run."""
    try:
        return _found(path, own_home)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error


def _found(path: Path, own_home: Path) -> list[tuple[Path, Path]]:
    if path.is_file():
        return [(own_home, path)]
    if not path.is_dir():
        raise UsageError(f"{path}: no such run folder or results file")
    if (path / RECORD).is_file():
        read_record(path)  # refuses a schema that this version would misread
    own = sorted(path.glob("process-*.json"))
    if own:
        return [(path, file) for file in own]
    if (path / RECORD).is_file():
        raise UsageError(f"{path}: no process of this run has been finished yet")
    if is_tree(path):
        homes = _homes([place.path for place in places(path)])
        return [found for home, place in homes for found in _places(place, home)]
    # pytest-benchmark keeps a folder for each system, and numbers the files in it.
    others = _results(path, "*") or _results(path, "*/[0-9][0-9][0-9][0-9]_*")
    if not others:
        raise UsageError(f"{path}: holds no results (no JSON files)")
    return _homes(others)


def _results(folder: Path, pattern: str) -> list[Path]:
    found = (file for file in folder.glob(pattern) if file.suffix in SUFFIXES and not file.name.startswith("."))
    return sorted(file for file in found if file.is_file())


def _run_name(home: Path, homes: dict[str, Path], tree: Path | None) -> str:
    """Return a run's name, in a tree its path there; with its parent's before it where another place has the same."""
    parent = tree or home.parent
    name = as_unicode(home.relative_to(parent).as_posix())
    while homes.setdefault(name, home) != home:
        name = f"{as_unicode(parent.name)}/{name}"
        parent = parent.parent
    return name
