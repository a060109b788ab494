import json

import pytest

from copycost.errors import UsageError
from copycost.store.run_folder import find, read_record
from tests.made_up import Law, core_cells, made_up_rounds, write_run


@pytest.fixture
def results(tmp_path):
    rounds = made_up_rounds(Law(processes=1, visits=1, rounds=2), core_cells((1,), ("float64",)))
    for name, created in (
        ("first", "2026-01-01T00:00:00Z"),
        ("newest", "2026-01-03T00:00:00+00:00"),
        ("third", "2026-01-02T00:00:00"),
    ):
        write_run(tmp_path / name, rounds, record={"created": created})
    return tmp_path


def test_a_run_is_found_by_name_by_folder_and_as_latest(results, monkeypatch):
    assert find("first", results) == results / "first"
    assert find(str(results / "third"), results) == results / "third"
    assert find("latest", results) == results / "newest"


def test_a_results_file_of_another_suite_can_be_named(results):
    file = results / "first" / "process-0001.json"
    assert find(str(file), results) == file


def test_an_unknown_run_names_the_nearest(results):
    with pytest.raises(UsageError, match="no run 'frist': did you mean first"):
        find("frist", results)


@pytest.mark.parametrize("run", ["latest", "x", ""])
def test_no_runs_at_all_is_said(tmp_path, run):
    with pytest.raises(UsageError, match="holds no runs yet"):
        find(run, tmp_path / "results")


def test_a_damaged_run_does_not_hide_the_latest(results):
    (results / "first" / "run.json").write_text("{")
    assert find("latest", results) == results / "newest"


def test_a_record_is_read_with_every_key(results):
    path = results / "first" / "run.json"
    path.write_text(json.dumps({"schema": 1, "name": "first", "failed": None}))
    record = read_record(results / "first")
    assert record["name"] == "first"
    assert record["failed"] == [] and record["plan"] == {} and record["status"] == ""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"schema": 2}, "schema 2 is newer"),
        ({"schema": "1"}, "schema is not a version number"),
        ({"schema": True}, "schema is not a version number"),
        ({"plan": []}, "'plan' is a list, not an object"),
        ({"name": 3}, "'name' is a number, not a text"),
        ({"processes": [1]}, "'processes' is not a list of objects"),
        ({"plan": {"cells": 3}}, r"'plan.cells' is not a list of objects"),
    ],
)
def test_a_record_of_the_wrong_kind_is_refused_in_one_line(results, change, reason):
    path = results / "first" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UsageError, match=reason) as error:
        read_record(results / "first")
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_a_folder_without_a_record_is_refused(tmp_path):
    with pytest.raises(UsageError, match="not a run folder"):
        read_record(tmp_path)


def test_another_json_object_is_not_a_record(tmp_path):
    (tmp_path / "run.json").write_text("[]")
    with pytest.raises(UsageError, match="not a copycost run record"):
        read_record(tmp_path)


def test_a_name_that_no_folder_can_have_is_refused_in_one_line(tmp_path):
    with pytest.raises(UsageError, match=r"no run 'aaa.*a': it cannot be looked for \(File name too long\)"):
        find("a" * 300, tmp_path)
