import re

import pytest

from copycost.analyse.select import select_one
from copycost.show.sections.explanation import advice_section, curve_sections
from tests.analyse.laws import machine_cells
from tests.made_up import Law, made_up_rounds, write_run

LAW = Law(processes=8, visits=2, rounds=3, offset=0.01)
REFERENCES = (
    *("plain copy (mapped)", "plain copy (fresh)", "torch copy"),
    *("allocate", "allocate and touch", "allocate, touch and free"),
)


def sections_of(folder, drop=()):
    cells = [cell for cell in machine_cells() if cell.conversion not in drop]
    run = select_one(str(write_run(folder / "run", made_up_rounds(LAW, cells))), folder)
    return {
        section.title[0].text + section.title[1]: dict(section.blocks[0].entries)
        for section in curve_sections(run, run.model, run.crossovers)
    }


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    sections = sections_of(tmp_path_factory.mktemp("runs"))
    return {
        title: {label: " / ".join(lines) for label, lines in entries.items()} for title, entries in sections.items()
    }


def test_each_conversion_has_a_section_and_references_have_none(said):
    names = ("torch.from_numpy", "torch.tensor", "t.numpy", "t.clone.numpy")
    assert list(said) == [f"{name}, float64" for name in names]


def test_a_conversion_that_shares_memory_is_called_constant(said):
    words = said["torch.from_numpy, float64"]
    assert words["model"].startswith("constant: ") and "shares memory" in words["model"]
    assert "ceilings" not in words


def test_a_copy_is_told_in_all_its_parts(said):
    words = said["torch.tensor, float64"]
    assert "for the call" in words["model"] and "page-fault bound" in words["model"]
    assert "costs 10× torch.from_numpy: from" in words["crossovers"]
    assert "of a plain copy (fresh): " in words["ceilings"]
    assert re.search("128 MiB: (69|70|71)% page faults", words["where it goes"])


def test_what_was_not_measured_is_said_to_be(tmp_path):
    words = sections_of(tmp_path, drop=REFERENCES)["torch.tensor, float64"]
    assert [line.endswith("not measured in this run") for line in words["ceilings"]] == [True, True]
    assert words["where it goes"] == ("not measured in this run",)


def test_without_evidence_the_advice_is_that_there_is_none():
    assert "Nothing" in advice_section([]).blocks[0].lines[0]
