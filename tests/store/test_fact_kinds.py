import pytest

from copycost.store.fact_kinds import known_machine, known_record
from tests.made_up import machine_facts

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
    ("fact", "value"),
    [
        ("machine", 2),
        ("cpu_model", ["AMD"]),
        ("cores", -1),
        ("cores", True),
        ("cores", 2.5),
        ("memory_bytes", 2**80),
        ("caches", {"level": 1}),
        ("caches", [{"level": "1", "type": "data", "bytes": 4}]),
        ("python", 3.11),
    ],
)
def test_a_fact_of_the_wrong_kind_is_unknown(fact, value):
    known = known_machine(machine_facts() | {fact: value})
    assert known == machine_facts() | {fact: None}


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
