import json
import sys
from dataclasses import replace

import pytest

from copycost.measure.doctor.check import SEVERITIES, System, Untold
from copycost.measure.doctor.examination import CHECKS, TURN_SECONDS, TURNS, findings, take_sample, this_system, watched
from copycost.measure.probes import Probe
from tests.measure.doctor.made_up import QUIET_CORE, system

ASKS_NO_FILE = {
    "contention",
    "clock stability",
    "allocator settings",
    "thread settings",
    "Python build",
    "Python tracing",
}


class Anything(dict):
    """Files that all exist and all say the same."""

    def __init__(self, text: str) -> None:
        self.text = text

    def get(self, path, default=None):
        return self.text


def test_every_check_has_a_name_of_its_own_and_asks_a_question():
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    assert all(check.question.endswith("?") for check in CHECKS)


@pytest.mark.parametrize("platform", ["darwin", "win32", "linux"])
def test_a_system_that_tells_nothing_is_unknown_and_never_a_crash(platform):
    nothing = System(platform, lambda path: None, lambda folder: None)
    found = {finding.name: finding for finding in findings(nothing)}
    unknown = {name for name, finding in found.items() if finding.severity == "unknown"}
    assert unknown == set(found) - ASKS_NO_FILE | {"contention", "clock stability"}
    assert all(found[name].evidence for name in found)


@pytest.mark.parametrize("text", ["", "nonsense", "a b c d e f g h\n1 2 3", "-1", "[x]", "0::/\n:"])
def test_files_that_say_something_odd_are_never_a_crash(text):
    machine = system(facts={"hugepages": "always", "memory_bytes": 0, "available_bytes": 0})
    files = Anything(text)
    sample = type(machine.sample)(1.0, files, files, QUIET_CORE, [0])
    odd = System("linux", files.get, lambda folder: ["7"], {}, machine.facts, sample=sample)
    assert {finding.severity for finding in findings(odd)} <= set(SEVERITIES)


def test_what_disturbs_comes_first():
    found = findings(system(environment={"OMP_NUM_THREADS": "64"}))
    order = [SEVERITIES.index(finding.severity) for finding in found]
    assert order == sorted(order)
    assert found[0].name == "thread settings"


def test_each_watched_file_is_read_once():
    paths = watched(system({"/proc/7/stat": "", "/proc/stat": ""}))
    assert len(set(paths)) == len(paths)
    assert {"/proc/stat", "/proc/7/stat", "/proc/vmstat"} <= set(paths)


class Clock:
    """A clock on which a look takes ten milliseconds, and which a test can read files by."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def now(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.seconds += seconds

    def look(self) -> Probe:
        self.seconds += 0.01
        return Probe(2000, 2500)


def sampled(read, paths):
    clock = Clock()
    return take_sample(
        lambda path: read(path, clock.seconds),
        paths,
        now=clock.now,
        pause=clock.pause,
        look=clock.look,
    )


def test_files_are_read_before_and_after_and_half_of_the_time_is_work():
    taken = sampled(lambda path, seconds: f"{seconds:.0f}", ["/a", "/a", "/b"])
    assert taken.before == {"/a": "100", "/b": "100"}
    assert taken.after == {"/a": "101", "/b": "101"}
    assert 2 * TURNS * TURN_SECONDS <= taken.seconds <= 1.2
    assert TURNS * TURN_SECONDS / 0.01 <= len(taken.probes) <= 1.2 * TURNS * TURN_SECONDS / 0.01


def test_this_process_is_not_in_its_own_queue():
    taken = sampled(lambda path, seconds: "ctxt 9\nprocs_running 3\n", [])
    assert taken.running == [2] * TURNS


def test_where_there_are_no_such_files_there_is_nothing_but_the_probes():
    taken = sampled(lambda path, seconds: None, ["/a"])
    assert taken.before == taken.after == {"/a": None}
    assert taken.running == []
    assert taken.probes


def test_a_file_that_is_missing_is_named_with_the_system_that_has_none():
    with pytest.raises(Untold, match=r"^/proc/stat cannot be read: darwin has no such file$"):
        system(platform="darwin").text("/proc/stat")
    with pytest.raises(Untold, match=r"^/proc/stat cannot be read$"):
        system().text("/proc/stat")


def test_a_counter_that_is_missing_is_not_taken_for_zero():
    machine = system({"/a": "one 1"}, later={"/a": "one 4"})
    assert machine.growth("/a", r"^one (\d+)") == 3
    with pytest.raises(Untold):
        machine.growth("/a", r"^two (\d+)")


def test_root_needs_no_sudo():
    assert system().setting(1, "/x") == "echo 1 | sudo tee /x"
    assert replace(system(), uid=0).setting(1, "/x") == "echo 1 | tee /x"


def test_cores_are_those_allowed_or_else_those_there_are():
    assert system(cpus=frozenset({3})).cores == 1
    assert system(cpus=None).cores == 4
    assert system(cpus=None, facts={"cores": None}).cores == 1


def test_this_system_can_be_asked_and_has_facts():
    here = this_system("refused")
    assert here.platform == sys.platform
    assert here.read("/no/such/file") is None
    assert here.entries("/no/such/folder") is None
    assert here.layout_refused == "refused"
    json.dumps(dict(here.facts))


def test_a_tracer_that_is_on_is_seen():
    before = sys.getprofile()
    sys.setprofile(lambda *event: None)
    try:
        assert "sys.getprofile()" in this_system().interpreter.tracers
    finally:
        sys.setprofile(before)
