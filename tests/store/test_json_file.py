import json
import os
import stat
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copycost.errors import UsageError
from copycost.store import json_file
from copycost.store.json_file import LARGEST_BYTES, parse, parse_fast, read_json
from copycost.store.reports import read_reports


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
    monkeypatch.setattr(json_file.os, "fstat", lambda _: os.stat_result([stat.S_IFREG] + [0] * 9))
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


@pytest.mark.parametrize("indent", [None, 4])
def test_a_report_is_read(indent):
    content = {"machine_info": {"cpu": {}}, "benchmarks": [{"name": "a", "stats": {"data": [1.5, 2]}}], "empty": []}
    text = json.dumps(content, indent=indent)
    assert parse_fast(text) == content == parse(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        '{"a": {"b": 1, "b" : 2}}',
        '{"a": {"b": 1, "b"\n:2}}',
        '{"a": [{"b": 1}, {"b": 1, "b": 2}]}',
        '{"a": [1, {"b": 1, "b": 2}]}',
        '{"a": [[{"b": 1, "b": 2}]]}',
        '{"a": NaN}',
        "[1]",
        "1",
        "{",
        "",
        '{"a": [[1]]}',
        '{"a": [1,[2]]}',
        '{"a":' * 200 + "1" + "}" * 200,
    ],
)
def test_what_may_be_read_otherwise_is_left_to_the_standard_library(text):
    assert parse_fast(text) is None


def test_a_text_that_looks_like_a_key_costs_time_and_nothing_else():
    text = r'{"a": "\":", "b": ["x", ":"]}'
    assert parse_fast(text) is None
    assert parse(text) == {"a": '":', "b": ["x", ":"]}


@pytest.mark.parametrize("sign", ":[")
def test_looking_for_keys_takes_memory_in_proportion_to_no_sign(sign, monkeypatch):
    monkeypatch.setattr(json_file, "_LOADS", json.loads)  # orjson's own memory is another matter
    text = '{"a": "' + sign * 2**22 + '"}'
    tracemalloc.start()
    parse_fast(text)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 * len(text)


def test_keys_on_both_sides_of_where_a_text_is_parted_are_counted(monkeypatch):
    text = json.dumps({"a": {"b": 1, "c": [2]}, "d": [{"e": 3}]})
    for size in range(1, 12):
        monkeypatch.setattr(json_file, "_CHUNK", size)
        assert parse_fast(text) == json.loads(text)
        assert parse_fast(text.replace("c", "b")) is None
        assert parse_fast(text.replace("[2]", "[[2]]")) is None


def test_without_orjson_everything_is_left(monkeypatch):
    monkeypatch.setattr(json_file, "_LOADS", None)
    assert parse_fast("{}") is None


LEAVES = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=5)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4), st.sampled_from([None, 1, 4]))
def test_it_never_differs_from_the_standard_library(content, indent):
    text = json.dumps(content, indent=indent)
    fast = parse_fast(text)
    assert fast is None or fast == json.loads(text)


PAIRS = st.lists(
    st.tuples(st.sampled_from(["a", "b", 'c"', "d:"]), st.sampled_from(["1", '"x"', "[1]", "{}"])), max_size=4
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PAIRS, st.sampled_from([":", " :", " : ", "\n:\t"]))
def test_no_repeated_key_is_ever_let_through(pairs, colon):
    text = "{" + ",".join(json.dumps(key) + colon + value for key, value in pairs) + "}"
    repeated = len({key for key, _ in pairs}) < len(pairs)
    assert not repeated or parse_fast(text) is None
