import json
import os

import pytest

from copycost.store.tree import RunPlace, is_run_folder, is_tree, places, with_clusters


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


def test_a_clusters_record_goes_with_its_machines(tree):
    (tree / "fleet" / "cluster.json").write_text("{}")
    found = with_clusters(places(tree))
    assert found[0] == RunPlace("fleet/cluster", tree / "fleet" / "cluster.json")
    assert found[1:] == places(tree)
