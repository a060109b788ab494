import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copycost.errors import UsageError
from copycost.store.process_file import read_process_files
from tests.made_up import Law, core_cells, made_up_rounds, process_json

ROUNDS = made_up_rounds(Law(processes=1, visits=2, rounds=3), core_cells((16,), ("float32",)))


def ours():
    content = process_json(ROUNDS, run="r", arm="base", process=1)
    return json.loads(json.dumps(content, default=np.generic.item))


def read(tmp_path, content):
    path = tmp_path / "some.json"
    path.write_text(json.dumps(content))
    (file,) = read_process_files(path)
    return file


def foreign(**changes):
    stats = {"median": 0.002, "min": 0.001, "rounds": 3, "iterations": 1, "data": [0.1, 0.2, 0.3]}
    entry = {"name": "test_x[1]", "fullname": "a.py::test_x[1]", "group": None, "stats": stats}
    return {"benchmarks": [entry | changes], "version": "3.2.3"}


def test_our_file_is_read_with_facts_and_rounds(tmp_path):
    file = read(tmp_path, ours())
    assert (file.arm, file.process, file.machine_facts["machine"]) == ("base", 1, "AMD EPYC 2c 3f9a1c")
    entry = file.entries[0]
    assert entry.facts["conversion"] == "torch.from_numpy"
    assert entry.facts["size"] == 16 and entry.facts["source_bytes"] == 64
    assert entry.facts["shares_memory"] is True and entry.facts["partial_gating"] is False
    assert file.rounds.columns["visit"][: file.rounds.counts[0]].tolist() == [0, 0, 0, 1, 1, 1]
    assert 1e-6 < file.rounds.columns["canary_ns"][0] < 5e-6
    assert np.isnan(file.rounds.columns["copy_ns"]).all()


def test_another_suites_file_is_read(tmp_path):
    file = read(tmp_path, foreign())
    entry = file.entries[0]
    assert entry.facts["conversion"] == "test_x[1]"
    assert entry.facts["dtype"] is None and entry.facts["size"] is None
    assert file.rounds.columns["seconds"].tolist() == [0.1, 0.2, 0.3]
    assert entry.calls == 1
    assert np.isnan(file.rounds.columns["canary_ns"]).all()


@pytest.mark.parametrize("data", [{}, {"data": None}, {"data": []}])
def test_without_rounds_the_median_stands_for_them(tmp_path, data):
    file = read(tmp_path, foreign(stats={"median": 0.002, "iterations": 7} | data))
    assert file.rounds.columns["seconds"].tolist() == [0.002]
    assert file.entries[0].calls is None


def test_other_peoples_extra_info_is_not_taken_for_ours(tmp_path):
    entry = read(tmp_path, foreign(extra_info={"visit": "monday", "size": 3})).entries[0]
    assert entry.facts["size"] is None


def test_two_tests_of_one_name_stay_apart(tmp_path):
    content = foreign()
    content["benchmarks"].append(content["benchmarks"][0] | {"fullname": "b.py::test_x[1]"})
    entries = read(tmp_path, content).entries
    assert [entry.facts["conversion"] for entry in entries] == [
        "a.py::test_x[1]",
        "b.py::test_x[1]",
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([], "not a pytest-benchmark file"),
        ({"context": {}}, "not a pytest-benchmark file"),
        ({"benchmarks": {}}, "not a pytest-benchmark file"),
        ({"benchmarks": [{"runs": []}]}, "a file of pyperf without any times"),
        ({"benchmarks": ["x"]}, "benchmark 1 without name or stats"),
        (foreign(stats=None), "without name or stats"),
        (foreign(name=5), "without name or stats"),
        (foreign(stats={"data": [0.1, -1.0]}), "not a time"),
        (foreign(stats={"data": [0.1, None]}), "not a time"),
        (foreign(stats={"data": [1e-300]}), "not a time"),
        (foreign(stats={"data": [1e300]}), "not a time"),
        (foreign(stats={"data": [0.1, "0.2"]}), "not a list of numbers"),
        (foreign(stats={"data": [0.1, True]}), "not a list of numbers"),
        (foreign(stats={"data": "fast"}), "not a list of numbers"),
        (foreign(stats={"data": [[0.1]]}), "not a list of numbers"),
        (foreign(stats={"data": [10**400]}), "too large"),
        (foreign(stats={"iterations": 1}), "not a time"),
        (foreign() | {"copycost": {"schema": 2}}, "schema 2 is newer"),
        (foreign() | {"copycost": {}}, "schema is not a version number"),
        (foreign() | {"copycost": 1}, "not an object"),
    ],
)
def test_what_is_not_ours_to_read_is_refused_with_file_and_reason(tmp_path, content, reason):
    with pytest.raises(UsageError, match=reason) as error:
        read(tmp_path, content)
    assert str(tmp_path / "some.json") in str(error.value) and "\n" not in str(error.value)


def test_numbers_beyond_the_floats_are_refused(tmp_path):
    path = tmp_path / "some.json"
    path.write_text(json.dumps(foreign()).replace("0.3]", "1e999]"))
    with pytest.raises(UsageError, match="not a time"):
        read_process_files(path)


def test_lists_of_another_length_than_the_rounds_are_refused(tmp_path):
    content = ours()
    content["benchmarks"][0]["extra_info"]["canary_ns"].pop()
    with pytest.raises(UsageError, match="canary_ns has 5 values for 6 rounds"):
        read(tmp_path, content)


def test_facts_of_the_wrong_type_are_unknown(tmp_path):
    content = ours()
    content["benchmarks"][0]["extra_info"] |= {
        "size": "16",
        "threads": 1.5,
        "block": True,
        "source_bytes": -4,
        "shares_memory": "yes",
        "dtype": 8,
        "canary_ns": [None, -5, 1e300, 1e-300, 3, 4],
    }
    file = read(tmp_path, content)
    for name in ("size", "threads", "block", "source_bytes", "shares_memory", "dtype"):
        assert file.entries[0].facts[name] is None
    assert np.isnan(file.rounds.columns["canary_ns"][:6]).tolist() == [True, True, True, True, False, False]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), value=json_values)
def test_any_value_anywhere_is_read_or_refused(tmp_path, data, value):
    content = ours()
    content["benchmarks"] = content["benchmarks"][:1]
    place = content
    while True:
        keys = list(range(len(place))) if isinstance(place, list) else sorted(place)
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            place[key] = value
            break
        place = place[key]
    try:
        file = read(tmp_path, content)
    except UsageError as error:
        assert "\n" not in str(error)
    else:
        assert np.isfinite(file.rounds.columns["seconds"]).all()
        assert file.rounds.counts.sum() == len(file.rounds.columns["seconds"])


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(cut=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_a_file_with_a_changed_byte_or_an_end_cut_off_gives_no_traceback(tmp_path, cut, byte):
    text = json.dumps(ours()).encode()
    path = tmp_path / "some.json"
    place = cut % len(text)
    for content in (text[:place], text[:place] + bytes([byte]) + text[place + 1 :]):
        path.write_bytes(content)
        try:
            read_process_files(path)
        except UsageError as error:
            assert "\n" not in str(error)
