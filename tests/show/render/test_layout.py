import numpy as np
import pandas as pd
import pytest

from copycost.show.document import Column, Document, Name, Note, Section, Table
from copycost.show.render.layout import SIGNS, plain_text, sheets, signs_of

TIME = Column("seconds", "time", "seconds", half="half", mark="mark", doubts="flags")
FRAME = pd.DataFrame(
    {
        "name": ["copy", "share", "copy", "share"],
        "bytes": [8, 8, 64, 64],
        "seconds": [2e-6, 4e-7, 3e-6, np.nan],
        "half": [0.008, np.nan, 1.5, np.nan],
        "mark": ["", "=", "", "="],
        "flags": ["unsteady", None, "imprecise;unsteady", ""],
    }
)
SIGNED = {"unsteady": "¹", "imprecise": "²"}


def rows_of(table, signs=SIGNED):
    (sheet,) = sheets(table, signs)
    return [value.text for value in sheet.headings], [[value.text + value.signs for value in row] for row in sheet.rows]


def test_a_figure_has_its_mark_before_it_its_interval_and_its_signs_after_it():
    _, rows = rows_of(Table("t", FRAME, (Column("name", "conversion", "name"), TIME)))
    assert [row[1] for row in rows] == ["2.00 µs ±0.8%¹", "=400 ns", "3.00 µs ±>100%¹²", "=–"]


def test_ends_of_an_interval_stand_in_brackets_and_one_that_is_open_says_so():
    frame = pd.DataFrame({"b": [2048, 1024, 1], "low": [1024, 512, np.nan], "high": [4096, np.nan, np.nan]})
    _, rows = rows_of(Table("t", frame, (Column("b", "from", "bytes", ends=("low", "high")),)))
    assert rows == [["2 KiB (1 KiB to 4 KiB)"], ["1 KiB (512 B or more)"], ["1 B"]]


def test_values_of_a_column_may_stand_side_by_side():
    across = Column("bytes", "bytes", "bytes")
    table = Table("t", FRAME.iloc[:3], (Column("name", "conversion", "name"), TIME), across=across)
    headings, rows = rows_of(table, {})
    assert headings == ["conversion", "8 B", "64 B"]
    assert rows == [["copy", "2.00 µs ±0.8%", "3.00 µs ±>100%"], ["share", "=400 ns", ""]]


def test_columns_between_the_first_and_the_last_stand_once_for_each_line():
    frame = FRAME.assign(memory=[False, True, False, True])
    columns = (Column("name", "conversion", "name"), Column("memory", "memory", "sharing"), TIME)
    headings, rows = rows_of(Table("t", frame, columns, across=Column("bytes", "bytes", "bytes")), {})
    assert headings == ["conversion", "memory", "8 B", "64 B"]
    assert [row[:2] for row in rows] == [["copy", "copies"], ["share", "shares"]]


def test_what_has_hardly_a_row_in_common_is_listed():
    frame = pd.DataFrame({"name": [f"n{number}" for number in range(50)], "bytes": range(50), "seconds": 1e-6})
    columns = (Column("name", "conversion", "name"), Column("seconds", "time", "seconds"))
    headings, rows = rows_of(Table("t", frame, columns, across=Column("bytes", "bytes", "bytes")))
    assert headings == ["bytes", "conversion", "time"] and len(rows) == 50


def test_categories_stand_in_their_order_and_not_as_they_come():
    order = pd.Categorical(FRAME["name"], categories=["share", "copy"], ordered=True)
    table = Table(
        "t", FRAME.assign(name=order), (Column("bytes", "bytes", "bytes"), TIME), across=Column("name", "", "name")
    )
    assert rows_of(table)[0] == ["bytes", "share", "copy"]


def test_titles_deal_rows_out_and_more_than_most_are_counted():
    titled = list(sheets(Table("t", FRAME, (TIME,), titles="name"), {}))
    assert [(sheet.title, len(sheet.rows)) for sheet in titled] == [("copy", 2), ("share", 2)]
    (cut,) = sheets(Table("t", FRAME, (TIME,), most=1), {})
    assert (len(cut.rows), cut.left_out) == (1, 3)


def test_columns_that_are_not_shown_are_for_machines():
    headings, _ = rows_of(Table("t", FRAME, (Column("name", "conversion", "name", shown=False), TIME)))
    assert headings == ["time"]


def test_only_doubts_that_mark_cells_have_signs_wherever_they_stand():
    document = Document(
        "", (Note("a", "all"), Section("s", (Note("b", "some", marks=True), Note("c", "few", marks=True))))
    )
    assert signs_of(document) == {"some": SIGNS[0], "few": SIGNS[1]}


def test_control_characters_are_in_no_value():
    _, rows = rows_of(Table("t", pd.DataFrame({"n": ["a\x1b[31m\nb"]}), (Column("n", "n", "name"),)))
    assert rows == [["a\N{REPLACEMENT CHARACTER}[31m b"]]
    assert plain_text(("Try ", Name("x"), ".")) == "Try x."


def test_a_unit_that_no_renderer_can_write_is_refused():
    with pytest.raises(ValueError, match="parsecs"):
        Column("a", "a", "parsecs")
