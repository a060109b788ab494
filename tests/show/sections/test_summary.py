import re
from dataclasses import replace

import pandas as pd
import pytest

from copycost.analyse.ceilings import ceilings
from copycost.analyse.select import select_one
from copycost.show.quantities import with_quantities
from copycost.show.render.layout import plain_text
from copycost.show.sections.summary import _page_faults, answer, summary_blocks
from tests.analyse.laws import machine_cells
from tests.made_up import Law, core_cells, made_up_rounds, write_run
from tests.show.suites import scaling_suite


def lines_of(folder, path, *, explained=False):
    run = select_one(str(path), folder)
    blocks = summary_blocks(run, with_quantities(ceilings(run.estimates)), explained=explained)
    return [plain_text(line) for block in blocks for line in block.lines]


def small_run(folder):
    rounds = made_up_rounds(Law(processes=4, visits=2, noise=0.001), core_cells(sizes=(1, 4096)))
    return write_run(folder, rounds)


def test_it_says_what_was_measured_and_how_surely(tmp_path):
    scope = lines_of(tmp_path, small_run(tmp_path / "mine"))[0]
    assert scope.startswith(
        "mine measured 5 conversions of 2 dtypes with sources of 4 B to 32 KiB on AMD EPYC 2c 3f9a1c "
        "(torch 2.13.0, NumPy 2.4.6): 20 cells from 800 rounds in 4 processes."
    )
    assert "100% of the rounds were quiet" in scope


def test_it_says_what_shares_and_what_copies_and_the_cost(tmp_path):
    lines = lines_of(tmp_path, small_run(tmp_path / "mine"))
    assert any(line.startswith("torch.from_numpy(a) shares memory and takes 430 ns") for line in lines)
    (copying,) = [line for line in lines if line.startswith("torch.tensor(a)")]
    assert "copies and takes from 2.10 µs for 4 B to 5.38 µs" in copying and "for 32 KiB" in copying


def test_what_does_both_says_for_which_dtype(tmp_path):
    (mixed,) = [line for line in lines_of(tmp_path, small_run(tmp_path / "mine")) if line.startswith("torch.Tensor(a)")]
    assert "shares memory for float32 and takes 1.30 µs" in mixed and "copies for float64" in mixed


def test_of_several_arms_or_threads_one_is_told_and_named(tmp_path):
    cells = [replace(cell, threads=threads) for cell in core_cells(sizes=(1,)) for threads in (1, 2)]
    arms = [
        made_up_rounds(Law(processes=3, visits=1, noise=0.001, arm=arm, factor=1 + place), cells)
        for place, arm in enumerate("ab")
    ]
    run = write_run(tmp_path / "mine", pd.concat([arms[0], arms[1].assign(process=arms[1]["process"] + 3)]))
    lines = lines_of(tmp_path, run)
    assert lines[1] == "Below, the figures of arm a, 1 thread."
    assert any("torch.from_numpy(a) shares memory and takes 430 ns" in line for line in lines)


@pytest.mark.parametrize("explained", [False, True])
def test_a_call_that_is_typed_otherwise_for_a_dtype_has_a_sentence_of_its_own(tmp_path, explained):
    rounds = made_up_rounds(Law(processes=4, visits=2, noise=0.001), core_cells(sizes=(1, 4096)))
    of_float32 = rounds["dtype"] == "float32"
    rounds["expression"] = rounds["expression"].astype(str)
    viewed = of_float32 & (rounds["conversion"] == "t.numpy")
    rounds.loc[viewed, "expression"] = "t.view(torch.int16).numpy()"
    rounds.loc[viewed, "seconds"] *= 2
    run = write_run(tmp_path / "mine", rounds)
    if explained:
        said = lines_of(tmp_path, run)
    else:
        said = [
            plain_text(line)
            for block in answer(with_quantities(ceilings(select_one(str(run), tmp_path).estimates)))
            for line in block.lines
        ]
    plain, by_view = (
        next(line for line in said if line.startswith(typed)) for typed in ("t.numpy()", "t.view(torch.int16).numpy()")
    )
    assert "whatever the size" in plain and "whatever the size" in by_view


def test_another_suite_has_its_fastest_and_slowest(tmp_path):
    lines = lines_of(tmp_path, scaling_suite(tmp_path / "theirs.json"))
    assert lines[0].startswith("theirs holds 6 cells from 120 rounds")
    assert "The fastest is test_list[list-10]" in lines[1] and "the slowest is test_array[array-1000]" in lines[1]


def test_a_run_that_is_explained_says_from_where_a_copy_costs_ten_times_as_much_and_what_page_faults_cost(tmp_path):
    run = write_run(
        tmp_path / "mine", made_up_rounds(Law(processes=6, visits=1, rounds=3, offset=0.005), machine_cells())
    )
    lines = lines_of(tmp_path, run, explained=True)
    (copying,) = [line for line in lines if line.startswith("torch.tensor(a)")]
    assert re.search(
        r"It costs ten times torch\.from_numpy: float64 from [\d.]+ KiB \([\d.]+ KiB to [\d.]+ KiB\) on\.", copying
    )
    assert re.search(r"^At 128 MiB, torch.tensor takes 32,7\d\d page faults of .* each: \d+% .* of its time", lines[-1])


def test_less_than_one_page_fault_a_call_is_not_told_and_one_without_a_price_neither():
    parts = pd.DataFrame(
        {"conversion": "f", "bytes": [8.0, 8.0], "faults": [0.001, 12.0], "page_faults_share": 0.1, "sum_share": 1.0},
    ).assign(fault_seconds=[1e-7, float("nan")])
    assert _page_faults(parts.iloc[:1]) == _page_faults(parts.iloc[1:]) == []
