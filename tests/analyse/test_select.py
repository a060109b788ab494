import json
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import copycost
from copycost.analyse import run as run_module
from copycost.analyse import run_files
from copycost.analyse.run_files import estimator_version
from copycost.analyse.select import cells_of, select, select_history, select_one, select_sides
from copycost.errors import UsageError
from copycost.store import kept_cells
from copycost.store.importing import import_files
from copycost.store.kept_cells import FOLDER
from tests.made_up import MACHINE, Law, core_cells, made_up_rounds, process_json, write_run

CELLS = core_cells((16,), ("float32",))


def law(**changes):
    return made_up_rounds(Law(**{"processes": 1, "visits": 1} | changes), CELLS)


def cells_at(path):
    return copycost.open(path).cells


@pytest.fixture
def results(tmp_path):
    write_run(tmp_path / "results" / "one", law())
    for name in ("m1", "m2"):
        write_run(tmp_path / "results" / "fleet" / name, law())
    (tmp_path / "results" / "fleet" / "cluster.json").write_text("{}")
    return tmp_path / "results"


@pytest.fixture
def arms(results):
    rounds = pd.concat([law(arm="base"), law(arm="thp").assign(process=2)], ignore_index=True)
    return write_run(results / "arms", rounds)


def names(runs):
    return [run.name for run in runs]


# What words stand for.


def test_a_tree_stands_for_its_runs_and_a_run_for_itself(results):
    assert names(select(["one"], results)) == ["one"]
    assert names(select([str(results)], results)) == ["fleet/m1", "fleet/m2", "one"]
    assert names(select(["fleet", "one"], results)) == ["fleet/m1", "fleet/m2", "one"]
    assert names(select(["fleet"], results)) == ["fleet/m1", "fleet/m2"]
    assert names(select(["fleet/m1"], results)) == ["m1"]


def test_an_arm_of_a_run_has_only_its_own_processes(results, arms):
    (run,) = select(["arms@thp"], results)
    assert run.name == "arms@thp" and run.source == "arms@thp" and run.arms == ["thp"]
    assert set(run.rounds["process"]) == {2} and set(run.cells["arm"]) == {"thp"}
    assert set(run.cells["run"]) == {"arms"} == set(run.rounds["run"])
    assert set(cells_of([run])["run"]) == {"arms@thp"} and len(run.replicates) == len(run.cells)


def test_the_arms_of_a_run_are_runs(results, arms):
    (run,) = select(["arms"], results)
    assert names(run.by_arm()) == ["arms@base", "arms@thp"]
    (one,) = select(["one"], results)
    assert one.by_arm() == [one]


def test_an_arm_that_is_not_there_names_the_nearest(results, arms):
    with pytest.raises(UsageError, match=r"arms has no arm 'thq': did you mean thp\?"):
        select(["arms@thq"], results)


def test_an_arm_that_has_not_been_measured_yet_is_said(results):
    planned = [{"name": name, "environment": {}, "python": None} for name in ("base", "late")]
    write_run(results / "young", law(), record={"arms": planned, "status": "running"})
    with pytest.raises(UsageError, match="no process of arm 'late' has been finished yet"):
        select(["young@late"], results)
    assert select_one("young@base", results).unfinished == "running"


def test_a_run_selected_twice_is_two_of_different_names(results):
    runs = select(["one", "one"], results)
    assert names(runs) == ["one", "one (2)"]
    assert set(cells_of(runs)["run"].astype(str)) == {"one", "one (2)"}


def test_runs_of_one_name_in_two_folders_are_told_apart(results, tmp_path):
    write_run(tmp_path / "other" / "one", law())
    assert names(select(["one", str(tmp_path / "other" / "one")], results)) == ["one", "other/one"]


def test_a_file_is_a_run_even_with_an_at_sign_in_its_name(results):
    path = results / "odd@name.json"
    path.write_text(json.dumps(process_json(law(), run="r", arm="base", process=1), default=np.generic.item))
    run = select_one(str(path), results)
    assert run.name == "odd@name" and run.record == {} and run.method == {} and run.process_count == 1


def test_a_file_whose_name_is_not_utf_8_is_a_run(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.json"))
    path.write_text(json.dumps({"benchmarks": [{"name": "test_x", "stats": {"median": 1e-6}}]}))
    (run,) = select([str(path)], tmp_path)
    assert run.name == "\ufffd" and set(run.cells["run"].astype(str)) == {"\ufffd"}


def test_what_stands_for_nothing_is_refused(results):
    with pytest.raises(UsageError, match="no run 'nowhere'"):
        select(["nowhere@base"], results)


# What cannot be read.


def test_what_cannot_be_read_is_told_once_and_left_out(results):
    (results / "one" / "process-0001.json").write_text("{")
    told = []
    runs = select([str(results), "none"], results, on_bad=told.append)
    assert names(runs) == ["results/fleet/m1", "results/fleet/m2"]
    assert len(told) == 2 and "truncated" in str(told[1])
    with pytest.raises(UsageError, match="truncated"):
        _ = select_one("one", results).cells


def test_of_a_run_with_a_bad_file_the_others_are_read(results):
    run = write_run(results / "two", law(processes=2))
    (run / "process-0001.json").write_text("{")
    told = []
    assert set(select_one("two", results, on_bad=told.append).cells["processes"]) == {1}
    assert len(told) == 1 and not (run / FOLDER).exists()


def test_where_nothing_is_left_that_is_said(results):
    with pytest.raises(UsageError, match="nothing is left to read: 1 skipped"):
        select(["none"], results, on_bad=lambda error: None)


# What a comparison takes.


def test_a_run_of_one_arm_is_that_arm(results):
    (side,) = select_sides(["one"], results)
    assert side.arm_entry["name"] == "base" and side.machine_name == MACHINE and side.machine["torch"] == "2.13.0"
    assert side.method["protocol"] == 2 and side.process_count == 1 and side.unfinished is None


def test_several_arms_must_be_told_apart(results, arms):
    with pytest.raises(UsageError, match="arms@base, arms@thp"):
        select_sides(["arms"], results)


def test_the_runs_of_a_tree_are_one_side(results):
    side, other = select_sides(["fleet", "one"], results)
    assert side.name == "fleet" and side.process_count == 2 and other.process_count == 1
    assert set(side.cells["processes"]) == {2} and len(side.methods) == 2


# A history.


def test_a_label_is_the_beginning_of_names_or_a_machine(results, arms):
    assert names(select_history("fleet/", results)) == ["fleet/m1", "fleet/m2"]
    assert names(select_history(MACHINE, results)) == ["arms@base", "arms@thp", "fleet/m1", "fleet/m2", "one"]
    assert names(select_history("arms@thp", results)) == ["arms@thp"]
    with pytest.raises(UsageError, match="no runs of 'flet'"):
        select_history("flet", results)


# Each part once, and kept.


@pytest.fixture
def reads(monkeypatch):
    """Return how often runs were loaded and estimated."""
    counted = {"loads": 0, "estimates": 0}

    def counting(name, function):
        def call(*arguments, **named):
            counted[name] += 1
            return function(*arguments, **named)

        return call

    monkeypatch.setattr(run_files, "load_alike", counting("loads", run_files.load_alike))
    monkeypatch.setattr(run_module, "estimate_cells", counting("estimates", run_module.estimate_cells))
    return counted


def test_a_run_and_its_arms_are_read_and_estimated_once(results, arms, reads):
    run, base, thp = select(["arms", "arms@base", "arms@thp"], results)
    for each in (run, base, thp):
        assert len(each.rounds) and len(each.processes) and len(each.estimates) and len(each.model)
    assert reads == {"loads": 1, "estimates": 1}


def test_kept_estimates_need_no_reading(results, reads):
    assert len(select_one("one", results).cells)
    assert reads == {"loads": 1, "estimates": 1}
    run = select_one("one", results)
    assert len(run.cells) and run.arms and run.machine and run.process_count
    assert reads == {"loads": 1, "estimates": 1}


def test_kept_estimates_are_those_of_the_rounds_to_the_last_bit(results):
    expected = copycost.estimate(copycost.open(results / "one").rounds, precision=0.01)
    for _ in range(2):  # made, and as it is kept
        pd.testing.assert_frame_equal(cells_at(results / "one"), expected, check_exact=True)
    assert kept_cells.read_kept(results / "one", estimator_version()) is not None


def test_a_changed_process_file_changes_the_cells(results):
    before = cells_at(results / "one")
    path = results / "one" / "process-0001.json"
    content = json.loads(path.read_text())
    for entry in content["benchmarks"]:
        entry["stats"]["data"] = [2 * seconds for seconds in entry["stats"]["data"]]
    path.write_text(json.dumps(content))
    after = cells_at(results / "one")
    assert not after["seconds"].equals(before["seconds"])


def test_damaged_estimates_are_made_again(results):
    before = cells_at(results / "one")
    kept = results / "one" / FOLDER / "cells.parquet"
    kept.write_bytes(kept.read_bytes()[:-9])
    pd.testing.assert_frame_equal(cells_at(results / "one"), before, check_exact=True)


def test_of_a_run_that_is_still_measured_nothing_is_kept(tmp_path):
    write_run(tmp_path / "run", law(), record={"status": "running"})
    cells_at(tmp_path / "run")
    assert not (tmp_path / "run" / FOLDER).exists()


def test_without_pyarrow_all_is_read_each_time(results, monkeypatch):
    expected = cells_at(results)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    pd.testing.assert_frame_equal(cells_at(results), expected, check_exact=True)


def test_many_runs_are_estimated_on_all_cores_as_on_one(tmp_path, monkeypatch):
    for number in range(9):
        write_run(tmp_path / "tree" / f"run-{number}", law())
    expected = pd.concat([cells_at(tmp_path / "tree" / f"run-{number}") for number in range(9)], ignore_index=True)
    for folder in (tmp_path / "tree").glob(f"*/{FOLDER}"):
        for path in folder.iterdir():
            path.unlink()
    pd.testing.assert_frame_equal(cells_at(tmp_path / "tree"), expected, check_exact=True)


# Other suites.


def imported(results, name, *fullnames):
    entries = [
        {"name": own.rpartition("::")[2], "fullname": own, "stats": {"data": [0.1, 0.2], "iterations": 1}}
        for own in fullnames
    ]
    path = results.parent / f"{name}.json"
    path.write_text(json.dumps({"benchmarks": entries, "datetime": "2026-01-01T00:00:00"}))
    (run,) = import_files([path], results)
    return run.folder


@pytest.mark.parametrize("parquet", [True, False])
def test_a_test_has_one_name_in_all_runs_though_one_alone_needs_less_of_it(tmp_path, monkeypatch, parquet):
    if not parquet:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
    first = imported(tmp_path / "results", "first", "t/a.py::test_x", "t/a.py::test_y")
    imported(tmp_path / "results", "second", "t/a.py::test_x", "t/b.py::test_x", "t/a.py::test_y")
    expected = {"first": ["a.py::test_x", "test_y"], "second": ["a.py::test_x", "b.py::test_x", "test_y"]}
    for _ in range(2):  # made, and as it is kept
        runs = select([str(tmp_path / "results")], tmp_path)
        assert {run.name: run.cells["conversion"].tolist() for run in runs} == expected
        assert set(runs[0].rounds["conversion"].astype(str)) == set(expected["first"])
        assert cells_at(first)["conversion"].tolist() == ["test_x", "test_y"]


def test_another_suites_file_tells_its_machine_and_nothing_is_put_beside_it(tmp_path):
    entry = {"name": "test_x", "fullname": "a.py::test_x", "stats": {"data": [0.1, 0.2], "iterations": 1}}
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"machine_info": {"cpu": {"brand_raw": "CPU", "count": 1}}, "benchmarks": [entry]}))
    run = select_one(str(path), tmp_path)
    assert run.cells["conversion"].tolist() == ["test_x"] and run.machine["cpu_model"] == "CPU"
    assert not run.is_ours and run.missing.empty and list(run.benchmarks) == ["x"]
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_an_address_is_fetched(results, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert names(select([f"file://{results}/fleet"], results)) == ["fleet/m1", "fleet/m2"]
