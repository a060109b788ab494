"""The reports in a file: one JSON document, or JSON Lines in any of the forms that people keep."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from copycost.errors import UsageError
from copycost.store.json_file import MORE_AFTER, parse, read_text, refusal, too_much

SUFFIXES = (".json", ".jsonl", ".ndjson")
MOST_REPORTS = 20_000
"""Reports of one file: each is a run of its own, with facts and arrays, however small it is in the file."""
_REPORT_LOG = "$report_type"
# What pytest-benchmark writes of one benchmark; the rest of a line with one is its report's.
_OF_BENCHMARK = {"name", "fullname", "group", "params", "param", "extra_info", "options", "stats"}
_OF_STORAGE = {"benchmark_id", "_id"}


def read_reports(path: Path) -> list[dict[str, Any]]:
    """Return the pytest-benchmark reports of a file: each has a list ``benchmarks``.

    A file is one JSON document, or JSON Lines: a report a line; a benchmark a line, with its
    report's keys beside its own, as pytest-benchmark stores them in Elasticsearch; or a log of
    pytest-reportlog, where a test's ``user_properties`` hold a benchmark. Neighbouring benchmarks
    whose other keys are the same are one report, until a test comes again.

    Raises:
        UsageError: the file cannot be read, is none of these, or holds more reports than are read.
    """
    text = read_text(path)
    try:
        content = parse(text)
    except json.JSONDecodeError as error:
        if error.msg != MORE_AFTER or "\n" not in text:
            raise refusal(path, error, text) from error
    except ValueError as error:
        raise UsageError(f"{path}: not JSON ({error})") from error
    except MemoryError as error:
        raise too_much(path) from error
    else:
        if isinstance(content, dict) and isinstance(content.get("benchmarks"), list):
            return [content]
        if not isinstance(content, dict) or not _is_line(content):
            raise UsageError(f"{path}: not a pytest-benchmark file (no list of benchmarks)")
        return _gathered(path, iter([content]))
    return _gathered(path, _lines(path, text))


def _lines(path: Path, text: str) -> Iterator[dict[str, Any]]:
    start = 0
    number = 0
    while start < len(text):
        end = text.find("\n", start)
        line = text[start : end if end >= 0 else len(text)]
        start += len(line) + 1
        number += 1
        if not line or line.isspace():
            continue
        try:
            content = parse(line)
        except json.JSONDecodeError as error:
            raise refusal(path, error, line, number - 1) from error
        except ValueError as error:
            raise UsageError(f"{path}: not JSON ({error}, line {number})") from error
        except MemoryError as error:
            raise too_much(path) from error
        if not isinstance(content, dict) or not _is_line(content):
            raise UsageError(f"{path}: not a pytest-benchmark file (line {number} holds neither report nor benchmark)")
        yield content


def _is_line(content: Mapping[str, Any]) -> bool:
    return (
        isinstance(content.get("benchmarks"), list) or isinstance(content.get("stats"), dict) or _REPORT_LOG in content
    )


def _gathered(path: Path, lines: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    gathering = _Gathering(path)
    logged = False
    for content in lines:
        if isinstance(content.get("benchmarks"), list):
            gathering.add_report(content)
        elif _REPORT_LOG not in content:
            gathering.add_benchmark(content)
        else:
            logged = True
            if content[_REPORT_LOG] == "SessionStart":
                gathering.close()
            for benchmark in _from_log(content):
                gathering.add_benchmark(benchmark, logged=True)
    if logged and not gathering.reports:
        raise UsageError(f"{path}: a log of whole tests, without benchmarks in their user properties")
    return gathering.reports


class _Gathering:
    """Reports of a file, the last of them open for more benchmarks."""

    def __init__(self, path: Path) -> None:
        self.reports: list[dict[str, Any]] = []
        self._path = path
        self._around: dict[str, Any] | None = None
        self._places: dict[str, int] = {}

    def add_report(self, report: dict[str, Any]) -> None:
        if len(self.reports) == MOST_REPORTS:
            raise UsageError(f"{self._path}: more than the {MOST_REPORTS} reports that are read")
        self.close()
        self.reports.append(report)

    def add_benchmark(self, benchmark: Mapping[str, Any], *, logged: bool = False) -> None:
        """Add a benchmark; a log tells of a test several times, elsewhere a test that comes again is a new report's."""
        around = {key: own for key, own in benchmark.items() if key not in _OF_BENCHMARK | _OF_STORAGE}
        own = {key: value for key, value in benchmark.items() if key in _OF_BENCHMARK}
        test = str(own.get("fullname", own.get("name")))
        again = self._places.get(test)
        if self._around != around or (again is not None and not logged):
            self.add_report(around | {"benchmarks": []})
            self._around = around
        elif again is not None:
            self.reports[-1]["benchmarks"][again] = own
            return
        self._places[test] = len(self.reports[-1]["benchmarks"])
        self.reports[-1]["benchmarks"].append(own)

    def close(self) -> None:
        self._around = None
        self._places = {}


def _from_log(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the benchmarks that a test's report carries among its user properties."""
    id = content.get("nodeid")
    properties = content.get("user_properties")
    if not isinstance(id, str) or not isinstance(properties, list):
        return []
    found = []
    for pair in properties:
        value = pair[1] if isinstance(pair, list) and len(pair) == 2 else None
        if not isinstance(value, dict):
            continue
        if isinstance(value.get("stats"), dict):
            found.append({"name": _name(id), "fullname": id, **value})
        elif "median" in value and ("rounds" in value or "data" in value):
            found.append({"name": _name(id), "fullname": id, "stats": value})
    return found


def _name(id: str) -> str:
    head, bracket, inside = id.partition("::")[2].partition("[")
    return head.rpartition("::")[2] + bracket + inside or id
