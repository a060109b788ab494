from dataclasses import replace

import pandas as pd

from copycost import estimate
from copycost.show.render.layout import plain_text
from copycost.show.sections.sharing import sharing_section
from tests.made_up import Law, core_cells, made_up_rounds


def estimates_of(cells):
    return estimate(made_up_rounds(Law(processes=3, visits=1), cells))


def test_what_was_seen_stands_beside_what_is_documented():
    _, table = sharing_section(estimates_of(core_cells(sizes=(1, 64)))).blocks
    rows = table.frame.set_index(["conversion", "dtypes"])
    assert rows.loc[("torch.from_numpy", "float32 and float64"), "shares"]
    assert not rows.loc[("torch.tensor", "float32 and float64"), "shares"]
    assert rows.loc[("torch.tensor", "float32 and float64"), "cells"] == 4
    assert set(rows["agrees"]) == {"no", "yes"} and rows.index[0][0] == "torch.from_numpy"
    # What does both has a row for each.
    assert list(rows.loc["torch.Tensor"].index) == ["float32", "float64"]
    assert not any(column.name == "layout" for column in table.columns)


def test_evidence_against_the_documentation_is_said():
    cells = [replace(cell, shares_memory=False) for cell in core_cells(sizes=(1,))[:2]]
    lines, table = sharing_section(estimates_of(cells)).blocks
    said = plain_text(lines.lines[1])
    assert said == "torch.from_numpy(a) is said to share; for float32 and float64 it copies."
    assert list(table.frame["agrees"]) == ["no"]


def test_layouts_are_told_apart_where_there_are_several():
    cells = [
        replace(cell, layout=layout) for cell in core_cells(sizes=(1,))[:1] for layout in ("contiguous", "strided")
    ]
    _, table = sharing_section(estimates_of(cells)).blocks
    assert list(table.frame["layout"]) == ["contiguous", "strided"]


def test_without_evidence_that_is_said_where_there_are_conversions_and_else_nothing():
    cells = estimates_of(core_cells(sizes=(1,)))
    unknown = cells.assign(shares_memory=pd.array([pd.NA] * len(cells), dtype="boolean"))
    (lines,) = sharing_section(unknown).blocks
    assert "does not say" in lines.lines[0]
    assert sharing_section(unknown.assign(size=pd.array([pd.NA] * len(cells), dtype="Int64"))) is None
