"""Other suites' pytest-benchmark files taken into the tree as runs of their own."""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from copycost.errors import UsageError
from copycost.regular import open_regular
from copycost.store.bad_files import OnBad, Refusals, tolerant
from copycost.store.facts import as_moment, foreign_machine
from copycost.store.names import check_name, fitting_name, of_that_name
from copycost.store.places import RunPlace, places
from copycost.store.process_file import read_process_files
from copycost.store.record import RECORD, SCHEMA, read_record
from copycost.store.reports import read_reports
from copycost.store.writing import write_json

ARM = "base"
_COMMIT = ("id", "time", "author_time", "dirty", "project", "branch")
_KIND = ("cpu_model", "cores", "system", "python")
"""Facts that hosts have to share for their reports to be one run."""
_OURS = "conversion"


@dataclass(frozen=True)
class Report:
    """One pytest-benchmark report: its file, that file's SHA-256 and which of its reports it is, counted from 1."""

    path: Path
    sha256: str
    number: int
    several: bool
    content: Mapping[str, Any]

    @property
    def source(self) -> dict[str, Any]:
        """Return what a run's record tells of the report; the file's folder is not kept."""
        return {"file": self.path.name, "sha256": self.sha256, "report": self.number}


@dataclass(frozen=True)
class Imported:
    """A run that was made from reports; ``new`` is False where it was there already."""

    folder: Path
    new: bool


def import_files(
    paths: Sequence[Path], results: Path, name: str | None = None, on_bad: OnBad | None = None
) -> Iterator[Imported]:
    """Make run folders from pytest-benchmark files, one of each report, or one of all of them; return each when made.

    The machine's facts are kept, but not its host name; tests lose the folders that all tests of their report have in
    common, so that the same test has the same name wherever its suite was started. A run is of the time that its
    report tells, else of its commit's, else of its file's. What was imported before is not imported again, and a
    file of which a part cannot be read is not imported at all.

    Args:
        paths: files, and folders that hold such files, as pytest-benchmark's storage does.
        results: the folder for the runs.
        name: the name of one run, whose processes all reports become; without it each is a run, named as its file.
        on_bad: called with the reason for each file that cannot be imported; the others are all the same.

    Raises:
        UsageError: a file cannot be read or is a run of ours, reports of one run are of several kinds of machine, a
            run of that name is there and holds something else, or nothing is left.
    """
    refuse = Refusals(on_bad)
    made = False
    if name is not None:
        check_name(name)
        if reports := list(_reports(paths, refuse)):
            made = True
            yield _import(reports, results, [name])
    else:
        # One by one: the files of years do not fit into memory.
        for report in _reports(paths, refuse):
            run = tolerant(_import, refuse)([report], results, _names(report))
            if run is not None:
                made = True
                yield run
    if not made:
        raise UsageError(f"nothing is left to import: {refuse.count} skipped")


def shortened(fullnames: Sequence[str]) -> list[str]:
    """Return tests' full names without the folders that all of them have in common."""
    split = [_split(fullname) for fullname in fullnames]
    folders = [PurePosixPath(path).parts[:-1] for path, _ in split]
    common = 0
    while folders and all(len(parts) > common and parts[common] == folders[0][common] for parts in folders):
        common += 1
    return ["/".join(PurePosixPath(path).parts[common:]) + rest for path, rest in split]


def _split(fullname: str) -> tuple[str, str]:
    """Return a full name's file, with slashes, and the rest; what stands in brackets may hold anything."""
    head, bracket, inside = fullname.partition("[")
    path, separator, test = head.partition("::")
    if not separator:
        return "", fullname
    return path.replace("\\", "/"), separator + test + bracket + inside


def _reports(paths: Sequence[Path], refuse: OnBad) -> Iterator[Report]:
    for path in paths:
        for place in tolerant(_places, refuse)(path) or []:
            yield from tolerant(_of_file, refuse)(place.path) or []


def _places(path: Path) -> list[RunPlace]:
    if not path.exists():
        raise UsageError(f"{path}: no such file")
    if files := places(path):
        return files
    raise UsageError(f"{path}: holds no pytest-benchmark files")


def _of_file(path: Path) -> list[Report]:
    if path.is_dir():
        raise UsageError(f"{path}: is a run already")
    contents = read_reports(path)
    for content in contents:
        if content.get("copycost") is not None:
            raise UsageError(f"{path}: is of a run already: {path.parent}")
    read_process_files(path)  # refuses what no command could read afterwards
    try:
        with open_regular(path) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    return [Report(path, digest, number, len(contents) > 1, content) for number, content in enumerate(contents, 1)]


def _import(reports: Sequence[Report], results: Path, names: Sequence[str]) -> Imported:
    machines = [foreign_machine(report.content.get("machine_info")) for report in reports]
    machine = machines[0] if all(machine == machines[0] for machine in machines) else _of_one_model(machines)
    other = next((number for number, machine in enumerate(machines) if machine != machines[0]), None)
    if machine is None:
        assert other is not None
        raise UsageError(
            f"{reports[0].path.name} and {reports[other].path.name} are of different CPU models or Pythons: "
            "import them as runs of their own"
        )
    sources = [report.source for report in reports]
    taken = None
    for name in names:
        there = of_that_name(results, name)
        if not there:
            _write(results / name, reports, machine)
            return Imported(results / name, new=True)
        for taken in there:
            if _sources(taken) == sources:
                return Imported(taken, new=False)
    raise UsageError(f"{taken}: is there and holds something else; --name gives another name")


def _of_one_model(machines: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return what several hosts of one CPU model have in common, by a name that says so; None where they are not."""
    first = machines[0]
    if not first.get("cpu_model") or any(
        machine.get(name) != first.get(name) for machine in machines for name in _KIND
    ):
        return None
    common = {name: value for name, value in first.items() if all(other.get(name) == value for other in machines)}
    hosts = len({machine.get("machine") for machine in machines})
    cores = f" {first['cores']}c" if first.get("cores") else ""
    return common | {"machine": f"{first['cpu_model']}{cores}, {hosts} hosts"}


def _sources(folder: Path) -> object:
    if not (folder / RECORD).is_file():
        return None
    imported = read_record(folder).get("imported")
    return imported.get("sources") if isinstance(imported, dict) else None


def _write(folder: Path, reports: Sequence[Report], machine: Mapping[str, Any]) -> None:
    """Write a run folder whole or not at all: beside its place first."""
    temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.tmp")
    try:
        temporary.mkdir(parents=True)
        processes = []
        for number, report in enumerate(reports, 1):
            file = f"process-{number:04d}.json"
            write_json(temporary / file, _process(report, folder.name, number, machine))
            processes.append({"file": file, "arm": ARM, "started": _when(report)})
        write_json(temporary / RECORD, _record(folder.name, reports, machine, processes))
        temporary.rename(folder)
    except (OSError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else "nested too deeply"
        raise UsageError(f"{folder}: cannot be written ({reason})") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _record(
    name: str, reports: Sequence[Report], machine: Mapping[str, Any], processes: list[dict[str, Any]]
) -> dict[str, Any]:
    first = reports[0].content
    commit = first.get("commit_info")
    return {
        "schema": SCHEMA,
        "name": name,
        "created": min(str(process["started"]) for process in processes),
        "status": "complete",
        "plan": {},
        "method": {},
        "arms": [{"name": ARM, "environment": {}, "python": None}],
        "machine": dict(machine),
        "skipped": [],
        "failed": [],
        "processes": processes,
        "commit": {key: commit.get(key) for key in _COMMIT} if isinstance(commit, dict) else None,
        "imported": {
            "sources": [report.source for report in reports],
            "pytest_benchmark": first.get("version") if isinstance(first.get("version"), str) else None,
        },
    }


def _process(report: Report, run: str, number: int, machine: Mapping[str, Any]) -> dict[str, Any]:
    content = dict(report.content)
    info = content.get("machine_info")
    info = dict(info) if isinstance(info, dict) else {}
    items = [dict(item) if isinstance(item, dict) else item for item in content["benchmarks"]]
    named = [item for item in items if isinstance(item, dict) and isinstance(item.get("fullname"), str)]
    for item, fullname in zip(named, shortened([item["fullname"] for item in named]), strict=True):
        item["fullname"] = fullname
    for item in named:
        extra = item.get("extra_info")
        if isinstance(extra, dict) and _OURS in extra:  # in a run's file the word would be taken for ours
            item["extra_info"] = {f"{key} (imported)" if key == _OURS else key: value for key, value in extra.items()}
    return content | {
        "machine_info": info | {"node": machine.get("machine"), "copycost": dict(machine)},
        "benchmarks": items,
        "copycost": {"schema": SCHEMA, "run": run, "arm": ARM, "process": number, "skipped": [], "failed": []},
    }


def _when(report: Report) -> str:
    """Return when a report was made, ISO 8601 in UTC."""
    commit = report.content.get("commit_info")
    told = as_moment(report.content.get("datetime"))
    told = told or as_moment(commit.get("time") if isinstance(commit, dict) else None)
    return told or datetime.fromtimestamp(report.path.stat().st_mtime, UTC).isoformat()


def _names(report: Report) -> list[str]:
    """Return what a report's run may be called, the first that is not taken: by its file, and by its folder too."""
    stem = report.path.stem + (f"-{report.number}" if report.several else "")
    folder = report.path.resolve().parent.name
    # Of a name in another script nothing may be left.
    names = [fitting_name(text) or f"imported-{report.sha256[:6]}" for text in (stem, f"{folder}-{stem}")]
    return list(dict.fromkeys(names))
