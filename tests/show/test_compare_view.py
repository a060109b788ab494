import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from copycost.analyse.noise_profile import noise_profile, profile_path, write_profile
from copycost.errors import UsageError
from copycost.measure.allocator import STEADY_STATE
from copycost.show.compare_view import compare_runs
from tests.made_up import MACHINE, Law, core_cells, machine_facts, made_up_rounds, process_json, write_run

LAW = Law(processes=6, visits=2, offset=0.003)
CELLS = core_cells(sizes=(1, 4096), dtypes=("float64",))
METHOD = {"protocol": 1, "canary": "python-100", "clock": "crc_hqx-1024", "address_layout": "fixed", "start": "fork"}


def write(folder: Path, *, seed=0, cells=CELLS, record=None, **law):
    return write_run(folder, made_up_rounds(replace(LAW, **law), cells, seed), record=record)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    write(folder / "a")
    write(folder / "b", seed=1)
    write(folder / "slow", seed=2, factor=1.1)
    return folder


def test_json_has_the_promised_keys(results):
    text, status = compare_runs("a", "slow", results, format="json")
    content = json.loads(text)
    assert status == 0 and len(content["cells"]) == len(CELLS)
    promised = {"conversion", "dtype", "size", "threads", "cache", "ratio", "ci_low", "ci_high", "verdict"}
    assert all(promised <= set(cell) for cell in content["cells"])
    assert {cell["verdict"] for cell in content["cells"]} == {"slower"}
    assert content["summary"]["ratio"] == pytest.approx(1.1, rel=0.01)
    assert content["summary"]["verdicts"]["slower"] == len(CELLS)
    assert len(content["summary"]["conversions"]) == 5


def test_the_table_is_plain_text_of_a_hundred_columns_that_marks_what_changed(results):
    text, _ = compare_runs("a", "slow", results)
    assert "\x1b" not in text and "▲ slower" in text and "10 slower of 10 cells" in text
    assert max(map(len, text.splitlines())) <= 110
    assert all(line == line.rstrip() for line in text.splitlines())
    table = [line for line in text.splitlines() if "▲" in line]
    assert len(table) == 10 and max(map(len, table)) <= 100


def test_csv_has_one_row_per_cell(results):
    text, _ = compare_runs("a", "b", results, format="csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(CELLS) and rows[0]["verdict"] in ("same", "undecided")


def test_the_gate_fails_on_a_verdict_only(results):
    text, status = compare_runs("a", "slow", results, fail_on="slower>5%")
    assert status == 1 and "gate slower>5%: 10 cells fail" in text
    assert compare_runs("a", "slow", results, fail_on="slower>20%")[1] == 0
    assert compare_runs("a", "b", results, fail_on="slower>5%")[1] == 0
    content = json.loads(compare_runs("a", "slow", results, fail_on="slower>5%", format="json")[0])
    assert len(content["gate"]["failures"]) == 10


def test_a_gate_stricter_than_the_margin_tightens_it(results, tmp_path):
    write(tmp_path / "two", seed=3, factor=1.02, offset=0.001, noise=0.001)
    sides = (str(results / "a"), str(tmp_path / "two"), results)
    assert "within ±1%" in compare_runs(*sides, fail_on="slower>1%")[0]
    assert compare_runs(*sides, fail_on="slower>1%")[1] == 1
    assert compare_runs(*sides, fail_on="slower>1%", margin=0.05)[1] == 0


def test_different_methods_are_refused_by_name_and_marked_when_compared_anyway(results, tmp_path):
    write(tmp_path / "other", seed=4, record={"method": METHOD | {"canary": "python-200"}})
    other = str(tmp_path / "other")
    with pytest.raises(UsageError, match=r"canary 'python-100' in A and 'python-200' in B; --anyway"):
        compare_runs("a", other, results)
    content = json.loads(compare_runs("a", other, results, anyway=True, format="json")[0])
    assert all("method-differs" in cell["flags"] for cell in content["cells"])
    assert {cell["clock"] for cell in content["cells"]} == {"own"}
    assert any("the methods differ: canary" in note for note in content["notes"])


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


def test_machines_that_differ_are_described_by_what_differs(results, tmp_path):
    record = {"machine": machine_facts() | {"cpu_model": "Another CPU", "torch": "2.14.0"}}
    write(tmp_path / "elsewhere", seed=8, record=record)
    text, _ = compare_runs("a", str(tmp_path / "elsewhere"), results)
    assert "CPU: AMD EPYC → Another CPU" in text and "torch: 2.13.0 → 2.14.0" in text
    assert "hugepages" not in text


def test_no_cell_in_common_is_refused(results, tmp_path):
    write(tmp_path / "other-sizes", cells=core_cells(sizes=(2,), dtypes=("float64",)))
    with pytest.raises(UsageError, match="no cell in common"):
        compare_runs("a", str(tmp_path / "other-sizes"), results)


@pytest.mark.parametrize(("option", "value"), [("format", "markdwon"), ("fail_on", "slower>")])
def test_a_bad_option_is_refused_before_anything_is_read(option, value):
    with pytest.raises(UsageError, match=value):
        compare_runs("missing", "missing", Path("nowhere"), **{option: value})


def test_a_kept_noise_profile_is_used_and_one_that_does_not_fit_is_not(results, tmp_path):
    for name, seed, factor in (("x", 9, 1.0), ("y", 10, 1.1)):
        write(tmp_path / name, seed=seed, factor=factor)
    noisy = json.loads(compare_runs("x", "y", tmp_path, format="json")[0])["cells"]
    assert {cell["verdict"] for cell in noisy} == {"slower"}

    apart = [pd.DataFrame(noisy).assign(ratio=1.3) for _ in range(5)]
    path = profile_path(tmp_path, MACHINE)
    write_profile(path, noise_profile(apart, machine=MACHINE, method=METHOD))
    content = json.loads(compare_runs("x", "y", tmp_path, format="json")[0])
    assert {cell["verdict"] for cell in content["cells"]} == {"undecided"}
    assert any("noise floor" in note for note in content["notes"])

    write_profile(path, noise_profile(apart, machine=MACHINE, method=METHOD | {"protocol": 0}))
    content = json.loads(compare_runs("x", "y", tmp_path, format="json")[0])
    assert {cell["verdict"] for cell in content["cells"]} == {"slower"}
    assert any("no noise profile is used" in note for note in content["notes"])
    with pytest.raises(UsageError, match="another method: protocol 0, not 1"):
        compare_runs("x", "y", tmp_path, noise_path=path)


def test_pytest_benchmark_files_of_other_suites_are_compared_without_a_verdict(tmp_path):
    for name, seconds in (("old", 1e-3), ("new", 2e-3)):
        stats = {"median": seconds, "iterations": 1, "data": [seconds] * 20}
        content = {"machine_info": {}, "benchmarks": [{"name": "test_x|<b>", "stats": stats}], "version": "4.0.0"}
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    old, new = str(tmp_path / "old.json"), str(tmp_path / "new.json")
    cell = json.loads(compare_runs(old, new, tmp_path, format="json")[0])["cells"][0]
    assert cell["ratio"] == pytest.approx(2) and cell["verdict"] == "undecided" and cell["ci_low"] is None
    assert "few-processes" in cell["flags"] and "no-canary" in cell["flags"]
    for format in ("table", "markdown", "csv"):
        assert "undecided" in compare_runs(old, new, tmp_path, format=format)[0]


def test_a_process_file_of_ours_is_a_side(results, tmp_path):
    rounds = made_up_rounds(replace(LAW, processes=1), CELLS)
    path = tmp_path / "one.json"
    path.write_text(json.dumps(process_json(rounds, run="r", arm="base", process=1), default=np.generic.item))
    text, status = compare_runs("a", str(path), results)
    assert status == 0 and "10 undecided" in text


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
