import pytest

from copycost.measure.doctor.load import CHECKS, Process, contention, parse_stat, stat_files
from copycost.measure.probes import Probe
from tests.measure.doctor.made_up import finding, system


def stat(busy: int, idle: int = 0) -> str:
    return f"cpu  {busy} 0 0 {idle} 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\nprocs_running 1"


def process(pid: int, name: str, ticks: int, *, parent: int = 1, flags: int = 0) -> str:
    return f"{pid} ({name}) R {parent} 1 1 0 -1 {flags} 0 0 0 0 {ticks} 0 0 0 20 0 1 0 99"


def loaded(ticks: int, *, load_average: str = "0.10", started_from: int = 700, **row):
    """A second in which one other process used these ticks, and this one 50."""
    before = {
        "/proc/loadavg": f"{load_average} 0.1 0.1 1/99 4711",
        "/proc/stat": stat(0),
        "/proc/812/stat": process(812, "a) b", 0, **row),
        "/proc/1000/stat": process(1000, "python", 0, parent=started_from),
        "/proc/700/stat": process(700, "shell", 0),
    }
    later = {
        "/proc/stat": stat(50 + ticks),
        "/proc/812/stat": process(812, "a) b", ticks, **row),
        "/proc/1000/stat": process(1000, "python", 50, parent=started_from),
    }
    return system(before, later=later)


def test_a_busy_process_is_named_with_its_share_and_shown_not_stopped():
    found = finding(CHECKS, "other load", loaded(80))
    assert found.severity == "disturbs"
    assert "a) b (pid 812) 80%" in found.evidence
    assert "0.80 of 4 cores" in found.evidence
    assert found.command == "ps -o pid,user,etime,args -p 812"


def test_a_thread_of_the_kernel_has_nothing_to_show():
    assert finding(CHECKS, "other load", loaded(80, flags=0x00200000)).command == ""


def test_this_process_itself_is_no_other_load():
    found = finding(CHECKS, "other load", loaded(0))
    assert found.severity == "fine"
    assert "pid" not in found.evidence


def test_a_little_load_is_a_note_and_so_is_a_load_that_has_just_ended():
    assert finding(CHECKS, "other load", loaded(10)).severity == "note"
    assert finding(CHECKS, "other load", loaded(0, load_average="3.50")).severity == "note"


def test_a_process_that_ended_meanwhile_is_left_out():
    machine = loaded(80)
    machine.sample.after["/proc/812/stat"] = None
    found = finding(CHECKS, "other load", machine)
    assert found.severity == "disturbs"
    assert "812" not in found.evidence
    assert "0.80 cores by processes that came or went" in found.evidence


def test_load_is_unknown_without_the_kernels_counters():
    assert finding(CHECKS, "other load", system()).severity == "unknown"


def test_a_queue_for_the_cores_disturbs():
    found = finding(CHECKS, "run queue", system(running=[4, 5, 4]))
    assert found.severity == "disturbs"
    assert "4.3 other threads on 4 cores" in found.evidence


def test_waiting_for_a_core_disturbs_though_the_queue_looked_short():
    path = "/proc/pressure/cpu"
    before, later = (f"some avg10=0.00 avg60=0.00 avg300=0.00 total={t}" for t in (5, 200_005))
    machine = system({path: before}, later={path: later}, running=[0, 0])
    found = finding(CHECKS, "run queue", machine)
    assert found.severity == "disturbs"
    assert "20% of the time" in found.evidence


def test_no_queue_is_fine_and_an_unread_one_unknown():
    assert finding(CHECKS, "run queue", system(running=[0, 1, 0])).severity == "fine"
    assert finding(CHECKS, "run queue", system()).severity == "unknown"


LINE = "7 (odd (name) ) S 3 1 1 0 -1 2097152 0 0 0 0 120 30 0 0 20 0 1 0 99"


def test_a_name_may_hold_blanks_and_brackets():
    assert parse_stat(LINE) == Process(7, "odd (name) ", 3, True, 150)


def test_only_numbers_are_processes():
    machine = system({"/proc/7/stat": LINE, "/proc/stat": "", "/proc/self/cgroup": ""})
    assert stat_files(machine) == ["/proc/7/stat"]
    assert stat_files(system()) == []


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
