"""Result files of other benchmarking tools, as reports of pytest-benchmark: those that tell enough, known by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from copycost.errors import UsageError

Json = Mapping[str, Any]
_SECONDS = {
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "ms": 1e-3,
    "msec": 1e-3,
    "us": 1e-6,
    "usec": 1e-6,
    "µs": 1e-6,
    "ns": 1e-9,
}
"""Units of time as these tools write them, in seconds."""
_RATES = ("iter/sec", "ops/sec", "ops/s")
_DATA_JS = "window.BENCHMARK_DATA"
VALID = (
    "a pytest-benchmark file, or one of pytest-codspeed, github-action-benchmark, Google Benchmark, hyperfine or pyperf"
)


def json_of_script(text: str) -> str:
    """Return the JSON in github-action-benchmark's ``data.js``, any other text as it is."""
    start = text.lstrip()
    return (
        start.removeprefix(_DATA_JS).lstrip().removeprefix("=").rstrip().removesuffix(";")
        if start.startswith(_DATA_JS)
        else text
    )


def as_reports(path: Path, content: object) -> list[dict[str, Any]] | None:
    """Return what another tool's file holds as reports of pytest-benchmark; None where it is no file of a known one.

    Times are seconds per call. What a tool does not tell is not there: no machine, no time of the run.

    Raises:
        UsageError: the file is of a known tool and holds no times that can be read; the message names the tool.
    """
    if not isinstance(content, dict):
        return None
    for tool, is_of, read in _TOOLS:
        if is_of(content):
            try:
                reports = list(read(content))
            except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError) as error:
                raise UsageError(f"{path}: a file of {tool}, which cannot be read ({_reason(error)})") from error
            if any(report["benchmarks"] for report in reports):
                return reports
            raise UsageError(f"{path}: a file of {tool} without any times")
    return None


def _reason(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)


def _codspeed(content: Json) -> Iterator[dict[str, Any]]:
    benchmarks = []
    for item in content["benchmarks"]:
        told = item["stats"]
        stats = {name: told[f"{name}_ns"] * 1e-9 for name in ("min", "max", "mean", "q1", "median", "q3")}
        stats |= {"stddev": told["stdev_ns"] * 1e-9, "rounds": told["rounds"]}
        benchmarks.append({"name": item["name"], "fullname": item["uri"], "stats": stats})
    yield {"benchmarks": benchmarks, "machine_info": _python(content.get("python"))}


def _python(told: object) -> dict[str, Any]:
    return {"python_version": told.get("version")} if isinstance(told, dict) else {}


def _github_action(content: Json) -> Iterator[dict[str, Any]]:
    """Return a report for each commit of each suite; its one figure, a mean, stands where a median would."""
    for suite, commits in content["entries"].items():
        for entry in commits:
            benchmarks = [_github_benchmark(suite, item) for item in entry["benches"]]
            commit = entry.get("commit") or {}
            made = datetime.fromtimestamp(entry["date"] / 1000, UTC).isoformat() if entry.get("date") else None
            yield {
                "benchmarks": benchmarks,
                "datetime": made,
                "commit_info": {"id": commit.get("id"), "time": commit.get("timestamp")},
            }


def _github_benchmark(suite: str, item: Json) -> dict[str, Any]:
    value, unit = item["value"], str(item["unit"]).strip()
    if unit in _RATES:
        seconds = 1 / value
    else:
        seconds = value * _unit(unit.partition("/")[0])
    told = dict(line.split(": ", 1) for line in str(item.get("extra") or "").splitlines() if ": " in line)
    rounds = told.get("rounds", "")
    stats = {"mean": seconds, "median": seconds, "rounds": int(rounds) if rounds.isdecimal() else None}
    name = str(item["name"])
    # pytest's are full names: what the test is called stands at the end.
    head, bracket, inside = name.partition("[")
    return {"name": head.rpartition("::")[2] + bracket + inside, "fullname": name, "group": suite, "stats": stats}


def _google(content: Json) -> Iterator[dict[str, Any]]:
    """Return Google Benchmark's repetitions as rounds; what it has made of them is left out."""
    repeated: dict[str, list[Json]] = {}
    for item in content["benchmarks"]:
        if item.get("run_type", "iteration") == "iteration" and not item.get("error_occurred"):
            repeated.setdefault(str(item.get("run_name") or item["name"]), []).append(item)
    benchmarks = []
    for name, items in repeated.items():
        data = [item["real_time"] * _unit(item.get("time_unit", "ns")) for item in items]
        stats = {"data": data, "rounds": len(data), "iterations": items[0].get("iterations")}
        benchmarks.append({"name": name, "fullname": name, "stats": stats})
    context = content["context"]
    info = {"node": context.get("host_name"), "cpu": {"count": context.get("num_cpus")}}
    yield {"benchmarks": benchmarks, "machine_info": info, "datetime": context.get("date")}


def _hyperfine(content: Json) -> Iterator[dict[str, Any]]:
    benchmarks = []
    for item in content["results"]:
        stats = {name: item.get(name) for name in ("min", "max", "mean", "stddev", "median")}
        data = item.get("times") or []
        params = {str(name): _number(value) for name, value in (item.get("parameters") or {}).items()}
        name = str(item["command"])
        benchmarks.append(
            {"name": name, "fullname": name, "params": params, "param": "", "stats": stats | {"data": data}}
        )
    yield {"benchmarks": benchmarks}


def _pyperf(content: Json) -> Iterator[dict[str, Any]]:
    """Return pyperf's values of all processes as rounds: each is already the time of one call."""
    common = content.get("metadata") or {}
    benchmarks = []
    for item in content["benchmarks"]:
        told = common | (item.get("metadata") or {})
        if told.get("unit", "second") != "second":
            raise ValueError(f"its values are in {told['unit']}, not seconds")
        data = [value for run in item["runs"] for value in run.get("values", ())]
        name = str(told.get("name") or "benchmark")
        if data:
            benchmarks.append({"name": name, "fullname": name, "stats": {"data": data, "rounds": len(data)}})
    told = common | next((item["runs"][0].get("metadata") or {} for item in content["benchmarks"] if item["runs"]), {})
    info = {
        "node": told.get("hostname"),
        "cpu": {"brand_raw": told.get("cpu_model_name"), "count": told.get("cpu_count")},
    }
    yield {
        "benchmarks": benchmarks,
        "machine_info": info | {"python_version": str(told.get("python_version") or "").partition(" ")[0]},
        "datetime": told.get("date"),
    }


def _asv(content: Json) -> Iterator[dict[str, Any]]:
    raise ValueError(f"not one of: {VALID}")


def _unit(name: object) -> float:
    if name not in _SECONDS:
        raise ValueError(f"{name!r} is no unit of time; valid: {', '.join(_SECONDS)}, {', '.join(_RATES)}")
    return _SECONDS[str(name)]


def _number(value: object) -> object:
    """Return a parameter, which these tools write as text, as the number that it may be."""
    try:
        number = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
    return number if isinstance(number, int | float) else value


def _named(creator: object) -> object:
    return creator.get("name") if isinstance(creator, dict) else None


def _first(content: Json) -> Json:
    items = content.get("benchmarks")
    return items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else {}


_TOOLS: tuple[tuple[str, Callable[[Json], bool], Callable[[Json], Iterator[dict[str, Any]]]], ...] = (
    ("pytest-codspeed", lambda it: _named(it.get("creator")) == "pytest-codspeed", _codspeed),
    (
        "github-action-benchmark",
        lambda it: isinstance(it.get("entries"), dict) and "benchmarks" not in it,
        _github_action,
    ),
    ("Google Benchmark", lambda it: isinstance(it.get("context"), dict) and "real_time" in _first(it), _google),
    ("pyperf", lambda it: isinstance(_first(it).get("runs"), list), _pyperf),
    ("hyperfine", lambda it: isinstance(it.get("results"), list) and "benchmarks" not in it, _hyperfine),
    ("asv", lambda it: isinstance(it.get("results"), dict) and "commit_hash" in it, _asv),
)
"""Each tool's name, what its files are known by, and how they are read."""
