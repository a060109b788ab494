import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copycost.store import fast_json
from copycost.store.json_file import parse


@pytest.fixture(autouse=True)
def loads(monkeypatch):
    """A parser that behaves as orjson does where both may be asked: the last of repeated keys, no NaN."""

    def read(text):
        def refuse(name):
            raise ValueError(name)

        return json.loads(text, parse_constant=refuse)

    monkeypatch.setattr(fast_json, "_LOADS", read)


@pytest.mark.parametrize("indent", [None, 4])
def test_a_report_is_read(indent):
    content = {"machine_info": {"cpu": {}}, "benchmarks": [{"name": "a", "stats": {"data": [1.5, 2]}}], "empty": []}
    text = json.dumps(content, indent=indent)
    assert fast_json.parse_fast(text) == content == parse(text)


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
    assert fast_json.parse_fast(text) is None


def test_a_text_that_looks_like_a_key_costs_time_and_nothing_else():
    text = r'{"a": "\":", "b": ["x", ":"]}'
    assert fast_json.parse_fast(text) is None
    assert parse(text) == {"a": '":', "b": ["x", ":"]}


@pytest.mark.parametrize("sign", ":[")
def test_looking_for_keys_takes_memory_in_proportion_to_no_sign(sign):
    text = '{"a": "' + sign * 2**22 + '"}'
    tracemalloc.start()
    fast_json.parse_fast(text)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 * len(text)


def test_keys_on_both_sides_of_where_a_text_is_parted_are_counted(monkeypatch):
    text = json.dumps({"a": {"b": 1, "c": [2]}, "d": [{"e": 3}]})
    for size in range(1, 12):
        monkeypatch.setattr(fast_json, "_CHUNK", size)
        assert fast_json.parse_fast(text) == json.loads(text)
        assert fast_json.parse_fast(text.replace("c", "b")) is None
        assert fast_json.parse_fast(text.replace("[2]", "[[2]]")) is None


def test_without_orjson_everything_is_left(monkeypatch):
    monkeypatch.setattr(fast_json, "_LOADS", None)
    assert fast_json.parse_fast("{}") is None


LEAVES = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=5)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4), st.sampled_from([None, 1, 4]))
def test_it_never_differs_from_the_standard_library(content, indent):
    text = json.dumps(content, indent=indent)
    fast = fast_json.parse_fast(text)
    assert fast is None or fast == json.loads(text)


PAIRS = st.lists(
    st.tuples(st.sampled_from(["a", "b", 'c"', "d:"]), st.sampled_from(["1", '"x"', "[1]", "{}"])), max_size=4
)


@given(PAIRS, st.sampled_from([":", " :", " : ", "\n:\t"]))
def test_no_repeated_key_is_ever_let_through(pairs, colon):
    text = "{" + ",".join(json.dumps(key) + colon + value for key, value in pairs) + "}"
    repeated = len({key for key, _ in pairs}) < len(pairs)
    assert not repeated or fast_json.parse_fast(text) is None
