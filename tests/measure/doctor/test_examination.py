import pytest

from copycost.measure.doctor.examination import CHECKS, findings, watched
from copycost.measure.doctor.finding import SEVERITIES
from copycost.measure.doctor.system import System
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
