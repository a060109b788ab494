import re
from dataclasses import replace

import pytest

from copycost.analyse.select import select_one
from copycost.show.sections.explanation import advice_section, curve_sections
from tests.analyse.laws import SIZES, machine_cells
from tests.made_up import Law, made_up_rounds, write_run

LAW = Law(processes=8, visits=2, rounds=3, offset=0.01)
REFERENCES = (
    *("plain copy (mapped)", "plain copy (fresh)", "torch copy"),
    *("allocate", "allocate and touch", "allocate, touch and free"),
)


def sections_of(folder, drop=(), sizes=SIZES, **slower):
    cells = [
        replace(cell, seconds=cell.seconds * slower.get(cell.expression.partition("(")[0], 1))
        for cell in machine_cells(sizes)
    ]
    cells = [cell for cell in cells if cell.conversion not in drop]
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
    parts = "allocating, copying and freeing not measured in this run"
    assert [line.endswith(parts) for line in words["where it goes"]] == [True] * 4


@pytest.mark.parametrize("sizes", [SIZES[10:11], SIZES[7:11]])
def test_a_grid_that_does_not_begin_small_tells_what_is_not_known_and_the_size_that_would_tell(tmp_path, sizes):
    words = sections_of(tmp_path, sizes=sizes)["torch.tensor, float64"]
    said = " / ".join(line for lines in words.values() for line in lines)
    assert "% calling" not in said and "calling not measured" in said and "--size 1 " in said
    assert "at every size," not in said and "smallest size on" not in said
    assert ("at 8 MiB, the only size measured" in said) == (len(sizes) == 1)
    assert ("for the call, reckoned from sizes of 128 KiB and more" in said) == (len(sizes) > 1)


def test_parts_of_more_than_the_whole_explain_nothing_and_a_ceiling_that_is_beaten_is_none(tmp_path):
    slower = {"b.copy_": 1.5, "np.array": 1.8}  # as if the plain copies had been disturbed
    words = sections_of(tmp_path, **slower)["torch.tensor, float64"]
    of_large = next(line for line in words["where it goes"] if line.startswith("8 MiB"))
    assert re.fullmatch(r"8 MiB: not explained: the parts, .* add up to 14\d% of the whole", of_large)
    fresh = words["ceilings"][1]
    assert "no ceiling at" in fresh and "8 MiB" in fresh.partition("no ceiling at")[2]
    assert not re.search(r"\b(1[0-9][1-9]|1[1-9]0|[2-9]\d\d)%", " ".join(words["ceilings"]))


def test_without_evidence_the_advice_is_that_there_is_none():
    assert "Nothing" in advice_section([]).blocks[0].lines[0]
