import pytest

from copycost.measure.last_words import last_words


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

    error, lines = last_words(failed(lambda: deep()))
    assert error == "ValueError: no such luck"
    assert lines[-1].startswith("test_last_words.py, line ")
    assert "raise ValueError" in lines[-1]
    assert not any("/" in line for line in lines)


def test_the_harness_and_what_led_to_it_are_left_out():
    from copycost.catalogue.dtypes import parse_dtypes

    _, lines = last_words(failed(lambda: parse_dtypes("float65")))
    assert not any("test_last_words" in line for line in lines)


def test_at_most_five_lines_are_kept():
    def down(depth):
        return down(depth - 1) if depth else 1 / 0

    error, lines = last_words(failed(lambda: down(20)))
    assert error == "ZeroDivisionError: division by zero" and len(lines) == 5


def test_a_skip_and_a_text_are_told_too():
    assert last_words(("/x/file.py", 3, "Skipped: no such pair")) == ("Skipped: no such pair", [])
    assert last_words("one\n\ntwo\n") == ("two", [])
    assert last_words("") == ("failed without a word", [])


def test_a_long_error_is_shortened():
    def fail():
        raise ValueError("x" * 1000)

    error, _ = last_words(failed(fail))
    assert len(error) == 240 and error.endswith("…")
