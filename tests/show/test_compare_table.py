from dataclasses import replace

from copycost.analyse.comparison import compare
from copycost.analyse.geometric_means import summary
from copycost.show.compare_table import table
from tests.made_up import Law, core_cells, made_up_rounds

LAW = Law(processes=5, visits=2, offset=0.002)


def rendered(a_cells, b_cells=None, factor=1.0, heading=(), notes=()):
    cells = compare(
        made_up_rounds(LAW, a_cells), made_up_rounds(replace(LAW, factor=factor), b_cells or a_cells, seed=1)
    )
    return table(cells, summary(cells), heading, notes)


def test_cells_stand_in_groups_with_sizes_down():
    lines = rendered(core_cells(sizes=(4096, 1), dtypes=("float64",))).splitlines()
    start = lines.index("torch.tensor, float64")
    assert lines[start + 2].split()[:2] == ["8", "B"] and lines[start + 3].split()[:2] == ["32", "KiB"]


def test_cells_of_one_side_are_shown_whole():
    text = rendered(core_cells(sizes=(1, 4), dtypes=("float64",)), core_cells(sizes=(4, 16), dtypes=("float64",)))
    assert text.count("– only in A") == 5 and text.count("– only in B") == 5


def test_hostile_names_cannot_move_the_cursor():
    cells = [replace(cell, conversion="evil\x1b[2J\nname") for cell in core_cells(sizes=(1,))[:1]]
    text = rendered(cells, heading=["A: \x1b[31mred"], notes=["\x07bell"])
    assert "\x1b" not in text and "\x07" not in text and "evil" in text


def test_the_summary_and_notes_come_last_where_they_are_seen():
    lines = rendered(core_cells(sizes=(1,)), factor=1.2, notes=["a note"]).splitlines()
    assert lines[-1] == "! a note" and lines[-2] == "10 slower of 10 cells"
