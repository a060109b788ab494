import time

import pytest

from copycost.store.facts import as_moment, foreign_machine, known_machine
from tests.made_up import machine_facts

KNOWN = {"system": "Linux", "release": "6.1", "python_version": "3.11.2", "node": "build-host-7"}


@pytest.mark.parametrize("cpu", ["AMD EPYC", {"brand": "AMD EPYC"}, {"brand_raw": "AMD EPYC", "brand": "old"}], ids=str)
def test_the_cpu_is_known_as_every_version_wrote_it(cpu):
    facts = foreign_machine(KNOWN | {"cpu": cpu})
    assert facts["cpu_model"] == "AMD EPYC" and facts["machine"].startswith("AMD EPYC ")
    assert (facts["system"], facts["kernel"], facts["python"]) == ("Linux", "6.1", "3.11.2")


def test_a_host_is_recognised_and_not_named():
    one, again, other = (
        foreign_machine({"node": node, "cpu": {"brand_raw": "CPU", "count": 4}}) for node in ("a-host", "a-host", "b")
    )
    assert one == again and one["machine"] != other["machine"]
    assert one["machine"].startswith("CPU 4c ") and "a-host" not in str(one)
    assert len(one["machine"].rpartition(" ")[2]) == 6


@pytest.mark.parametrize(
    ("info", "machine"),
    [
        ({"cpu": "CPU"}, "CPU"),
        ({"cpu": {"brand_raw": "CPU", "count": 2}}, "CPU 2c"),
        ({"cpu": {"count": 2}, "node": "x"}, "unknown CPU 2c "),
        ({"cpu": {"brand_raw": "unknown"}, "node": "x"}, "unknown CPU "),
    ],
    ids=str,
)
def test_the_name_has_what_is_known(info, machine):
    assert foreign_machine(info)["machine"].startswith(machine)


@pytest.mark.parametrize("info", [None, [], "Linux", 3, {}, {"cpu": {"count": 4}, "system": ""}], ids=str)
def test_without_cpu_and_host_there_is_no_machine(info):
    assert "machine" not in foreign_machine(info)


@pytest.mark.parametrize("count", [0, -1, True, 2.5, "4", 2**20, None])
def test_a_count_that_is_none_is_unknown(count):
    assert foreign_machine({"cpu": {"brand_raw": "CPU", "count": count}}) == {"machine": "CPU", "cpu_model": "CPU"}


@pytest.mark.parametrize("wrong", [3, ["Linux"], {"a": 1}, "", "Unknown", None, True])
def test_facts_of_the_wrong_kind_are_left_out(wrong):
    assert foreign_machine(dict.fromkeys(("cpu", "node", "system", "release", "python_version"), wrong)) == {}


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2025-03-04T05:06:07", "2025-03-04T05:06:07+00:00"),
        ("2025-03-04T05:06:07.25+02:00", "2025-03-04T03:06:07.250000+00:00"),
        ("2025-03-04T05:06:07Z", "2025-03-04T05:06:07+00:00"),
        ("2025-02-30T00:00:00", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("yesterday", None),
        ("", None),
        (1741064767, None),
        (None, None),
    ],
)
def test_a_time_is_in_utc_or_unknown(told, moment):
    assert as_moment(told) == moment


@pytest.fixture
def far_from_utc(monkeypatch):
    monkeypatch.setenv("TZ", "XYZ-5")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_time_without_a_zone_is_utc_wherever_it_is_read(far_from_utc):
    assert as_moment("2025-03-04T05:06:07") == "2025-03-04T05:06:07+00:00"


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
