import os

import pytest

from copycost.measure import failures
from copycost.measure.failures import MemoryGrowth, failure_excerpt, is_out_of_memory, says_out_of_memory


def failed(function):
    """Return what pytest makes of a function's exception."""
    try:
        function()
    except BaseException:
        return pytest.ExceptionInfo.from_current().getrepr(style="long")
    raise AssertionError("it did not fail")


def test_the_error_is_one_line_and_its_places_have_no_folders():
    def deep():
        raise ValueError("no\nsuch luck")

    error, lines = failure_excerpt(failed(lambda: deep()))
    assert error == "ValueError: no such luck"
    assert lines[-1].startswith("test_failures.py, line ")
    assert "raise ValueError" in lines[-1]
    assert not any("/" in line for line in lines)


def test_the_harness_and_what_led_to_it_are_left_out():
    from copycost.catalogue.grid import parse_dtypes

    _, lines = failure_excerpt(failed(lambda: parse_dtypes("float65")))
    assert not any("test_failures" in line for line in lines)


def test_at_most_five_lines_are_kept():
    def down(depth):
        return down(depth - 1) if depth else 1 / 0

    error, lines = failure_excerpt(failed(lambda: down(20)))
    assert error == "ZeroDivisionError: division by zero" and len(lines) == 5


def test_a_skip_and_a_text_are_told_too():
    assert failure_excerpt(("/x/file.py", 3, "Skipped: no such pair")) == ("Skipped: no such pair", [])
    assert failure_excerpt("one\n\ntwo\n") == ("two", [])
    assert failure_excerpt("") == ("failed without a word", [])


def test_a_long_error_is_shortened():
    def fail():
        raise ValueError("x" * 1000)

    error, _ = failure_excerpt(failed(fail))
    assert len(error) == 240 and error.endswith("…")


@pytest.mark.parametrize(
    ("error", "is_memory"),
    [
        (MemoryError(), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), True),
        (RuntimeError("std::bad_alloc"), True),
        (OSError(12, os.strerror(12)), True),
        (ValueError("wrong memory format"), False),
        (None, False),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_says_that_memory_ran_out(error, is_memory):
    assert is_out_of_memory(error) == is_memory
    if error is not None:
        assert says_out_of_memory(f"{type(error).__name__}: {error}") == is_memory


def test_the_cause_of_an_error_counts():
    error = RuntimeError("refused")
    error.__cause__ = MemoryError()
    assert is_out_of_memory(error)


def growing(monkeypatch, *steps):
    held = iter([0, *steps])
    monkeypatch.setattr(failures, "private_bytes", lambda: next(held))
    return MemoryGrowth()


MIB = 1024**2


def test_the_cell_that_holds_most_is_to_blame(monkeypatch):
    growth = growing(monkeypatch, 500 * MIB, 510 * MIB, 1100 * MIB, 1200 * MIB)
    for cell in ("leak", "good", "leak", "large"):
        growth.add(cell)
    assert growth.culprit("large") == "leak"


def test_a_cell_that_asks_for_too_much_at_once_is_to_blame_itself(monkeypatch):
    growth = growing(monkeypatch, 20 * MIB, 30 * MIB, 30 * MIB)
    for cell in ("a", "b", "huge"):
        growth.add(cell)
    assert growth.culprit("huge") == "huge"


def test_where_memory_cannot_be_seen_the_last_is_to_blame(monkeypatch):
    growth = growing(monkeypatch, None)
    growth.add("a")
    assert growth.culprit("b") == "b"
