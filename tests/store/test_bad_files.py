import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copycost.errors import UsageError
from copycost.store.bad_files import tolerant
from copycost.store.loading import load
from tests.made_up import write_run

STATS = {"median": 2e-6, "rounds": 3, "iterations": 5, "data": [1e-6, 2e-6, 3e-6]}
SMALL = {
    "machine_info": {"node": "host", "cpu": {"brand_raw": "CPU", "count": 2}},
    "benchmarks": [{"name": "test_a[1]", "fullname": "t.py::test_a[1]", "params": {"n": 1}, "stats": STATS}],
    "datetime": "2026-01-01T00:00:00",
    "version": "5.3.1",
}


def half(text):
    number = int(text)
    if number % 2:
        raise UsageError(f"{number} is odd")
    return number // 2


def test_what_can_be_read_is_given_through():
    told = []
    assert tolerant(half, told.append)("4") == 2 and told == []


def test_what_cannot_be_read_is_told_and_none():
    told = []
    assert tolerant(half, told.append)(text="3") is None
    assert [str(error) for error in told] == ["3 is odd"]


def test_without_anybody_to_tell_the_first_bad_file_ends_the_reading():
    with pytest.raises(UsageError, match="3 is odd"):
        tolerant(half, None)("3")


def test_other_errors_are_never_passed_over():
    told = []
    with pytest.raises(ValueError, match="invalid literal"):
        tolerant(half, told.append)("x")
    assert told == []


@pytest.fixture
def folder(tmp_path):
    """Return a folder of two results files and three that cannot be read."""
    own = tmp_path / "files"
    own.mkdir()
    for name in ("a", "e"):
        (own / f"{name}.json").write_text(json.dumps(SMALL))
    (own / "b.json").write_text(json.dumps(SMALL)[:-9])
    (own / "c.json").write_bytes(b"\xff\xfe\x00")
    (own / "d.json").write_text("[]")
    return own


BAD = ("b.json: truncated", "c.json: not JSON (not UTF-8 text)", "d.json: not a pytest-benchmark file")


def test_every_bad_file_is_told_and_the_others_are_read(folder):
    told = []
    assert load(folder, told.append)["run"].unique().tolist() == ["a", "e"]
    assert len(told) == 3 and all(reason in str(error) for reason, error in zip(BAD, told, strict=True))


def test_where_nothing_is_left_reading_ends(folder):
    told = []
    with pytest.raises(UsageError, match="nothing is left to read"):
        load([folder / "b.json", folder / "c.json"], told.append)
    assert len(told) == 2


VALUES = st.recursive(
    st.sampled_from([None, True, 0, -1, 7, 2**70, 0.5, -0.5, 1e300, float("nan"), float("inf"), "", "nan", "\x1b[31m"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["data", "stats", "a"]), inner),
    max_leaves=4,
)


def places(content, way=()):
    """Return the ways to all values within a document."""
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [way] * bool(way) + [found for key, value in inner for found in places(value, (*way, key))]


PLACES = places(SMALL)


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), VALUES), min_size=1, max_size=3), cut=st.integers(-400, 40))
def test_a_mutated_document_is_refused_or_read_as_it_says(tmp_path, changes, cut):
    content = json.loads(json.dumps(SMALL))
    for way, value in changes:
        place = content
        try:
            for key in way[:-1]:
                place = place[key]
            place[way[-1]] = value
        except (KeyError, IndexError, TypeError):  # an earlier change has taken that place away
            continue
    text = json.dumps(content)
    path = tmp_path / "some.json"
    path.write_text(text[:cut] if -len(text) < cut < 0 else text)
    try:
        frame = load(path)
    except UsageError as error:
        assert str(path) in str(error) and "\n" not in str(error)
        return
    # Whatever was read stands in the document: no figure came of something that is no number.
    told = [one["stats"].get("data") or [one["stats"]["median"]] for one in json.loads(path.read_text())["benchmarks"]]
    assert frame["seconds"].tolist() == [float(value) for own in told for value in own]
    assert frame["seconds"].between(0, 1e9).all()


@pytest.mark.parametrize("name", ["process-0001.json", "process-0002.json"])
def test_a_pipe_in_a_files_place_is_not_waited_for(tmp_path, name):
    write_run(tmp_path / "run")
    (tmp_path / "run" / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / "run" / name)
    with pytest.raises(UsageError, match="not a regular file"):
        load(tmp_path / "run")
