import os
from pathlib import Path

import pandas as pd
import pytest

from copycost.analyse import run_estimates
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


def test_of_several_runs_the_kept_estimates_are_read_and_not_their_files_again(tmp_path, monkeypatch):
    runs = [str(small_run(tmp_path / name)) for name in ("one", "two")]
    (alone,) = read_sources(runs[:1], tmp_path)
    first, _ = read_sources(runs, tmp_path)
    pd.testing.assert_frame_equal(first.cells, alone.cells, check_dtype=False)
    assert (first.measured, first.machine, first.record) == (alone.measured, alone.machine, alone.record)
    monkeypatch.setattr(run_estimates, "load_alike", pytest.fail)
    again, _ = read_sources(runs, tmp_path)
    pd.testing.assert_frame_equal(again.cells, first.cells)


def test_a_bad_run_among_others_is_left_out_when_asked_for(tmp_path):
    runs = [str(small_run(tmp_path / name)) for name in ("one", "two")]
    for path in (tmp_path / "two").glob("process-*.json"):
        path.write_text("{")
    with pytest.raises(UsageError, match="truncated"):
        read_sources(runs, tmp_path)
    told = []
    (left,) = read_sources(runs, tmp_path, told.append)
    assert left.name == "one" and told


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
