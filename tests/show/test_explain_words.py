import re

from copycost import estimate
from copycost.analyse.bootstrap import bootstrap_rounds
from copycost.analyse.breakdown import breakdown
from copycost.analyse.ceilings import ceilings
from copycost.analyse.crossovers import crossovers
from copycost.analyse.scaling import fit
from copycost.show.explain_words import advice_section, sections
from tests.analyse.laws import machine_cells
from tests.made_up import Law, machine_facts, made_up_rounds

ROUNDS = made_up_rounds(Law(processes=8, visits=2, rounds=3, offset=0.01), machine_cells())


def said(rounds=ROUNDS, drop=()):
    cells = estimate(rounds, references=True)
    cells = cells[~cells["conversion"].isin(drop)].reset_index(drop=True)
    frames = fit(cells, rounds, caches=machine_facts()["caches"]), crossovers(cells, rounds)
    replicates = bootstrap_rounds(cells, rounds)
    own = sections(*frames, ceilings(cells, replicates), breakdown(cells, replicates))
    return {section.title: {label: " / ".join(lines) for label, lines in section.lines} for section in own}


def test_each_conversion_has_a_section_and_references_have_none():
    names = ("torch.from_numpy", "torch.tensor", "t.numpy", "t.clone.numpy")
    assert list(said()) == [f"{name}, float64" for name in names]


def test_a_conversion_that_shares_memory_is_called_constant():
    words = said()["torch.from_numpy, float64"]
    assert words["model"].startswith("constant: ") and "shares memory" in words["model"]
    assert "ceilings" not in words


def test_a_copy_is_told_in_all_its_parts():
    words = said()["torch.tensor, float64"]
    assert "for the call" in words["model"] and "page-fault bound" in words["model"]
    assert "costs 10× torch.from_numpy: from" in words["crossovers"]
    assert "of a plain copy (fresh): " in words["ceilings"]
    assert re.search("128 MiB: (69|70|71)% page faults", words["where it goes"])


def test_what_was_not_measured_is_said_to_be():
    references = ["plain copy (mapped)", "plain copy (fresh)", "torch copy"]
    references += ["allocate", "allocate and touch", "allocate, touch and free"]
    words = said(drop=references)["torch.tensor, float64"]
    assert words["ceilings"].count("not measured in this run") == 2
    assert words["where it goes"] == "not measured in this run"


def test_without_evidence_the_advice_is_that_there_is_none():
    assert "nothing" in advice_section([]).lines[0][1][0]
