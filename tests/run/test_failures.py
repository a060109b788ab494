import pytest

from copycost.catalogue.cell import Cell
from copycost.run.arms import BASE, Arm
from copycost.run.failures import TRIES, Failure, Failures, failure_lines

CELL = Cell("f", "to_tensor", "float64", 1)


def test_a_cell_is_given_up_after_a_bounded_number_of_tries():
    entries = []
    failures = Failures(entries)
    for number in range(1, TRIES + 1):
        failures.add(BASE, CELL, Failure.ended(-11, ""))
        assert failures.given_up(BASE, CELL) == (number == TRIES)
    assert len(entries) == 1
    assert entries[0]["tries"] == TRIES
    assert entries[0]["cell"] == CELL.id and entries[0]["conversion"] == "f"


@pytest.mark.parametrize("failure", [Failure.hung(60.0), Failure("wrong result", "other values")])
def test_a_time_out_and_a_final_failure_give_a_cell_up_at_once(failure):
    failures = Failures([])
    failures.add(BASE, CELL, failure, final=failure.cause == "wrong result")
    assert failures.given_up(BASE, CELL)


def test_another_arm_may_still_try():
    failures = Failures([])
    failures.add(BASE, CELL, Failure.hung(60.0))
    assert not failures.given_up(Arm("other"), CELL)


def test_what_earlier_parts_of_a_run_have_found_counts():
    entries = []
    Failures(entries).add(BASE, CELL, Failure.ended(-6, ""))
    failures = Failures(entries)
    failures.add(BASE, CELL, Failure.ended(-6, ""))
    assert failures.given_up(BASE, CELL)


def test_a_conversion_that_hangs_in_three_cells_is_given_up_altogether():
    cells = tuple(Cell(name, "to_tensor", "float64", size) for name in "fg" for size in (1, 2, 3, 4, 5))
    failures = Failures([])
    for cell in cells[:3]:
        assert not failures.given_up(BASE, cells[3])
        failures.add(BASE, cell, Failure.hung(60.0))
        failures.give_up_hanging(BASE, cells)
    assert [failures.given_up(BASE, cell) for cell in cells] == [True] * 5 + [False] * 5


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [(-11, "signal", "SIGSEGV"), (-6, "signal", "SIGABRT"), (3, "exit", "exit status 3"), (-40, "signal", "signal 40")],
)
def test_how_a_process_ended_is_told_in_words(status, kind, said):
    failure = Failure.ended(status, "terminate called")
    assert failure.cause == kind
    assert said in failure.error and failure.error.endswith(": terminate called")


def test_what_a_process_tells_itself_is_taken_over():
    event = {"event": "failed", "error": "ValueError: no", "lines": ["mine.py, line 3: raise"]}
    assert Failure.reported(event) == Failure("exception", "ValueError: no", ("mine.py, line 3: raise",))
    assert Failure.reported({"kind": "memory", "error": "MemoryError: "}).error == "out of memory: MemoryError"


def test_errors_hold_no_folders_unless_they_are_to():
    for plain, shown in ((False, "no file.txt"), (True, "no /srv/secret/file.txt")):
        entries = []
        Failures(entries, plain=plain).add(BASE, CELL, Failure("exception", "no /srv/secret/file.txt"))
        assert entries[0]["error"] == shown


def test_conversions_that_ended_a_process_are_dangerous_and_those_that_raised_are_not():
    failures = Failures([])
    failures.add(BASE, CELL, Failure("exception", "ValueError: no"))
    assert failures.dangerous == frozenset()
    failures.add(Arm("other"), Cell("g", "to_tensor", "float64", 1), Failure.ended(-11, ""))
    assert failures.dangerous == {"g"}


def test_what_failed_is_one_line_for_each_conversion_arm_and_kind():
    entry = {
        "conversion": "f",
        "arm": "base",
        "kind": "signal",
        "error": "its process was ended by SIGSEGV",
        "tries": 2,
    }
    assert failure_lines(
        [
            {**entry, "given_up": True},
            {**entry, "given_up": True},
            {**entry, "arm": "thp", "given_up": False},
            {"cell": None, "error": "process 3 was not finished"},
        ]
    ) == [
        "failed: f in 2 cells: its process was ended by SIGSEGV",
        "failed: f in arm thp: its process was ended by SIGSEGV (once, and measured since)",
        "failed: the run: process 3 was not finished",
    ]
