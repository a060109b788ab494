"""An error is told in one line."""

from copycost.catalogue.outcomes import one_line


def test_type_and_message_are_on_one_line():
    assert one_line(ValueError("two\n  lines")) == "ValueError: two lines"


def test_a_long_message_is_shortened():
    told = one_line(ValueError("word " * 100), longest=50)
    assert len(told) <= 50
    assert told.endswith("…")
