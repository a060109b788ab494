import pytest

from copycost.measure.canary import Probe
from copycost.measure.doctor.neighbours import CHECKS, contention
from tests.measure.doctor.made_up import finding, system

QUIET, SHARED = Probe(2000, 2500), Probe(3500, 2600)


def test_contention_is_found_from_the_canary_and_not_from_the_frequency():
    slow_core = Probe(4000, 5000)
    assert contention([QUIET] * 50 + [slow_core] * 50).share == 0
    share, slower, level = contention([QUIET] * 70 + [SHARED] * 30)
    assert share == 0.3
    assert slower == pytest.approx(1.68, abs=0.01)
    assert level == 0.8


@pytest.mark.parametrize(("shared", "severity"), [(0, "fine"), (20, "note"), (100, "disturbs")])
def test_the_more_of_the_time_the_core_is_shared_the_worse(shared, severity):
    machine = system(probes=[QUIET] * (400 - shared) + [SHARED] * shared)
    assert finding(CHECKS, "contention", machine).severity == severity


def test_too_few_canaries_tell_nothing():
    assert finding(CHECKS, "contention", system(probes=[QUIET] * 5)).severity == "unknown"


@pytest.mark.parametrize(("stolen", "severity"), [(0, "fine"), (4, "note"), (30, "disturbs")])
def test_steal_time_is_what_grew_during_the_sample(stolen, severity):
    before = {"/proc/stat": "cpu  1000 0 0 9000 0 0 0 5000 0 0"}
    later = {"/proc/stat": f"cpu  1100 0 0 {9300 - stolen} 0 0 0 {5000 + stolen} 0 0"}
    found = finding(CHECKS, "steal time", system(before, later=later))
    assert found.severity == severity
    assert f"{stolen / 4:.1f}%" in found.evidence


def test_steal_time_is_unknown_without_the_counter_or_where_it_stood_still():
    assert finding(CHECKS, "steal time", system()).severity == "unknown"
    standing = system({"/proc/stat": "cpu  1 0 0 9 0 0 0 5 0 0"})
    assert finding(CHECKS, "steal time", standing).severity == "unknown"
