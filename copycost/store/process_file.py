"""One pytest-benchmark JSON file, ours or any other suite's, checked and read into arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from copycost.errors import UsageError
from copycost.store.benchmarks import RoundArrays, benchmark_name, keeps_rounds, read_rounds, suite_facts
from copycost.store.facts import as_count, as_flag, as_text, foreign_machine, known_machine
from copycost.store.labels import Test, labels
from copycost.store.record import check_schema
from copycost.store.reports import read_reports

_TEXTS = ("conversion", "direction", "expression", "documented", "dtype", "cache", "layout", "result_dtype")
_COUNTS = ("size", "source_bytes", "result_bytes", "threads", "block")
_FLAGS = ("shares_memory", "partial_gating")


@dataclass(frozen=True)
class Entry:
    """One benchmark of a file: facts that hold for all its rounds.

    ``calls`` is the calls per round, None where the file does not say. ``test`` is what another suite calls it,
    None for a conversion, and ``told`` what that suite's file tells beside (see ``suite_facts``).
    """

    facts: dict[str, str | int | bool | None]
    calls: int | None
    test: Test | None = None
    told: Mapping[str, str | float | int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class ProcessFile:
    """Everything the harness takes from one pytest-benchmark report.

    ``rounds`` are those of all entries, in their order. ``machine_facts`` is what the report tells of its machine,
    under the names that a run's record has, ``machine`` the machine's name among them.
    """

    path: Path
    arm: str | None
    process: int | None
    session: int | None
    address_layout: int | None
    entries: list[Entry]
    rounds: RoundArrays
    machine_facts: dict[str, Any]


def read_process_files(path: Path) -> list[ProcessFile]:
    """Read all reports of a file, of any version and from any suite: one of a JSON file, as many as there are of JSON
    Lines.

    Benchmarks that are not ours get their name as conversion and nothing else; without
    ``stats.data`` they have one round, the median. Facts of the wrong type are unknown.

    Raises:
        UsageError: a report is truncated, not JSON, not pytest-benchmark, of a newer schema, or
            holds times that are not times; the message has the file and the reason.
    """
    return [_process_file(path, report) for report in read_reports(path)]


def relabelled(files: Sequence[ProcessFile]) -> list[ProcessFile]:
    """Return files with other suites' benchmarks named so that the same test has the same name in all."""
    tests = [[entry.test for entry in file.entries if entry.test is not None] for file in files]
    result = []
    for file, names in zip(files, labels(tests), strict=True):
        left = iter(names)
        entries = [
            entry if entry.test is None else replace(entry, facts=entry.facts | {"conversion": next(left)})
            for entry in file.entries
        ]
        result.append(replace(file, entries=entries))
    return result


def _process_file(path: Path, content: Mapping[str, Any]) -> ProcessFile:
    ours = content.get("copycost")
    if ours is not None:
        if not isinstance(ours, dict):
            raise UsageError(f"{path}: its 'copycost' entry is not an object")
        check_schema(path, ours.get("schema"))
    told = ours or {}
    items = content["benchmarks"]
    names = [benchmark_name(path, number, item) for number, item in enumerate(items, 1)]
    infos = [_our_info(item) if ours is not None else None for item in items]
    file = ProcessFile(
        path=path,
        arm=as_text(told.get("arm")),
        process=as_count(told.get("process")),
        session=as_count(told.get("session")),
        address_layout=as_count(told.get("address_layout")),
        entries=[_entry(*facts) for facts in zip(names, items, infos, strict=True)],
        rounds=read_rounds(path, names, items, [info or {} for info in infos]),
        machine_facts=_machine_facts(content.get("machine_info")),
    )
    return relabelled([file])[0]


def _machine_facts(info: object) -> dict[str, Any]:
    ours = info.get("copycost") if isinstance(info, dict) else None
    return known_machine(ours) if isinstance(ours, dict) else foreign_machine(info)


def _our_info(item: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what the harness has noted of a benchmark in a file of ours, None where it is another suite's."""
    info = item.get("extra_info")
    return info if isinstance(info, dict) and isinstance(info.get("conversion"), str) else None


def _entry(name: str, item: Mapping[str, Any], info: dict[str, Any] | None) -> Entry:
    stats = item["stats"]
    calls = as_count(stats.get("iterations")) or None if keeps_rounds(stats) else None
    if info is None:
        test = Test(name, as_text(item.get("fullname")) or name)
        return Entry(dict.fromkeys((*_TEXTS, *_COUNTS, *_FLAGS)), calls, test, suite_facts(name, item))
    facts: dict[str, str | int | bool | None] = {key: as_text(info.get(key)) for key in _TEXTS}
    facts |= {key: as_count(info.get(key)) for key in _COUNTS}
    facts |= {key: as_flag(info.get(key)) for key in _FLAGS}
    return Entry(facts, calls)
