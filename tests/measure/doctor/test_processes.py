from copycost.measure.doctor.processes import Process, ancestors, parse, stat_files
from tests.measure.doctor.made_up import system

LINE = "7 (odd (name) ) S 3 1 1 0 -1 2097152 0 0 0 0 120 30 0 0 20 0 1 0 99"


def test_a_name_may_hold_blanks_and_brackets():
    assert parse(LINE) == Process(7, "odd (name) ", 3, True, 150)


def test_ancestors_end_where_the_kernel_starts_and_never_go_round():
    rows = [Process(9, "a", 5, False, 0), Process(5, "b", 1, False, 0), Process(1, "c", 0, False, 0)]
    assert ancestors(9, rows) == {9, 5, 1}
    assert ancestors(2, [Process(2, "d", 2, False, 0)]) == {2}


def test_only_numbers_are_processes():
    machine = system({"/proc/7/stat": LINE, "/proc/stat": "", "/proc/self/cgroup": ""})
    assert stat_files(machine) == ["/proc/7/stat"]
    assert stat_files(system()) == []
