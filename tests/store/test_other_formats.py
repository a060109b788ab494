"""Files of other tools, each made up with times that are known."""

import copy
import functools
import json

import pytest

from copycost.errors import UsageError
from copycost.store.benchmarks import benchmark_stats
from copycost.store.loading import load
from copycost.store.reports import read_reports

CODSPEED = {
    "creator": {"name": "pytest-codspeed", "version": "4.0"},
    "python": {"version": "3.12"},
    "benchmarks": [
        {
            "name": "t",
            "uri": "tests/t.py::t",
            "stats": dict(min_ns=1000, max_ns=2000, mean_ns=1600, stdev_ns=10, q1_ns=1400, median_ns=1500, q3_ns=1700)
            | {"rounds": 100},
        }
    ],
}
GOOGLE = {
    "context": {"host_name": "h", "num_cpus": 4, "date": "2026-01-02T03:04:05+00:00"},
    "benchmarks": [
        {
            "name": "b/8",
            "run_name": "b/8",
            "run_type": "iteration",
            "iterations": 7,
            "real_time": time,
            "time_unit": "us",
        }
        for time in (2, 3, 7)
    ]
    + [{"name": "b/8_mean", "run_name": "b/8", "run_type": "aggregate", "real_time": 4, "time_unit": "us"}],
}
HYPERFINE = {
    "results": [
        {"command": "sleep 1", "median": 1.5, "times": [1, 1.5, 2.5], "parameters": {"n": "16", "who": "me"}},
        {"command": "kept none", "mean": 2, "median": 3, "min": 1},
    ]
}
PYPERF = {
    "version": "1.0",
    "metadata": {"name": "json", "unit": "second", "cpu_model_name": "CPU", "python_version": "3.12.1 (64-bit)"},
    "benchmarks": [{"runs": [{"warmups": [[1, 9.0]]}, {"values": [2e-6, 3e-6]}, {"values": [7e-6]}]}],
}
GITHUB = {
    "entries": {
        "suite": [
            {"commit": {"id": str(number)}, "date": 1000 * number, "benches": [bench]}
            for number, bench in enumerate(
                (
                    {"name": "t.py::t[a::b]", "value": 4.0, "unit": "iter/sec", "extra": "mean: 250 msec\nrounds: 5"},
                    {"name": "t.py::t[a::b]", "value": 250000, "unit": "us/iter"},
                )
            )
        ]
    }
}


def read(tmp_path, content):
    path = tmp_path / "file.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return read_reports(path)


@pytest.mark.parametrize(
    ("content", "names", "medians", "rounds"),
    [
        (CODSPEED, ["t"], [1.5e-6], [100]),
        (GOOGLE, ["b/8"], [3e-6], [3]),
        (HYPERFINE, ["sleep 1", "kept none"], [1.5, 3], [3, None]),
        (PYPERF, ["json"], [3e-6], [3]),
    ],
)
def test_times_of_known_tools_are_seconds_per_call(tmp_path, content, names, medians, rounds):
    (report,) = read(tmp_path, content)
    stats = [benchmark_stats(tmp_path, item["name"], item["stats"]) for item in report["benchmarks"]]
    assert [item["name"] for item in report["benchmarks"]] == names
    assert [each.median for each in stats] == pytest.approx(medians)
    assert [each.count for each in stats] == rounds


def test_what_these_files_tell_beside_is_kept(tmp_path):
    assert read(tmp_path, HYPERFINE)[0]["benchmarks"][0]["params"] == {"n": 16, "who": "me"}
    assert read(tmp_path, CODSPEED)[0]["benchmarks"][0]["stats"]["q3"] == pytest.approx(1.7e-6)
    assert read(tmp_path, PYPERF)[0]["machine_info"]["python_version"] == "3.12.1"
    assert read(tmp_path, GOOGLE)[0]["machine_info"]["node"] == "h"


@pytest.mark.parametrize("written", ["{}", "window.BENCHMARK_DATA = {};\n", "window.BENCHMARK_DATA={}"])
def test_github_action_benchmark_is_a_report_for_each_commit_whether_rates_or_times(tmp_path, written):
    reports = read(tmp_path, written.replace("{}", json.dumps(GITHUB)))
    items = [item for report in reports for item in report["benchmarks"]]
    assert [item["stats"]["median"] for item in items] == [0.25, 0.25]
    assert [item["stats"]["rounds"] for item in items] == [5, None]
    assert {(item["name"], item["fullname"]) for item in items} == {("t[a::b]", "t.py::t[a::b]")}
    assert [report["commit_info"]["id"] for report in reports] == ["0", "1"]
    assert reports[1]["datetime"].startswith("1970-01-01T00:00:01")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"commit_hash": "1", "results": {"b": [[1.0]]}, "version": 2}, "a file of asv, which cannot be read"),
        (GITHUB | {"entries": {"s": [{"benches": [{"name": "t", "value": 3, "unit": "MB/s"}]}]}}, "'MB' is no unit"),
        (
            {"entries": {"s": [{"benches": [{"name": "t", "value": 0, "unit": "iter/sec"}]}]}},
            "a file of github-action-benchmark, which cannot be read",
        ),
        ({"entries": {}}, "a file of github-action-benchmark without any times"),
        (PYPERF | {"metadata": {"unit": "byte"}}, "a file of pyperf, .* in byte, not seconds"),
        ({"results": [{"median": 1}]}, "a file of hyperfine, .*'command' is missing"),
        ({"results": [3]}, "a file of hyperfine, which cannot be read"),
        ({"context": {}, "benchmarks": [{"real_time": 1}]}, "a file of Google Benchmark, .*'name' is missing"),
        ({"creator": {"name": "pytest-codspeed"}, "benchmarks": [{"name": "t"}]}, "pytest-codspeed, .*is missing"),
    ],
)
def test_a_known_tool_that_tells_no_times_is_refused_by_its_name(tmp_path, content, reason):
    with pytest.raises(UsageError, match=reason) as error:
        read(tmp_path, content)
    assert "\n" not in str(error.value)


def places(content, way=()):
    yield way
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, inner in items:
        yield from places(inner, (*way, key))


ANYTHING = [None, 0, -1, 2**70, 1e308, 1e-320, float("nan"), True, "", "x", "\x1b[31m", [], {}, [[]], [None], {"a": []}]


@pytest.mark.parametrize("whole", [CODSPEED, GOOGLE, HYPERFINE, PYPERF, GITHUB])
def test_whatever_stands_in_any_place_is_read_as_times_or_refused_in_one_line(tmp_path, whole):
    path = tmp_path / "file.json"
    read_ones = 0
    for way in filter(None, places(whole)):
        for value in ANYTHING:
            content = copy.deepcopy(whole)
            place = functools.reduce(lambda inner, key: inner[key], way[:-1], content)
            place[way[-1]] = value
            path.write_text(json.dumps(content))
            try:
                seconds = load(path)["seconds"]
            except UsageError as error:
                assert str(path) in str(error) and "\n" not in str(error)
            else:
                read_ones += 1
                assert seconds.between(0, 1e9).all()
    assert read_ones > len(ANYTHING)
