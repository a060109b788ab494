import json

import pytest

from copycost.errors import UsageError
from copycost.store.record import known_record, read_record
from tests.made_up import Law, core_cells, machine_facts, made_up_rounds, write_run


@pytest.fixture
def results(tmp_path):
    rounds = made_up_rounds(Law(processes=1, visits=1, rounds=2), core_cells((1,), ("float64",)))
    write_run(tmp_path / "first", rounds)
    return tmp_path


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


RECORD = {
    "plan": {"preset": "quick", "precision": 0.01, "cells": [{"size": 1}]},
    "method": {"protocol": 1, "canary": "python-100", "start": None, "share": -0.5},
    "arms": [{"name": "base", "environment": {"A": "1"}, "python": None, "machine": machine_facts()}],
    "machine": machine_facts(),
    "processes": [{"file": "process-0001.json", "arm": "base", "seconds": 4.0}],
    "wall_seconds": 60.0,
    "resumptions": [{"at": "later"}],
}


def test_a_good_record_stays_as_it_is():
    assert known_record(RECORD) == RECORD


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("plan", {"precision": "1%"}),
        ("plan", {"precision": float("inf")}),
        ("plan", {"budget": -1}),
    ],
)
def test_what_was_planned_is_unknown_where_it_is_no_number(key, wrong):
    assert known_record(RECORD | {key: RECORD[key] | wrong})[key] == RECORD[key] | dict.fromkeys(wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"name": 1}, {"environment": {"A": 1}}, {"environment": []}, {"machine": "AMD"}, {"python": 3}, {"threads": "2"}],
)
def test_facts_of_arms_are_looked_at_too(wrong):
    arm = RECORD["arms"][0]
    assert known_record(RECORD | {"arms": [arm | wrong]})["arms"] == [arm | dict.fromkeys(wrong)]


def test_a_machine_within_an_arm_is_looked_at():
    arm = RECORD["arms"][0] | {"machine": machine_facts() | {"cores": "two"}}
    assert known_record(RECORD | {"arms": [arm]})["arms"][0]["machine"]["cores"] is None


def test_a_method_keeps_what_can_be_compared():
    method = {"protocol": 1, "list": [1], "object": {}, "beyond": float("inf"), "huge": 2**70}
    assert known_record(RECORD | {"method": method})["method"] == {"protocol": 1}
