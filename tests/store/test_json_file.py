import os

import pytest

from copycost.errors import UsageError
from copycost.store import json_file
from copycost.store.json_file import LARGEST_BYTES, read_json
from copycost.store.json_lines import read_reports


def refused(tmp_path, content):
    path = tmp_path / "some.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError) as error:
        read_json(path)
    message = str(error.value)
    assert str(path) in message and "\n" not in message
    return message


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ('{"benchmarks": [1, 2', "truncated"),
        ("hello", "not JSON"),
        ('{"a": 1}x', "not JSON (Extra data"),
        (b"\xff\xfe\x00\x01", "not UTF-8"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": 1, "a": 2}', "'a' is repeated"),
        ("9" * 5000, "not JSON"),
    ],
)
def test_what_is_not_json_is_refused_with_the_reason(tmp_path, content, reason):
    assert reason in refused(tmp_path, content)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path):
    path = tmp_path / "huge.json"
    with open(path, "wb") as file:
        file.truncate(LARGEST_BYTES + 1)  # takes no room on the disk
    with pytest.raises(UsageError, match=r"huge\.json: larger than the 512 MiB that are read"):
        read_json(path)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "growing.json"
    path.write_text("[" + "1, " * 100 + "1]")
    monkeypatch.setattr(json_file, "LARGEST_BYTES", 100)
    monkeypatch.setattr(json_file.os, "fstat", lambda _: os.stat_result([0] * 10))
    with pytest.raises(UsageError, match=r"growing\.json: larger than"):
        read_json(path)


@pytest.mark.parametrize(("name", "what"), [("MOST_VALUES", "values"), ("MOST_OBJECTS", "lists and objects")])
def test_more_values_than_are_read_are_refused(tmp_path, monkeypatch, name, what):
    path = tmp_path / "many.json"
    path.write_text("[" + "[1, 2], " * 100 + "[1, 2]]")
    assert len(read_json(path)) == 101
    monkeypatch.setattr(json_file, name, 100)
    with pytest.raises(UsageError, match=rf"many\.json: more than the \d+ Mi {what} that are read"):
        read_json(path)


def test_what_needs_too_much_memory_is_not_called_damaged(tmp_path, monkeypatch):
    def exhausted(*_, **__):
        raise MemoryError

    monkeypatch.setattr(json_file.json, "loads", exhausted)
    monkeypatch.setattr(json_file, "parse_fast", lambda _: None)
    path = tmp_path / "large.json"
    path.write_text("{}")
    for read in (read_json, read_reports):
        with pytest.raises(UsageError, match=r"large\.json: needs more memory than there is") as error:
            read(path)
        assert not isinstance(error.value, json_file.Damaged)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_json(tmp_path / "none.json")


def test_nan_and_infinity_are_unknown(tmp_path):
    path = tmp_path / "some.json"
    path.write_text('{"a": NaN, "b": [Infinity, -Infinity, 1.5]}')
    assert read_json(path) == {"a": None, "b": [None, None, 1.5]}
