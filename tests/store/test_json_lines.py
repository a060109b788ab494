import json

import pytest

from copycost import load
from copycost.errors import UsageError
from copycost.store.json_lines import MOST_REPORTS, read_reports

STATS = {"median": 2e-6, "rounds": 3, "iterations": 5, "data": [1e-6, 2e-6, 3e-6]}
AROUND = {"machine_info": {"node": "n"}, "version": "5.3.1", "datetime": "2026-01-01T00:00:00"}


def benchmark(name="test_a", **changes):
    return {"name": name, "fullname": f"t.py::{name}", "stats": STATS} | changes


def report(*names, **changes):
    return AROUND | {"benchmarks": [benchmark(name) for name in names or ("test_a",)]} | changes


def logged(name, benchmark, when="call"):
    properties = [["colour", "blue"], ["benchmark", benchmark]]
    return {"$report_type": "TestReport", "nodeid": f"d/t.py::T::{name}", "when": when, "user_properties": properties}


SESSION = {"$report_type": "SessionStart", "pytest_version": "9"}


def lines(tmp_path, *contents, name="some.jsonl"):
    path = tmp_path / name
    path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in contents))
    return path


def names(reports):
    return [[one["name"] for one in report["benchmarks"]] for report in reports]


def test_a_document_is_one_report_as_it_stands(tmp_path):
    content = report("test_a", "test_b")
    for indent in (None, 2):
        path = tmp_path / "a.json"
        path.write_text(json.dumps(content, indent=indent))
        assert read_reports(path) == [content]


def test_a_report_a_line(tmp_path):
    contents = [report("test_a"), report("test_a", "test_b")]
    assert read_reports(lines(tmp_path, *contents)) == contents
    assert read_reports(lines(tmp_path, contents[0], "", "  ", contents[1], "")) == contents


def test_a_mark_of_the_byte_order_and_windows_line_ends_are_passed_over(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(json.dumps(report(name)).encode() for name in ("a", "b")))
    assert names(read_reports(path)) == [["a"], ["b"]]


def test_neighbouring_benchmarks_of_the_same_surroundings_are_one_report(tmp_path):
    (one,) = read_reports(lines(tmp_path, *(AROUND | benchmark(name) for name in ("test_a", "test_b"))))
    assert one == report("test_a", "test_b")


def test_one_benchmark_alone_is_a_report(tmp_path):
    assert read_reports(lines(tmp_path, AROUND | benchmark())) == [report()]


def test_other_surroundings_or_a_test_that_comes_again_begin_a_report(tmp_path):
    other = AROUND | {"version": "5.2.0"}
    contents = [AROUND | benchmark("a"), AROUND | benchmark("b"), AROUND | benchmark("a"), other | benchmark("b")]
    reports = read_reports(lines(tmp_path, *contents))
    assert names(reports) == [["a", "b"], ["a"], ["b"]]
    assert [one["version"] for one in reports] == ["5.3.1", "5.3.1", "5.2.0"]


def test_a_report_between_benchmarks_stays_its_own(tmp_path):
    contents = [AROUND | benchmark("a"), report("b"), AROUND | benchmark("c")]
    assert names(read_reports(lines(tmp_path, *contents))) == [["a"], ["b"], ["c"]]


def test_what_a_store_adds_to_each_line_keeps_none_apart(tmp_path):
    contents = [AROUND | benchmark(name) | {"benchmark_id": name, "_id": name * 2} for name in ("a", "b")]
    (one,) = read_reports(lines(tmp_path, *contents))
    assert names([one]) == [["a", "b"]] and not {"_id", "benchmark_id"} & {*one, *one["benchmarks"][0]}


@pytest.mark.parametrize("noted", [{"stats": STATS}, STATS], ids=["a benchmark", "its stats"])
def test_a_log_of_tests_has_benchmarks_among_their_properties(tmp_path, noted):
    path = lines(tmp_path, SESSION, logged("test_x[a::b]", noted), {"$report_type": "SessionFinish", "exitstatus": 0})
    (one,) = read_reports(path)
    assert one["benchmarks"] == [{"name": "test_x[a::b]", "fullname": "d/t.py::T::test_x[a::b]", "stats": STATS}]
    assert load(path)["seconds"].tolist() == STATS["data"]


def test_a_log_tells_of_a_test_several_times_and_the_last_counts(tmp_path):
    later = {"stats": STATS | {"data": [4e-6]}}
    path = lines(tmp_path, SESSION, logged("a", {"stats": STATS}), logged("b", later), logged("a", later, "teardown"))
    (one,) = read_reports(path)
    assert names([one]) == [["a", "b"]]
    assert one["benchmarks"][0]["stats"]["data"] == [4e-6]


def test_each_session_in_a_log_is_a_report(tmp_path):
    test = logged("a", {"stats": STATS})
    assert names(read_reports(lines(tmp_path, SESSION, test, SESSION, test))) == [["a"], ["a"]]


def test_properties_that_are_no_benchmarks_are_passed_over(tmp_path):
    odd = [None, 3, ["x"], ["x", 1, 2], ["x", {"median": 1}], ["x", {"stats": 3}], ["benchmark", {"stats": STATS}]]
    test = logged("a", None) | {"user_properties": odd}
    unnamed = logged("b", {"stats": STATS}) | {"nodeid": None}
    assert names(read_reports(lines(tmp_path, SESSION, test, unnamed))) == [["a"]]


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        (["[1, 2]"], "no list of benchmarks"),
        (['{"benchmarks": {}}'], "no list of benchmarks"),
        (['{"stats": []}'], "no list of benchmarks"),
        ([report(), "[]"], "line 2 holds neither report nor benchmark"),
        ([report(), "", {"a": 1}], "line 3 holds neither report nor benchmark"),
        ([report(), report(), '{"benchmarks": [1,'], "truncated .*line 3"),
        ([report(), "{bad}", report()], "not JSON .*line 2"),
        ([report(), '{"stats": {}, "stats": {}}'], "'stats' is repeated, line 2"),
        ([SESSION, logged("a", "fast")], "a log of whole tests, without benchmarks"),
        ([json.dumps(report()) + " x"], "not JSON"),
    ],
)
def test_what_holds_no_reports_is_refused_with_its_line(tmp_path, contents, reason):
    path = lines(tmp_path, *contents)
    with pytest.raises(UsageError, match=reason) as error:
        read_reports(path)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


@pytest.mark.parametrize("line", ['{"benchmarks":[]}', '{"name":"a","stats":{}}'], ids=["reports", "benchmarks"])
def test_more_reports_than_anybody_keeps_in_a_file_are_refused(tmp_path, line):
    assert len(read_reports(lines(tmp_path, *[line] * MOST_REPORTS))) == MOST_REPORTS
    with pytest.raises(UsageError, match=f"some.jsonl: more than the {MOST_REPORTS} reports that are read"):
        read_reports(lines(tmp_path, *[line] * (MOST_REPORTS + 1)))


def test_reports_of_a_file_are_runs_of_their_own(tmp_path):
    frame = load(lines(tmp_path, report("a"), report("a", "b"), name="nightly.ndjson"))
    assert frame.groupby("run", observed=True)["conversion"].unique().map(list).to_dict() == {
        "nightly#1": ["a"],
        "nightly#2": ["a", "b"],
    }
