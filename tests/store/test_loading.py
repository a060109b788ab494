import json
import os
from pathlib import Path

import fsspec
import pytest

from copycost.errors import UsageError
from copycost.store.loading import load, source_files
from copycost.store.names import as_unicode
from tests.made_up import Law, core_cells, made_up_rounds, write_run

STATS = {"median": 2e-6, "rounds": 3, "iterations": 5, "data": [1e-6, 2e-6, 3e-6]}
REPORT = json.dumps({"benchmarks": [{"name": "test_a", "stats": STATS}]})


def written(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(REPORT)
    return paths


def names(typed):
    return [run for run, _ in source_files(typed, None)]


def test_a_file_is_named_without_its_ending(tmp_path):
    assert names(written(tmp_path / "a.json", tmp_path / "b.jsonl")) == ["a", "b"]


def test_files_that_differ_in_their_ending_alone_keep_it(tmp_path):
    files = written(tmp_path / "a.json", tmp_path / "a.jsonl", tmp_path / "b.json")
    for typed in (files, [tmp_path]):
        assert names(typed) == ["a.json", "a.jsonl", "b"]
    (tmp_path / "a.jsonl").write_text(f"{REPORT}\n{REPORT}")
    assert names([tmp_path]) == ["a.json", "a.jsonl#1", "a.jsonl#2", "b"]


def test_a_run_and_a_file_of_its_name_in_a_tree_stay_apart(tmp_path):
    write_run(tmp_path / "a", made_up_rounds(Law(processes=1, visits=1), core_cells((1,), ("float32",))))
    written(tmp_path / "a.json")
    assert sorted(names([tmp_path])) == ["a", "a.json"]


def test_a_name_that_is_not_utf_8_is_text(tmp_path):
    for number in (b"\xfe", b"\xff"):
        path = os.fsencode(tmp_path) + b"/files/" + number + b".json"
        written(Path(os.fsdecode(path)))
    frame = load(tmp_path / "files")
    assert frame["run"].unique().tolist() == ["\ufffd", "files/\ufffd"]
    assert as_unicode("grün") == "grün"


def test_a_name_that_no_file_can_have_is_refused_in_one_line(tmp_path):
    with pytest.raises(UsageError, match=r"cannot be read \(File name too long\)"):
        load(tmp_path / ("a" * 300))
    told = []
    assert len(load([tmp_path / ("a" * 300), *written(tmp_path / "a.json")], on_bad=told.append)) == 3
    assert len(told) == 1


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    files = fsspec.filesystem("memory")
    files.pipe("/shelf/a.json", REPORT.encode())
    yield "memory://shelf"
    files.rm("/shelf", recursive=True)


def test_an_address_is_fetched(shelf, tmp_path):
    frame = load([f"{shelf}/a.json", *written(tmp_path / "b.json")])
    assert frame["run"].unique().tolist() == ["a", "b"]


def test_an_address_that_holds_nothing_is_told_as_a_file_is(shelf, tmp_path):
    with pytest.raises(UsageError, match="memory://shelf/none"):
        load(f"{shelf}/none")
    told = []
    assert len(load([f"{shelf}/none", *written(tmp_path / "b.json")], on_bad=told.append)) == 3
    assert "memory://shelf/none" in str(told[0])
