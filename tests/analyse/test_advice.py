import re
from dataclasses import replace

import numpy as np
import pandas as pd

from copycost import estimate
from copycost.analyse.advice import advice
from copycost.analyse.breakdown import breakdown
from copycost.analyse.crossovers import crossings
from copycost.analyse.curves import curves
from copycost.analyse.law import Law
from copycost.analyse.scaling import fit_curves
from tests.analyse.laws import SIZES, constant, law_cells, machine_cells
from tests.made_up import Law as Noise
from tests.made_up import made_up_rounds

LAW = Noise(processes=6, visits=2, rounds=3)


def advised(rounds, arms=()):
    cells = estimate(rounds, references=True)
    fitted = fit_curves(curves(cells))
    return advice([one.curve for one in fitted], crossings(fitted), breakdown(cells), arms)


def texts(rounds, arms=()):
    return [own.text for own in advised(rounds, arms)]


def test_page_faults_suggest_huge_pages_and_how_to_test_them():
    first = advised(made_up_rounds(LAW, machine_cells()))[0]
    assert "huge pages" in first.text
    assert re.search(r"% page faults \(float64\), (8192|32768) faults of 1\.5", first.evidence)
    assert "--size 1..16777216 --arm base --arm thp:THP_MEM_ALLOC_ENABLE=1 --allocator found" in first.command


def test_an_arm_with_huge_pages_says_what_they_did():
    usual = made_up_rounds(LAW, machine_cells())
    changed = [replace(cell, seconds=cell.seconds / (4 if cell.page_faults else 0.5)) for cell in machine_cells()]
    both = pd.concat([usual, made_up_rounds(replace(LAW, arm="thp"), changed, seed=1)], ignore_index=True)
    arms = [{"name": "base", "environment": {}}, {"name": "thp", "environment": {"THP_MEM_ALLOC_ENABLE": "1"}}]
    evidence = advised(both, arms)[0].evidence
    assert "faster (at 128 MiB)" in evidence or "faster (at 32 MiB)" in evidence
    assert "slower (at " in evidence


def test_without_faults_nobody_is_told_about_huge_pages():
    assert not any("huge" in text for text in texts(made_up_rounds(LAW, machine_cells(SIZES[:8]))))


def test_zero_copy_is_advised_with_the_size_it_pays_from():
    own = advised(made_up_rounds(LAW, machine_cells()))
    of_tensor = next(one for one in own if one.text.startswith("torch.from_numpy instead of torch.tensor"))
    assert "float64 from" in of_tensor.evidence and "KiB" in of_tensor.evidence
    assert "--conversion torch.from_numpy --conversion torch.tensor" in of_tensor.command


def test_advice_that_changes_the_dtype_says_so():
    rounds = made_up_rounds(LAW, machine_cells())
    casts = (rounds["conversion"] == "torch.tensor").to_numpy()
    rounds["result_dtype"] = np.where(casts, "torch.float32", rounds["result_dtype"].astype(object))
    of_tensor, of_clone = (text for text in texts(rounds) if "instead of" in text)
    assert of_tensor.endswith("outlives it; the result is then float64, not float32")
    assert "result is then" not in of_clone


def test_a_list_of_arrays_is_stacked_where_that_was_measured_and_faster():
    facts = {"direction": "list_to_tensor", "shares_memory": False}
    slow = law_cells(constant(1e-3), "torch.tensor.list", expression="torch.tensor(arrays)", **facts)
    fast = law_cells(constant(1e-5), "stack", expression="torch.from_numpy(np.stack(arrays))", **facts)
    both = advised(made_up_rounds(LAW, slow + fast))
    assert any("np.stack" in own.text and "100× faster" in own.evidence for own in both)
    assert not any("np.stack" in text for text in texts(made_up_rounds(LAW, slow)))


def test_threads_are_advised_from_the_size_where_they_begin_to_help():
    linear = Law(1e-6, np.array([1e-10]), np.zeros(0), np.zeros(0, dtype=int))
    one = law_cells(linear, "torch.tensor")
    two = [replace(cell, threads=2, seconds=cell.seconds / (2 if cell.bytes > 10**6 else 1)) for cell in one]
    own = [advice for advice in advised(made_up_rounds(LAW, one + two)) if "threads" in advice.text]
    assert len(own) == 1 and "from 2 MiB on" in own[0].text and "--threads 1,2" in own[0].command


def test_a_run_without_reasons_gets_no_advice():
    assert advised(made_up_rounds(LAW, law_cells(constant(), "torch.from_numpy"))) == []
