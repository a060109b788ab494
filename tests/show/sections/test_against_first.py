import pandas as pd
import pytest

from copycost.analyse.select import select
from copycost.show.document import Chart, Document, Folded, Lines, Table
from copycost.show.render.layout import plain_text
from copycost.show.render.machine import json_text
from copycost.show.sections.against_first import MOST_COMPARED, comparison_section
from tests.made_up import Law, core_cells, made_up_rounds, write_run
from tests.show.suites import scaling_suite

CELLS = core_cells(sizes=(1, 64), dtypes=("float64",))


def runs(folder, names, **records):
    for seed, name in enumerate(names):
        law = Law(processes=5, visits=2, noise=0.002, factor=1.2 if seed else 1.0)
        write_run(folder / name, made_up_rounds(law, CELLS, seed), record=records.get(name))
    return select([str(folder / name) for name in names], folder)


def blocks(section, kind):
    return [block for block in section.blocks if isinstance(block, kind)]


def test_two_runs_are_compared_cell_by_cell(tmp_path):
    section = comparison_section(runs(tmp_path, "ab"), tmp_path)
    (lines,) = blocks(section, Lines)
    assert lines.lines[0].startswith("10 slower of 10 cells; geometric mean B / A 1.2")
    means, cells = blocks(section, Table)
    assert set(cells.frame["verdict"]) == {"slower"} and list(means.frame["conversion"])[-1] == "all"
    assert blocks(section, Chart)[0].table == cells.name


def test_arms_of_one_run_are_compared(tmp_path):
    arms = [
        made_up_rounds(Law(processes=4, visits=2, arm=arm), CELLS, seed) for seed, arm in enumerate(("base", "thp"))
    ]
    arms[1]["process"] += 4
    write_run(tmp_path / "both", pd.concat(arms, ignore_index=True))
    section = comparison_section(select([str(tmp_path / "both")], tmp_path), tmp_path)
    assert "both@base" in plain_text(section.blocks[0].lines[1])


def test_one_run_alone_is_not_compared(tmp_path):
    assert comparison_section(runs(tmp_path, "a"), tmp_path) is None


def test_different_methods_are_compared_and_said_to_be_different(tmp_path):
    section = comparison_section(runs(tmp_path, "ab", b={"method": {"canary": "another"}}), tmp_path)
    said = " ".join(map(plain_text, blocks(section, Lines)[0].lines))
    assert "the methods differ" in said


def test_what_has_nothing_in_common_is_said_by_name(tmp_path):
    paths = [scaling_suite(tmp_path / f"{name}.json", (name, name)) for name in "ab"]
    section = comparison_section(select(list(map(str, paths)), tmp_path), tmp_path)
    said = plain_text(section.blocks[0].lines[0])
    assert said.startswith("a and b cannot be compared: ") and "no cell in common" in said


def test_no_folder_gets_on_the_page(tmp_path):
    sources = runs(tmp_path, "ab")
    compared = comparison_section(sources, tmp_path)
    (tmp_path / "a" / "process-0001.json").write_text("{")
    for run in sources:
        run.release()
    unreadable = comparison_section(sources, tmp_path)
    assert "cannot be compared: a/process-0001.json: truncated" in unreadable.blocks[0].lines[0][-1]
    assert str(tmp_path) not in json_text(Document("", (compared, unreadable)))


@pytest.mark.parametrize("count", [3, MOST_COMPARED + 3])
def test_many_runs_are_ranked_and_some_of_them_compared(tmp_path, count):
    section = comparison_section(runs(tmp_path, [f"run-{n}" for n in range(count)]), tmp_path)
    assert len(blocks(section, Folded)) == min(count - 1, MOST_COMPARED)
    (ranking,) = blocks(section, Table)
    assert ranking.frame["run"].iloc[0] == "run-0"
    assert bool(blocks(section, Lines)) == (count > MOST_COMPARED + 1)
