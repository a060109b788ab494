import pandas as pd
import pytest

from copycost import estimate
from copycost.show.document import Document, Section
from copycost.show.render import markdown
from copycost.show.sections.costs import any_layout, conditions, telling_costs, telling_sizes
from copycost.show.sections.doubts import notes
from copycost.units import format_seconds
from tests.made_up import Law, core_cells, made_up_rounds


def test_telling_sizes_are_of_the_grid_and_never_twice():
    cells = pd.DataFrame({"bytes": [8.0, 64.0, 8.0]})
    assert telling_sizes(cells) == [8.0, 64.0]
    assert telling_sizes(cells.iloc[:1]) == [8.0]


def test_costs_stand_by_size_with_what_each_does_with_memory():
    rounds = made_up_rounds(
        Law(processes=4, visits=2, modes=1.5), core_cells(sizes=(1, 4096, 8192), dtypes=("float64",))
    )
    cells = estimate(rounds)
    table = telling_costs(cells)
    text = markdown.render(Document("", (Section("x", (table, *notes(cells))),))).replace("\N{NO-BREAK SPACE}", " ")
    assert "| conversion | memory | 8 B | 32 KiB | 64 KiB |" in text
    first = cells[(cells["conversion"] == "torch.tensor") & (cells["size"] == 1)].iloc[0]
    assert f"| `torch.tensor` | copies | {format_seconds(first['seconds'])} ±" in text
    assert "| `torch.from_numpy` | shares |" in text


def test_what_does_both_with_memory_is_not_said_to_do_one():
    cells = estimate(made_up_rounds(Law(processes=3, visits=1), core_cells(sizes=(1, 4096), dtypes=("float64",))))
    cells.loc[0, "shares_memory"] = False
    rows = telling_costs(cells).frame
    assert rows.loc[rows["conversion"] == "torch.from_numpy", "memory"].isna().all()


def test_conditions_read_as_words():
    row = pd.Series({"dtype": "float64", "threads": 1, "cache": "warm", "layout": "contiguous", "arm": "base"})
    assert conditions(row) == "float64"
    assert conditions(row, ["threads", "cache", "arm"]) == "float64, 1 thread, warm cache, arm base"
    assert conditions(pd.concat([row.drop(["threads", "layout"]), pd.Series({"threads": 2, "layout": "strided"})])) == (
        "float64, 2 threads, strided"
    )


def test_how_much_wider_intervals_are_for_any_layout_is_said_once_for_each_conversion():
    law = Law(processes=10, sessions=5, layout_offset=0.05, offset=0.003)
    (line,) = any_layout(estimate(made_up_rounds(law, core_cells(dtypes=("float64",)))))
    assert line.lines[0].startswith(
        "± holds for another run at these address layouts; for a program at any, typically: "
    )
    assert line.lines[0].count("±") == 6 and line.lines[0].count("torch.from_numpy") == 1


@pytest.mark.parametrize("sessions", [0, 2])
def test_nothing_is_said_of_other_layouts_where_sessions_are_not_told_or_too_few(sessions):
    assert any_layout(estimate(made_up_rounds(Law(processes=10, sessions=sessions)))) == []


@pytest.mark.parametrize("changes", [{"chosen": False}, {"processes": 5}], ids=["random", "one process each"])
def test_intervals_that_hold_for_any_layout_already_are_said_to(changes):
    law = Law(**{"processes": 10, "sessions": 5, **changes})
    (line,) = any_layout(estimate(made_up_rounds(law, core_cells(dtypes=("float64",)))))
    assert line.lines == ("± holds for a program at any address layout",)
