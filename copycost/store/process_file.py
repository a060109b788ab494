"""One pytest-benchmark JSON file, ours or any other suite's, checked and read into arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from copycost.errors import UsageError
from copycost.store.entries import Entry, read_entries
from copycost.store.fact_kinds import known_machine
from copycost.store.foreign import created, foreign_machine
from copycost.store.json_lines import read_reports
from copycost.store.labels import labels
from copycost.store.round_arrays import RoundArrays
from copycost.store.run_folder import check_schema
from copycost.store.scalars import as_count, as_text


@dataclass(frozen=True)
class ProcessFile:
    """Everything the harness takes from one pytest-benchmark report.

    ``rounds`` are those of all entries, in their order. ``machine`` is the machine's name, ``machine_facts`` what
    the report tells of it, under the names that a run's record has; ``created`` is when it was made, ISO 8601 with a
    zone.
    """

    path: Path
    run: str | None
    arm: str | None
    process: int | None
    machine: str | None
    entries: list[Entry]
    rounds: RoundArrays
    skipped: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    machine_facts: dict[str, Any] = field(default_factory=dict)
    created: str | None = None


def read_process_file(path: Path) -> ProcessFile:
    """Read a pytest-benchmark JSON file, of any version and from any suite.

    Benchmarks that are not ours get their name as conversion and nothing else; without
    ``stats.data`` they have one round, the median. Facts of the wrong type are unknown.

    Raises:
        UsageError: the file is truncated, not JSON, not pytest-benchmark, of a newer schema, or
            holds times that are not times; the message has the file and the reason. Or it is JSON
            Lines of several reports.
    """
    reports = read_process_files(path)
    if len(reports) != 1:
        raise UsageError(f"{path}: holds {len(reports)} reports, not one")
    return reports[0]


def read_process_files(path: Path) -> list[ProcessFile]:
    """Read all reports of a file: one of a JSON file, and as many as there are of JSON Lines.

    Raises:
        UsageError: as ``read_process_file`` does; one bad report is enough.
    """
    return [_process_file(path, report) for report in read_reports(path)]


def relabelled(files: Sequence[ProcessFile]) -> list[ProcessFile]:
    """Return files with other suites' benchmarks named so that the same test has the same name in all."""
    own = [[entry.test for entry in file.entries if entry.test is not None] for file in files]
    result = []
    for file, names in zip(files, labels(own), strict=True):
        left = iter(names)
        entries = [
            entry if entry.test is None else replace(entry, facts=entry.facts | {"conversion": next(left)})
            for entry in file.entries
        ]
        result.append(replace(file, entries=entries))
    return result


def _process_file(path: Path, content: Mapping[str, Any]) -> ProcessFile:
    ours = content.get("copycost")
    if ours is not None and not isinstance(ours, dict):
        raise UsageError(f"{path}: its 'copycost' entry is not an object")
    if ours is not None:
        check_schema(path, ours.get("schema"))
    info = content.get("machine_info")
    facts = _machine_facts(info)
    own = ours or {}
    entries, rounds = read_entries(path, content["benchmarks"], ours is not None)
    file = ProcessFile(
        path=path,
        run=as_text(own.get("run")),
        arm=as_text(own.get("arm")),
        process=as_count(own.get("process")),
        machine=as_text(facts.get("machine")),
        entries=entries,
        rounds=rounds,
        skipped=_objects(own.get("skipped")),
        failed=_objects(own.get("failed")),
        machine_facts=facts,
        created=created(content.get("datetime")),
    )
    return relabelled([file])[0]


def _machine_facts(info: object) -> dict[str, Any]:
    ours = info.get("copycost") if isinstance(info, dict) else None
    return known_machine(ours) if isinstance(ours, dict) else foreign_machine(info)


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
