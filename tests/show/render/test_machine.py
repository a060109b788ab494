import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from copycost.errors import UsageError
from copycost.show.document import Column, Command, Document, Lines, Name, Note, Table, of_frame
from copycost.show.render.machine import csv_text, json_text, parquet_bytes, plain

FRAME = pd.DataFrame(
    {
        "name": ["a,b", "c"],
        "seconds": [1.23456789012345e-7, np.nan],
        "size": pd.array([3, None], dtype="Int64"),
        "shares": pd.array([True, None], dtype="boolean"),
    }
)
TABLE = Table("cells", FRAME, (Column("name", "name", "name"),))


def loaded(document):
    return json.loads(json_text(document), parse_constant=pytest.fail)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_take_for_a_formula_is_none_and_figures_stay(sign):
    frame = pd.DataFrame({"name": [f"{sign}cmd|'/c x'!A1", "a=b"], "seconds": [-1.5, 2.0], f"{sign}own": [None, -3]})
    text = csv_text(Document("mine", (), data={"cells": frame}))
    back = pd.read_csv(io.StringIO(text))
    seen = sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}"
    assert list(back["name"]) == [f"'{seen}cmd|'/c x'!A1", "a=b"]
    assert list(back.columns) == ["name", "seconds", f"'{seen}own"]
    assert list(back["seconds"]) == [-1.5, 2.0] and back[f"'{seen}own"].iloc[1] == -3


def test_figures_have_all_their_digits_and_unknown_is_null():
    content = loaded(Document("mine", (TABLE,)))
    assert content["cells"] == [
        {"name": "a,b", "seconds": 1.23456789012345e-7, "size": 3, "shares": True},
        {"name": "c", "seconds": None, "size": None, "shares": None},
    ]


def test_a_document_has_its_title_lines_tables_and_notes():
    blocks = (Lines(("said", ("by ", Name("x")), Command("ls"))), TABLE, Note("a", "unsteady"), Note(("b", Name("c"))))
    content = loaded(Document(("of ", Name("mine")), blocks))
    assert list(content) == ["title", "lines", "cells", "notes"]
    assert (content["title"], content["lines"]) == ("of mine", ["said", "by x"])
    assert content["notes"] == ["unsteady: a", "bc"]


def test_data_take_the_place_of_tables():
    @dataclass(frozen=True)
    class Advice:
        text: str

    data = {"run": "mine", "model": FRAME.iloc[:1], "advice": [Advice("try")]}
    content = loaded(Document("mine", (TABLE,), data=data))
    assert list(content) == ["title", "run", "model", "advice"] and content["advice"] == [{"text": "try"}]


def test_one_table_and_nothing_else_is_a_list_of_its_rows():
    assert [row["name"] for row in loaded(of_frame("cells", FRAME))] == ["a,b", "c"]


def test_csv_is_the_first_frame_whole():
    text = csv_text(Document("mine", (TABLE,)))
    assert text == 'name,seconds,size,shares\n"a,b",1.23456789012345e-07,3,True\nc,,,\n'
    assert csv_text(Document("", (TABLE,), data={"run": "mine", "first": FRAME[["name"]]})) == 'name\n"a,b"\nc\n'


def test_parquet_is_the_first_frame_whole():
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(parquet_bytes(Document("", (TABLE,))))), FRAME)


def test_a_document_without_a_table_has_no_csv():
    with pytest.raises(UsageError, match="no table"):
        csv_text(Document("mine", (Lines(("said",)),)))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64("inf"), None),
        (pd.NaT, None),
        (np.bool_(False), False),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        ({"a": (1, Name("x"))}, {"a": [1, "x"]}),
    ],
)
def test_values_become_those_of_json(value, expected):
    assert plain(value) == expected
