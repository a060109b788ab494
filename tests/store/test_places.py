import json
import os

import pytest

from copycost.errors import UsageError
from copycost.store.places import RunPlace, find, is_run_folder, is_tree, places
from tests.made_up import Law, core_cells, made_up_rounds, write_run


def run_folder(path, record=True):
    path.mkdir(parents=True)
    (path / "process-0001.json").write_text("{}")
    if record:
        (path / "run.json").write_text("{}")
    return path


@pytest.fixture
def tree(tmp_path):
    run_folder(tmp_path / "one")
    run_folder(tmp_path / "fleet" / "EPYC 2c")
    run_folder(tmp_path / "fleet" / "deeper" / "still", record=False)
    run_folder(tmp_path / ".hidden" / "run")
    (tmp_path / "noise-EPYC.json").write_text('{"schema": 1, "cells": []}')
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_runs_are_found_wherever_they_lie_and_have_their_path_as_name(tree):
    assert [place.name for place in places(tree)] == ["fleet/EPYC 2c", "fleet/deeper/still", "one"]
    assert places(tree)[0].path == tree / "fleet" / "EPYC 2c"


def test_a_run_is_its_own_place_and_no_tree(tree):
    assert places(tree / "one") == [RunPlace("one", tree / "one")]
    assert is_run_folder(tree / "one") and not is_tree(tree / "one")
    assert is_tree(tree) and is_tree(tree / "fleet") and not is_tree(tree / "empty")


def test_files_of_pytest_benchmark_are_runs_and_others_are_not(tree):
    storage = tree / "Linux-CPython"
    storage.mkdir()
    (storage / "0001_x.json").write_text(json.dumps({"machine_info": {}, "benchmarks": []}, indent=4))
    assert [place.name for place in places(storage)] == ["0001_x"]
    assert "Linux-CPython/0001_x" in [place.name for place in places(tree)]
    assert not is_tree(storage)


def test_a_run_of_which_nothing_is_measured_yet_is_not_in_the_tree(tree):
    (tree / "begun").mkdir()
    (tree / "begun" / "run.json").write_text("{}")
    assert "begun" not in [place.name for place in places(tree)]
    assert places(tree / "begun") == [RunPlace("begun", tree / "begun")]


def test_what_lies_within_a_run_is_not_another_run(tree):
    run_folder(tree / "one" / "copy")
    assert "one/copy" not in [place.name for place in places(tree)]


def test_a_link_back_into_the_tree_makes_no_run_twice(tree):
    before = places(tree)
    (tree / "a-link").symlink_to(tree / "one", target_is_directory=True)
    (tree / "fleet" / "round").symlink_to(tree, target_is_directory=True)
    (tree / "fleet" / "deeper" / "up").symlink_to(tree / "fleet", target_is_directory=True)
    assert places(tree) == before


def test_a_link_out_of_the_tree_is_followed(tree, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    run_folder(elsewhere / "far")
    (tree / "linked").symlink_to(elsewhere, target_is_directory=True)
    assert "linked/far" in [place.name for place in places(tree)]


@pytest.mark.parametrize("name", ["loop", "loop.json"])
def test_a_link_to_itself_hides_nothing_beside_it(tree, name):
    before = places(tree)
    (tree / name).symlink_to(tree / name)
    (tree / "fleet" / "nowhere").symlink_to(tree / "none")
    assert places(tree) == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tree):
    before = places(tree)
    os.mkfifo(tree / "x.json")
    assert places(tree) == before


@pytest.fixture
def results(tmp_path):
    rounds = made_up_rounds(Law(processes=1, visits=1, rounds=2), core_cells((1,), ("float64",)))
    for name, created in (
        ("first", "2026-01-01T00:00:00Z"),
        ("newest", "2026-01-03T00:00:00+00:00"),
        ("third", "2026-01-02T00:00:00"),
    ):
        write_run(tmp_path / name, rounds, record={"created": created})
    return tmp_path


def test_a_run_is_found_by_name_by_folder_and_as_latest(results, monkeypatch):
    assert find("first", results) == results / "first"
    assert find(str(results / "third"), results) == results / "third"
    assert find("latest", results) == results / "newest"


def test_the_runs_before_the_latest_are_counted_back(results):
    assert [find(f"latest~{back}", results).name for back in (0, 1, 2)] == ["newest", "third", "first"]
    with pytest.raises(UsageError, match=r"no run 'latest~3': .* holds 3 runs"):
        find("latest~3", results)


def test_a_part_of_a_name_that_no_other_run_has_is_enough(results):
    assert find("new", results) == results / "newest"
    assert find("ird", results) == results / "third"
    with pytest.raises(UsageError, match="run 'i' may be 2 runs: first, third"):
        find("i", results)


def test_a_whole_name_comes_before_a_part_of_another(results):
    (results / "newest").rename(results / "first-again")
    assert find("first", results) == results / "first"


def test_a_results_file_of_another_suite_can_be_named(results):
    file = results / "first" / "process-0001.json"
    assert find(str(file), results) == file


def test_an_unknown_run_names_the_nearest(results):
    with pytest.raises(UsageError, match="no run 'frist': did you mean first"):
        find("frist", results)


@pytest.mark.parametrize("run", ["latest", "x", ""])
def test_no_runs_at_all_is_said(tmp_path, run):
    with pytest.raises(UsageError, match="holds no runs yet"):
        find(run, tmp_path / "results")


def test_a_damaged_run_does_not_hide_the_latest(results):
    (results / "first" / "run.json").write_text("{")
    assert find("latest", results) == results / "newest"


def test_a_name_that_no_folder_can_have_is_refused_in_one_line(tmp_path):
    with pytest.raises(UsageError, match=r"no run 'aaa.*a': it cannot be looked for \(File name too long\)"):
        find("a" * 300, tmp_path)
