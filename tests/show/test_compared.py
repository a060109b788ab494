import json
from dataclasses import replace

import pytest

from copycost.errors import UsageError
from copycost.measure.allocator import STEADY_STATE
from copycost.show.compare_view import compare_runs
from tests.made_up import Law, made_up_rounds, write_run
from tests.show.runs_to_compare import CELLS, LAW, METHOD, write


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    write(folder / "a")
    return folder


def test_different_methods_are_refused_by_name_and_marked_when_compared_anyway(results, tmp_path):
    write(tmp_path / "other", seed=4, record={"method": METHOD | {"canary": "python-200"}})
    other = str(tmp_path / "other")
    with pytest.raises(UsageError, match=r"canary 'python-100' in A and 'python-200' in B; --anyway"):
        compare_runs("a", other, results)
    content = json.loads(compare_runs("a", other, results, anyway=True, format="json")[0])
    assert all("method-differs" in cell["flags"] for cell in content["cells"])
    rows = [line for line in compare_runs("a", other, results, anyway=True)[0].splitlines() if "95%" not in line]
    assert sum("method-differs" in line for line in rows) == len(CELLS)
    assert {cell["clock"] for cell in content["cells"]} == {"own"}
    assert any("the methods differ: canary" in note for note in content["notes"])


def test_a_tree_is_compared_by_the_methods_of_all_its_runs(results, tmp_path):
    for number, canary in enumerate(("python-100", "python-200")):
        write(tmp_path / "mixed" / f"run-{number}", seed=number, record={"method": METHOD | {"canary": canary}})
        write(tmp_path / "other" / f"run-{number}", seed=number, record={"method": METHOD | {"canary": "python-200"}})
    mixed, other = str(tmp_path / "mixed"), str(tmp_path / "other")
    with pytest.raises(UsageError, match=r"B holds runs of different methods \(canary\)"):
        compare_runs("a", mixed, results)
    with pytest.raises(UsageError, match="canary 'python-100' in A and 'python-200' in B"):
        compare_runs("a", other, results)
    content = json.loads(compare_runs("a", mixed, results, anyway=True, format="json")[0])
    assert all("method-differs" in cell["flags"] for cell in content["cells"])


def test_a_process_file_has_the_method_of_its_run(results, tmp_path):
    other = write(tmp_path / "other", seed=4, record={"method": METHOD | {"canary": "python-200"}})
    with pytest.raises(UsageError, match="canary 'python-100' in A and 'python-200' in B"):
        compare_runs("a", str(other / "process-0001.json"), results)


def test_unfinished_runs_of_a_tree_are_counted(results, tmp_path):
    for number, status in enumerate(("complete", "interrupted", "complete")):
        write(tmp_path / "tree" / f"run-{number}", seed=number, record={"status": status})
    text, _ = compare_runs("a", str(tmp_path / "tree"), results)
    assert "B is unfinished in 1 of its 3 runs: compared as far as it goes, 18 processes" in text


def test_other_threads_are_another_method_for_runs_and_the_point_of_arms(results, tmp_path):
    two = [replace(cell, threads=2) for cell in CELLS]
    write(tmp_path / "two", seed=5, cells=two)
    with pytest.raises(UsageError, match="threads '1' in A and '2' in B"):
        compare_runs("a", str(tmp_path / "two"), results)
    anyway = json.loads(compare_runs("a", str(tmp_path / "two"), results, anyway=True, format="json")[0])
    assert all("threads-differ" in cell["flags"] for cell in anyway["cells"])


def test_two_arms_of_one_run_are_paired_and_their_conditions_said(results):
    rounds = made_up_rounds(replace(LAW, processes=12), CELLS, 6)
    rounds = rounds.assign(arm=["base" if process % 2 else "thp" for process in rounds["process"]])
    arms = [
        {"name": "base", "environment": {}, "python": None},
        {"name": "thp", "environment": {"THP_MEM_ALLOC_ENABLE": "1"}, "python": None},
    ]
    write_run(results / "arms", rounds, record={"arms": arms})
    content = json.loads(compare_runs("arms@base", "arms@thp", results, format="json")[0])
    assert all(cell["paired"] for cell in content["cells"])
    assert "THP_MEM_ALLOC_ENABLE: unset → 1" in content["heading"]


def test_an_unfinished_run_is_compared_as_far_as_it_goes_and_said(results, tmp_path):
    write(tmp_path / "young", seed=7, record={"status": "interrupted"})
    text, _ = compare_runs("a", str(tmp_path / "young"), results)
    assert "B is interrupted: compared as far as it goes, 6 processes" in text


def test_runs_of_different_grids_are_not_told_apart_by_what_the_grid_does(tmp_path):
    law = Law(processes=12, offset=0.002)
    grids = ([{"conversion": "torch.tensor", "size": 1}], [{"conversion": "torch.tensor", "size": 4}])
    write_run(tmp_path / "a", made_up_rounds(law, seed=1), record={"plan": {"cells": grids[0]}})
    slower = made_up_rounds(Law(processes=12, offset=0.002, factor=1.12), seed=2)
    write_run(tmp_path / "b", slower, record={"plan": {"cells": grids[0]}})
    write_run(tmp_path / "c", slower, record={"plan": {"cells": grids[1]}})
    same_grid, _ = compare_runs("a", "b", tmp_path)
    other_grid, status = compare_runs("a", "c", tmp_path, fail_on="slower>5%")
    assert "slower" in same_grid and "different grids" not in same_grid
    assert "different grids" in other_grid and "▲" not in other_grid
    assert status == 0


@pytest.mark.parametrize(
    ("allocator", "factor", "found"), [("", 1.12, False), (STEADY_STATE, 1.12, True), (STEADY_STATE, 1.04, False)]
)
def test_a_heap_that_was_tidied_leaves_less_for_the_grid_to_do(tmp_path, allocator, factor, found):
    for name, size, own in (("a", 1, 1.0), ("b", 4, factor)):
        rounds = made_up_rounds(Law(processes=12, offset=0.002, factor=own), seed=size)
        plan = {"cells": [{"conversion": "torch.tensor", "size": size}]}
        write_run(tmp_path / name, rounds, record={"plan": plan, "method": {"allocator": allocator}})
    text, _ = compare_runs("a", "b", tmp_path)
    assert "different grids" in text
    assert ("▲" in text) == found
