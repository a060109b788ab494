import json

import numpy as np
import pandas as pd
import pytest

from copycost.show.report.document import Column, Entries, Folded, Lines, Section, encoded


def test_repeated_text_stands_once_and_unknown_is_null():
    column = Column("dtype", "dtype", "text", ["int8", None, "int8", "float32"])
    made = encoded(column)
    assert made == {
        "name": "dtype",
        "heading": "dtype",
        "unit": "text",
        "shown": True,
        "names": ["int8", "float32"],
        "codes": [0, -1, 0, 1],
    }


@pytest.mark.parametrize("unknown", [None, float("nan"), float("inf"), pd.NA, pd.NaT, np.float64("nan")])
def test_what_is_not_known_is_null_in_every_guise(unknown):
    assert encoded([unknown]) == [None]


def test_figures_have_six_digits_and_the_types_of_json():
    values = [np.float64(1.23456789e-7), np.int64(3), np.bool_(True), True, 7]
    assert json.dumps(encoded(values)) == "[1.23457e-07, 3, true, true, 7]"


def test_control_characters_do_not_reach_the_page():
    assert encoded(Lines(("a\x1b[31m\u202eb",)))["lines"] == [
        "a\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}b"
    ]


def test_blocks_inside_blocks_say_what_they_are():
    section = Section("x", "X", (Folded("more", (Entries((("label", ("line",)),)),)),))
    inside = encoded(section)["blocks"][0]
    assert (inside["kind"], inside["blocks"][0]["kind"]) == ("folded", "entries")
