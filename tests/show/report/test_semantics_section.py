from dataclasses import replace

from copycost.show.report.semantics_section import semantics_section
from copycost.show.report.source import read_sources
from tests.made_up import Law, core_cells, made_up_rounds, write_run
from tests.show.report.suites import scaling_suite


def table_of(folder, cells):
    write_run(folder / "run", made_up_rounds(Law(processes=3, visits=1), cells))
    section = semantics_section(read_sources([str(folder / "run")], folder))
    lines, table = section.blocks
    columns = [list(column.values) for column in table.columns]
    names = [column.name for column in table.columns]
    return lines, [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def test_what_was_seen_stands_beside_what_is_documented(tmp_path):
    _, rows = table_of(tmp_path, core_cells(sizes=(1, 64)))
    own = {(row["conversion"], row["dtype"]): row for row in rows}
    assert own["torch.from_numpy", "float32"]["seen"] == "shares" and own["torch.tensor", "float32"]["seen"] == "copies"
    assert own["torch.tensor", "float32"]["cells"] == 2


def test_evidence_against_the_documentation_is_said(tmp_path):
    cells = [replace(cell, shares_memory=False) for cell in core_cells(sizes=(1,))[:1]]
    lines, (row,) = table_of(tmp_path, cells)
    assert row["agrees"] == "no" and lines.lines[1] == "1 row differs from what is documented."


def test_without_evidence_there_is_no_section(tmp_path):
    assert semantics_section(read_sources([str(scaling_suite(tmp_path / "theirs.json"))], tmp_path)) is None
