import os
from pathlib import Path

import pytest

from copycost.errors import UsageError
from copycost.show.report.source import read_sources
from tests.made_up import Law, core_cells, made_up_rounds, write_run
from tests.show.report.suites import scaling_suite


def small_run(folder, **law):
    return write_run(folder, made_up_rounds(Law(processes=3, visits=1, **law), core_cells(sizes=(1,))))


def test_a_run_is_read_with_its_record_and_its_rounds(tmp_path):
    (source,) = read_sources([str(small_run(tmp_path / "mine"))], tmp_path)
    assert source.name == "mine" and source.record["status"] == "complete"
    assert source.measured == len(source.rounds) and set(source.rounds["run"]) == {"mine"}


def test_runs_of_the_same_name_are_told_apart_and_rounds_not_kept(tmp_path):
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        small_run(tmp_path / place / "mine")
    sources = read_sources([str(tmp_path / "a" / "mine"), str(tmp_path / "b" / "mine")], tmp_path)
    assert [source.name for source in sources] == ["mine", "mine (2)"]
    assert [set(source.cells["run"]) for source in sources] == [{"mine"}, {"mine (2)"}]
    assert [source.rounds for source in sources] == [None, None]


def test_another_suite_has_its_parameters(tmp_path):
    (source,) = read_sources([str(scaling_suite(tmp_path / "theirs.json"))], tmp_path)
    assert source.record is None and "n" in source.benchmarks["theirs"].columns
    assert source.machine["cpu_model"] == "Some CPU"


def test_files_of_a_folder_stay_apart(tmp_path):
    for name in ("one", "two"):
        scaling_suite(tmp_path / f"{name}.json")
    (source,) = read_sources([str(tmp_path)], tmp_path)
    assert set(source.cells["run"]) == set(source.benchmarks) == {"one", "two"}


def test_a_files_name_that_is_not_utf_8_is_text(tmp_path):
    path = scaling_suite(Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xff.json")))
    (source,) = read_sources([str(path)], tmp_path)
    assert source.name == "b\ufffd" and list(source.benchmarks) == source.cells["run"].unique().tolist() == ["b\ufffd"]
    (folder,) = read_sources([str(tmp_path)], tmp_path)
    assert list(folder.benchmarks) == ["b\ufffd"]


def test_what_holds_nothing_is_refused(tmp_path):
    (tmp_path / "empty.json").write_text('{"benchmarks": []}')
    with pytest.raises(UsageError, match="empty"):
        read_sources([str(tmp_path / "empty.json")], tmp_path)
    with pytest.raises(UsageError, match="nothing-there"):
        read_sources(["nothing-there"], tmp_path)
