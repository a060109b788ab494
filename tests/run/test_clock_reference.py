"""One clock for the runs of a results folder on one machine and Python."""

import json

from copycost.analyse.select import select_one
from copycost.run.arms import BASE, Arm
from copycost.run.clock_reference import set_references
from copycost.run.record import Record
from tests.made_up import Law, machine_facts
from tests.run.test_execution import run, settings


def record_of(folder, machine="M", pythons=("3.11",), clock="crc", references=None):
    arms = (BASE, Arm("other"))[: len(pythons)]
    record = Record(settings(folder, arms=arms), method={"clock": clock})
    record.arms = {arm.name: {"machine": machine, "python": python} for arm, python in zip(arms, pythons, strict=True)}
    record.clock_references = references or {}
    record.write()
    return record


def referred(record, **seen):
    set_references(record, seen)
    return record.clock_references


def test_the_first_run_sets_the_reference_and_later_ones_take_it_over(tmp_path):
    first = record_of(tmp_path / "first")
    assert referred(first, base=3e-6) == {"base": 3e-6}
    first.write()
    second = record_of(tmp_path / "second")
    assert referred(second, base=3.3e-6) == {"base": 3e-6}


def test_another_machine_python_or_clock_has_its_own(tmp_path):
    record_of(tmp_path / "first", references={"base": 3e-6})
    others = ({"machine": "N"}, {"pythons": ("3.12",)}, {"clock": "another"})
    for number, other in enumerate(others):
        assert referred(record_of(tmp_path / f"other-{number}", **other), base=4e-6) == {"base": 4e-6}


def test_arms_of_one_python_have_one_reference(tmp_path):
    assert referred(record_of(tmp_path / "a", pythons=("3.11", "3.11")), base=3e-6, other=3.1e-6) == {
        "base": 3e-6,
        "other": 3e-6,
    }
    apart = referred(record_of(tmp_path / "b" / "b", pythons=("3.11", "3.12")), base=3e-6, other=4e-6)
    assert apart == {"base": 3e-6, "other": 4e-6}


def test_a_damaged_neighbour_is_passed_over_and_what_is_set_stays(tmp_path):
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "run.json").write_text("{")
    record = record_of(tmp_path / "run", references={"base": 2e-6})
    assert referred(record, base=3e-6) == {"base": 2e-6}


def test_what_is_shown_is_at_the_reference_that_the_record_has(tmp_path):
    run(tmp_path / "first", changes={"processes": 3}, machine=machine_facts() | {"python": "3.11"})
    first = select_one("first", tmp_path)
    reference = json.loads((tmp_path / "first" / "run.json").read_text())["arms"][0]["clock_reference"]
    assert set(first.estimates["clock"]) == {reference}
    record, _ = run(tmp_path / "second", changes={"processes": 3}, law=Law(drift=0.3), machine=first.machine)
    assert record.clock_references == {"base": reference}
    assert set(select_one("second", tmp_path).estimates["clock"]) == {reference}
