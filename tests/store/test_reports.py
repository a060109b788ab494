import json

import pytest

from copycost.errors import UsageError
from copycost.store.loading import load
from copycost.store.reports import MOST_REPORTS, read_reports

STATS = {"median": 2e-6, "rounds": 3, "iterations": 5, "data": [1e-6, 2e-6, 3e-6]}
AROUND = {"machine_info": {"node": "n"}, "version": "5.3.1", "datetime": "2026-01-01T00:00:00"}


def benchmark(name="test_a", **changes):
    return {"name": name, "fullname": f"t.py::{name}", "stats": STATS} | changes


def report(*names, **changes):
    return AROUND | {"benchmarks": [benchmark(name) for name in names or ("test_a",)]} | changes


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


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        (["[1, 2]"], "no list of benchmarks"),
        (['{"benchmarks": {}}'], "no list of benchmarks"),
        ([AROUND | benchmark()], "no list of benchmarks"),
        ([report(), "[]"], "line 2 is not a report"),
        ([report(), "", {"a": 1}], "line 3 is not a report"),
        ([AROUND | benchmark("a"), AROUND | benchmark("b")], "line 1 is not a report"),
        ([{"$report_type": "SessionStart"}, {"$report_type": "TestReport"}], "line 1 is not a report"),
        ([report(), report(), '{"benchmarks": [1,'], "truncated .*line 3"),
        ([report(), "{bad}", report()], "not JSON .*line 2"),
        ([report(), '{"stats": {}, "stats": {}}'], "'stats' is repeated, line 2"),
        ([json.dumps(report()) + " x"], "not JSON"),
    ],
)
def test_what_holds_no_reports_is_refused_with_its_line(tmp_path, contents, reason):
    path = lines(tmp_path, *contents)
    with pytest.raises(UsageError, match=reason) as error:
        read_reports(path)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


def test_more_reports_than_anybody_keeps_in_a_file_are_refused(tmp_path):
    line = '{"benchmarks":[]}'
    assert len(read_reports(lines(tmp_path, *[line] * MOST_REPORTS))) == MOST_REPORTS
    with pytest.raises(UsageError, match=f"some.jsonl: more than the {MOST_REPORTS} reports that are read"):
        read_reports(lines(tmp_path, *[line] * (MOST_REPORTS + 1)))


def test_reports_of_a_file_are_runs_of_their_own(tmp_path):
    frame = load(lines(tmp_path, report("a"), report("a", "b"), name="nightly.ndjson"))
    assert frame.groupby("run", observed=True)["conversion"].unique().map(list).to_dict() == {
        "nightly#1": ["a"],
        "nightly#2": ["a", "b"],
    }
