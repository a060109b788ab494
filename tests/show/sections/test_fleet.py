import numpy as np
import pandas as pd

from copycost.analyse.fleet import MODEL_COLUMNS
from copycost.analyse.machine_or_conversion import machine_or_conversion
from copycost.analyse.machines import describe, figures
from copycost.show.document import Document, Lines, Note, Table
from copycost.show.render.layout import plain_text, sheets
from copycost.show.sections.fleet import cpu_models, facts, facts_by_model, slower_machine_or_conversion
from tests.analyse.fleets import fleet_cells, slower_conversion, slower_machine, usual
from tests.made_up import machine_facts

MACHINES = describe(
    [
        {"name": f"m{number}", "machine": machine_facts() | {"machine": f"m{number}", "torch": f"2.{number // 2}"}}
        for number in range(4)
    ]
)


def drawn(blocks, kind=Table):
    return list(Document("", tuple(blocks)).every(kind))


def rows(blocks):
    """Return the headings of the one table among blocks, and its rows, as text."""
    (table,) = drawn(blocks)
    (sheet,) = sheets(table, {})
    return [value.text for value in sheet.headings], [tuple(value.text for value in row) for row in sheet.rows]


def reasons(blocks):
    """Return the rows of the table of reasons, those of all sizes one after the other, as text."""
    (table,) = drawn(blocks)
    return [tuple(value.text for value in row) for sheet in sheets(table, {}) for row in sheet.rows]


def said(blocks):
    return [plain_text(line) for block in drawn(blocks, Lines) for line in block.lines]


def why(*machines):
    cells, _ = fleet_cells(machines, alike=0.0, noise=0.0)
    return slower_machine_or_conversion(machine_or_conversion(figures(cells), 0))


def test_only_what_differs_stands_in_the_table():
    headings, own = rows(facts(MACHINES))
    assert headings == ["fact", "m0", "m1", "m2", "m3"] and [row[0] for row in own] == ["machine", "torch"]
    (common,) = drawn(facts(MACHINES), Note)
    assert "CPU: AMD EPYC" in plain_text(common.text)


def test_a_fact_that_is_not_known_of_a_machine_is_a_dash():
    _, own = rows(facts(MACHINES[:2].assign(torch=["2.0", None])))
    assert own[-1] == ("torch", "2.0", "–")


def test_a_machine_alone_differs_in_nothing():
    assert drawn(facts(MACHINES[:1])) == []


def test_cpu_models_show_the_most_common_value_of_each_fact():
    blocks = facts_by_model(MACHINES.assign(cpu_model=["one", "one", "one", None]))
    assert rows(blocks) == (["fact", "one", "unknown CPU"], [("torch", "2.0 (2 of 3)", "2.1")])
    assert "CPU:" not in plain_text(drawn(blocks, Note)[0].text)


def test_each_cpu_model_has_its_size_its_time_and_its_spread():
    models = [["AMD EPYC", 3, 1.049, 1.0, 1.1, 0.0671], ["unknown CPU", 1, 2.0, 2.0, 2.0, np.nan]]
    machines = MACHINES.assign(cpu_model=["AMD EPYC"] * 3 + [None], virtual=[None, None, None, "kvm"])
    blocks = cpu_models(pd.DataFrame(models, columns=list(MODEL_COLUMNS)), machines, 0.0004)
    assert said(blocks)[0] == "2 CPU models among 4 machines; runs of one machine differ by 0.04%"
    _, own = rows(blocks)
    assert own[0] == ("AMD EPYC", "3", "–", "1.049", "1.000", "1.100", "6.7%")
    assert own[1] == ("unknown CPU", "1", "kvm", "2.00", "2.00", "2.00", "–")


def test_runs_that_were_not_repeated_are_not_told_of():
    models = pd.DataFrame([["AMD EPYC", 1, 1.0, 1.0, 1.0, np.nan]], columns=list(MODEL_COLUMNS))
    assert said(cpu_models(models, MACHINES[:1], float("nan")))[0] == "1 CPU model among 1 machine"


def test_a_slower_machine_has_no_row_for_each_conversion():
    own = reasons(why(usual, slower_machine))
    assert {row[0] for row in own} == {"most"} and {row[-1] for row in own} == {"slower machine"}


def test_a_slower_conversion_stands_out():
    own = reasons(why(usual, slower_conversion))
    assert {row[0] for row in own if row[-1] == "slower conversion"} == {"torch.tensor"}
    assert {row[1].split()[0] for row in own if row[-1] == "slower conversion"} == {"1.500"}


def test_figures_whose_errors_are_known_have_half_of_their_interval():
    own = reasons(why(usual, slower_machine))
    assert all(" ±" in row[place] for row in own for place in (1, 2, 3))


def test_one_machine_alone_has_no_reasons():
    assert why(usual) == []
