import json
import os
from pathlib import Path

import pytest

from copycost.errors import UsageError
from copycost.show.many_runs import expanded, read_many, trees_expanded
from tests.made_up import MACHINE, Law, core_cells, made_up_rounds, write_run

CELLS = core_cells((16,), ("float32",))


def law(**changes):
    return made_up_rounds(Law(processes=1, visits=1, **changes), CELLS)


@pytest.fixture
def results(tmp_path):
    write_run(tmp_path / "results" / "one", law())
    for name in ("m1", "m2"):
        write_run(tmp_path / "results" / "fleet" / name, law())
    (tmp_path / "results" / "fleet" / "cluster.json").write_text("{}")
    return tmp_path / "results"


def two_arms(folder):
    import pandas as pd

    rounds = pd.concat([law(arm="base"), law(arm="thp").assign(process=2)], ignore_index=True)
    return write_run(folder, rounds)


def names(found):
    return [one.place.name for one in found]


def test_a_tree_stands_for_its_runs_and_a_run_for_itself(results):
    assert names(expanded(["one"], results)) == ["one"]
    assert names(expanded([str(results)], results)) == ["fleet/m1", "fleet/m2", "one"]
    assert names(expanded(["fleet", "one"], results)) == ["fleet/m1", "fleet/m2", "one"]
    assert names(expanded(["fleet"], results)) == ["fleet/m1", "fleet/m2"]
    assert names(expanded(["fleet/m1"], results)) == ["m1"]


def test_only_trees_are_put_in_other_words(results):
    words = ["latest", "one@arm", "nothing", "nothing@arm", str(results / "one")]
    assert trees_expanded(words, results) == tuple(words)


@pytest.mark.parametrize("typed", ["fleet", "path"])
def test_a_tree_is_put_in_other_words_whether_by_its_path_or_by_its_name(results, typed):
    word = typed if typed == "fleet" else str(results / "fleet")
    runs = [str(results / "fleet" / name) for name in ("m1", "m2")]
    assert trees_expanded([word, "one"], results) == (*runs, "one")
    assert trees_expanded([f"{word}@base"], results) == tuple(f"{run}@base" for run in runs)


def test_a_tree_behind_an_address_is_put_in_other_words(results, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    words = trees_expanded([f"file://{results}", f"file://{results}/one"], results)
    assert [word.partition("/results/")[2] for word in words[:-1]] == ["fleet/m1", "fleet/m2", "one"]
    assert words[-1] == f"file://{results}/one"


def test_runs_come_with_their_facts(results):
    read = read_many(expanded([str(results)], results))
    assert [fact["name"] for fact in read.facts] == ["fleet/m1", "fleet/m2", "one"]
    assert {fact["machine"]["machine"] for fact in read.facts} == {MACHINE}
    assert read.facts[0]["method"]["canary"] == "python-100"
    assert read.cells["run"].unique().tolist() == ["fleet/m1", "fleet/m2", "one"]


def test_arms_of_a_run_are_read_apart(results):
    two_arms(results / "arms")
    read = read_many(expanded(["arms"], results))
    assert [(fact["name"], fact["split"]) for fact in read.facts] == [("arms@base", True), ("arms@thp", True)]
    assert set(read.cells["run"]) == {"arms@base", "arms@thp"}
    read = read_many(expanded(["arms@thp"], results))
    assert [(fact["name"], fact["split"]) for fact in read.facts] == [("arms@thp", False)]
    assert set(read.cells["arm"]) == {"thp"}


def test_an_arm_that_is_not_there_is_said(results):
    two_arms(results / "arms")
    with pytest.raises(UsageError, match=r"arms has no arm 'thq': did you mean thp\?"):
        read_many(expanded(["arms@thq"], results))


def test_one_run_typed_twice_is_two(results):
    read = read_many(expanded(["one", "one"], results))
    assert [fact["name"] for fact in read.facts] == ["one", "one (2)"]


def test_what_cannot_be_read_is_told_and_left_out(results):
    (results / "one" / "process-0001.json").write_text("{")
    told = []
    read = read_many(expanded([str(results), "none"], results, told.append), told.append)
    assert [fact["name"] for fact in read.facts] == ["results/fleet/m1", "results/fleet/m2"]
    assert len(told) == 2
    with pytest.raises(UsageError, match="truncated"):
        read_many(expanded(["one"], results))


def test_where_nothing_is_left_that_is_said(results):
    with pytest.raises(UsageError, match="nothing is left to read: 1 skipped"):
        expanded(["none"], results, lambda error: None)


def test_a_file_whose_name_is_not_utf_8_is_a_run(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.json"))
    content = {"benchmarks": [{"name": "test_x", "stats": {"median": 1e-6}}]}
    path.write_text(json.dumps(content))
    read = read_many(expanded([str(path)], tmp_path))
    assert [fact["name"] for fact in read.facts] == ["\ufffd"]
    assert read.cells["run"].unique().tolist() == ["\ufffd"]
