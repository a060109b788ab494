import json
import sys

import pandas as pd
import pytest

import copycost
from copycost import estimate, load, load_cells
from copycost.analyse import run_estimates
from copycost.analyse.run_estimates import estimator_version, frame_of, read_runs
from copycost.errors import UsageError
from copycost.store.importing import import_files
from copycost.store.kept_cells import FOLDER
from copycost.store.places import places
from tests.made_up import Law, core_cells, made_up_rounds, write_run

ROUNDS = made_up_rounds(Law(processes=3, visits=2), core_cells((16,)))


@pytest.fixture
def tree(tmp_path):
    write_run(tmp_path / "tree" / "one", ROUNDS)
    write_run(
        tmp_path / "tree" / "fleet" / "m1", made_up_rounds(Law(processes=3, visits=2, arm="b"), core_cells((16,)))
    )
    return tmp_path / "tree"


def never(*_):
    raise AssertionError("the process files were read again")


def test_kept_cells_are_the_estimates_to_the_last_bit(tree, monkeypatch):
    expected = estimate(load(tree / "one"), precision=0.01)
    pd.testing.assert_frame_equal(load_cells(tree / "one"), expected, check_exact=True)
    monkeypatch.setattr(run_estimates, "load_alike", never)
    pd.testing.assert_frame_equal(load_cells(tree / "one"), expected, check_exact=True)


def test_references_are_kept_too(tree):
    load_cells(tree / "one")
    expected = estimate(load(tree / "one"), precision=0.01, references=True)
    pd.testing.assert_frame_equal(load_cells(tree / "one", references=True), expected, check_exact=True)


def test_a_trees_runs_have_the_same_names_as_in_the_rounds(tree):
    assert load_cells(tree)["run"].unique().tolist() == load(tree)["run"].unique().tolist() == ["fleet/m1", "one"]


def test_two_runs_of_one_name_are_told_apart(tree, tmp_path):
    write_run(tmp_path / "other" / "one", ROUNDS)
    cells = load_cells([tree / "one", tmp_path / "other" / "one", tree / "one"])
    assert cells["run"].unique().tolist() == ["one", "other/one"]


def test_a_changed_process_file_changes_the_cells(tree):
    before = load_cells(tree / "one")
    path = tree / "one" / "process-0001.json"
    content = json.loads(path.read_text())
    for entry in content["benchmarks"]:
        entry["stats"]["data"] = [2 * seconds for seconds in entry["stats"]["data"]]
    path.write_text(json.dumps(content))
    after = load_cells(tree / "one")
    assert not after["seconds"].equals(before["seconds"])
    pd.testing.assert_frame_equal(after, estimate(load(tree / "one"), precision=0.01), check_exact=True)


def test_a_damaged_cache_is_made_again(tree):
    before = load_cells(tree / "one")
    kept = tree / "one" / FOLDER / "cells.parquet"
    kept.write_bytes(kept.read_bytes()[:-9])
    pd.testing.assert_frame_equal(load_cells(tree / "one"), before, check_exact=True)
    assert run_estimates.cell_cache.read_kept(tree / "one", estimator_version()) is not None


def test_of_a_run_that_is_still_measured_nothing_is_kept(tmp_path):
    write_run(tmp_path / "run", ROUNDS, record={"status": "running"})
    load_cells(tmp_path / "run")
    assert not (tmp_path / "run" / FOLDER).exists()


def test_files_of_other_suites_are_estimated_and_nothing_is_put_beside_them(tmp_path):
    entry = {"name": "test_x", "fullname": "a.py::test_x", "stats": {"data": [0.1, 0.2], "iterations": 1}}
    info = {"cpu": {"brand_raw": "CPU", "count": 1}}
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"machine_info": info, "benchmarks": [entry]}))
    assert load_cells(path)["conversion"].tolist() == ["test_x"]
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]
    (run,) = read_runs(places(path), never)
    assert run.record["machine"]["cpu_model"] == "CPU"


def imported(results, name, *fullnames):
    entries = [
        {"name": own.rpartition("::")[2], "fullname": own, "stats": {"data": [0.1, 0.2], "iterations": 1}}
        for own in fullnames
    ]
    path = results.parent / f"{name}.json"
    path.write_text(json.dumps({"benchmarks": entries, "datetime": "2026-01-01T00:00:00"}))
    (run,) = import_files([path], results)
    return run.folder


def conversions_of(cells):
    return {str(run): own["conversion"].tolist() for run, own in cells.groupby("run")}


@pytest.mark.parametrize("parquet", [True, False])
def test_a_test_of_another_suite_has_one_name_in_all_runs_though_one_alone_needs_less_of_it(
    tmp_path, monkeypatch, parquet
):
    if not parquet:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
    first = imported(tmp_path / "results", "first", "t/a.py::test_x", "t/a.py::test_y")
    imported(tmp_path / "results", "second", "t/a.py::test_x", "t/b.py::test_x", "t/a.py::test_y")
    expected = {
        "first": ["a.py::test_x", "test_y"],
        "second": ["a.py::test_x", "b.py::test_x", "test_y"],
    }
    assert load_cells(first)["conversion"].tolist() == ["test_x", "test_y"]
    for _ in range(2):  # made, and as it is kept
        assert conversions_of(load_cells(tmp_path / "results")) == expected
        assert load_cells(first)["conversion"].tolist() == ["test_x", "test_y"]
    rounds = load(tmp_path / "results")
    assert set(rounds["conversion"]) == {"a.py::test_x", "b.py::test_x", "test_y"}


def test_tests_of_one_full_name_keep_their_numbers(tmp_path):
    imported(tmp_path / "results", "first", "a.py::test_x", "a.py::test_x")
    imported(tmp_path / "results", "second", "a.py::test_x", "b.py::test_x")
    assert conversions_of(load_cells(tmp_path / "results")) == {
        "first": ["a.py::test_x #1", "a.py::test_x #2"],
        "second": ["a.py::test_x", "b.py::test_x"],
    }


def test_an_address_is_fetched(tree, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    found = load_cells(f"file://{tree}")
    pd.testing.assert_frame_equal(found, load_cells(tree), check_exact=True)
    assert load_cells([f"file://{tree}/one", tree / "fleet"])["run"].unique().tolist() == ["one", "m1"]


def test_without_pyarrow_all_is_read_each_time_whatever_is_kept(tree, monkeypatch):
    expected = load_cells(tree)
    assert (tree / "one" / FOLDER / "cells.parquet").exists()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    pd.testing.assert_frame_equal(load_cells(tree), expected, check_exact=True)


def test_a_run_that_cannot_be_read_is_told_and_the_others_are_read(tree):
    (tree / "one" / "run.json").write_text("{")
    told = []
    cells = frame_of(list(read_runs(places(tree), told.append)))
    assert cells["run"].unique().tolist() == ["fleet/m1"]
    assert len(told) == 1 and "run.json: truncated" in str(told[0])
    with pytest.raises(UsageError, match=r"run\.json"):
        load_cells(tree)


def test_of_a_run_with_one_bad_file_the_others_are_read_and_nothing_is_kept(tree):
    (tree / "one" / "process-0002.json").write_text("{")
    told = []
    cells = frame_of(list(read_runs(places(tree), told.append)))
    assert len(told) == 1 and "process-0002.json: truncated" in str(told[0])
    assert set(cells[cells["run"] == "one"]["processes"]) == {2}
    assert not (tree / "one" / FOLDER).exists()
    with pytest.raises(UsageError, match=r"process-0002\.json"):
        load_cells(tree)


def test_progress_is_told_run_by_run(tree):
    told = []
    list(read_runs(places(tree), never, lambda done, of: told.append((done, of))))
    assert told == [(1, 2), (2, 2)]


def test_many_runs_are_read_in_processes_with_the_same_result(tmp_path, monkeypatch):
    monkeypatch.setattr("copycost.analyse.run_pool._cores", lambda: 2)
    small = made_up_rounds(Law(processes=1, visits=1), core_cells((16,), ("float32",)))
    for number in range(9):
        write_run(tmp_path / f"run-{number}", small)
    (tmp_path / "run-4" / "process-0001.json").write_text("{")
    told = []
    runs = list(read_runs(places(tmp_path), told.append))
    assert [run.place.name for run in runs] == [f"run-{number}" for number in range(9) if number != 4]
    assert len(told) == 1 and isinstance(told[0], UsageError)
    expected = estimate(load(tmp_path / "run-8"), precision=0.01)
    pd.testing.assert_frame_equal(frame_of(runs[-1:]), expected, check_exact=True)


def test_where_there_are_no_runs_that_is_said(tmp_path):
    for path, reason in ((tmp_path, "holds no results"), (tmp_path / "none", "no such run")):
        with pytest.raises(UsageError, match=reason):
            load_cells(path)


def test_the_reference_run_is_read_from_what_is_kept_as_from_its_files(tmp_path):
    import shutil
    from pathlib import Path

    shutil.copytree(Path(copycost.__file__).parents[1] / "results" / "reference", tmp_path / "reference")
    shutil.rmtree(tmp_path / "reference" / FOLDER, ignore_errors=True)
    expected = estimate(load(tmp_path / "reference"), precision=0.01, references=True)
    for _ in range(2):
        found = load_cells(tmp_path / "reference", references=True)
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
