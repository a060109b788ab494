import hashlib
import json
import re

import numpy as np
import pandas as pd
import pytest

from copycost.show.document import (
    Chart,
    Column,
    Document,
    Entries,
    Folded,
    Lines,
    Name,
    Note,
    Section,
    Table,
)
from copycost.show.render.html import LIBRARY, as_data, as_value, asset, encoded, render, security_policy

FRAME = pd.DataFrame({"dtype": ["int8", None, "int8"], "seconds": [1e-9, 2e-9, np.nan], "half": [0.01, np.nan, np.nan]})
CHART = Chart((), "curves", "cells", {"lines": "a\x1b[31m"})


def blocks_of(*blocks):
    (section,) = encoded(Document("", (Section("Mine", blocks),)))["sections"]
    assert (section["name"], section["title"]) == ("mine", "Mine")
    return section["blocks"]


def test_no_content_can_end_the_element_that_holds_it():
    text = as_data({"name": "</script><!-- <script> & \u2028"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"name": "</script><!-- <script> & \u2028"}


def test_the_policy_allows_nothing_but_the_scripts_and_styles_of_the_file():
    policy = security_policy(("let a;",), ("p {}",))
    assert "default-src 'none'" in policy and "unsafe-eval" not in policy and "http" not in policy
    assert re.search(r"script-src 'sha256-[\w+/=]{44}';", policy)
    assert re.search(r"style-src-elem 'sha256-[\w+/=]{44}';", policy)
    assert "trusted-types 'none'" in policy


def test_the_page_asks_for_nothing_from_anywhere():
    made = render(Document("mine", (CHART,)))
    without_scripts = re.sub(r"<script>.*?</script>", "", made, flags=re.DOTALL)
    assert without_scripts.count("<") > 10
    assert not re.findall(r"""\b(?:src|href)\s*=|url\(|@import|https?:""", without_scripts)


def test_the_charting_library_is_the_one_that_its_licence_is_kept_for():
    library = asset(LIBRARY)
    assert library.startswith("/**\n* plotly.js (basic - minified) v4.1.1\n")
    digest = "99784e3abfb07b142a15e521a439e6d9addceadb3f79553fd24c72774f0649ba"
    assert hashlib.sha256(library.encode()).hexdigest() == digest
    assert "MIT License" in asset("plotly-LICENSE")


def test_the_charting_library_can_stand_inside_a_script_element():
    library = asset(LIBRARY).lower()
    assert not {"</script", "<!--", "<script"} & {mark for mark in ("</script", "<!--", "<script") if mark in library}


def test_the_library_is_in_a_page_with_charts_only():
    assert len(render(Document("", (Lines(("a",)),)))) < 100_000 < len(render(Document("", (CHART,))))


def test_repeated_text_stands_once_and_unknown_is_null():
    (table,) = blocks_of(
        Table("t", FRAME, (Column("dtype", "dtype"), Column("seconds", "time", "seconds", half="half")))
    )
    dtype, seconds = table["columns"]
    assert (dtype["names"], dtype["codes"]) == (["int8"], [0, -1, 0])
    assert (seconds["values"], seconds["after"]) == ([1e-9, 2e-9, None], [" ±1.0%", "", ""])


@pytest.mark.parametrize("unknown", [None, float("nan"), float("inf"), pd.NA, pd.NaT, np.float64("nan")])
def test_what_is_not_known_is_null_in_every_guise(unknown):
    assert as_value(unknown) is None


def test_figures_have_six_digits_and_the_types_of_json():
    values = [np.float64(1.23456789e-7), np.int64(3), np.bool_(True), True, 7]
    assert json.dumps([as_value(value) for value in values]) == "[1.23457e-07, 3, true, true, 7]"


def test_control_characters_do_not_reach_the_page():
    (lines, chart) = blocks_of(Lines(("a\x1b[31m\u202eb",)), CHART)
    assert lines["lines"] == ["a\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}b"]
    assert "\x1b" not in str(chart)


def test_names_stand_apart_from_the_words_around_them():
    (lines,) = blocks_of(Lines((("Try ", Name("<b>"), "."),)))
    assert lines["lines"] == [["Try ", "<b>", "."]]


def test_blocks_inside_blocks_say_what_they_are():
    (folded,) = blocks_of(Folded("more", (Entries((("label", ("line",)),)),)))
    assert (folded["kind"], folded["blocks"][0]["kind"]) == ("folded", "entries")


def test_doubts_lead_to_the_cells_that_they_are_about_and_remarks_are_a_list():
    remarks, doubts = blocks_of(Note("cut short"), Note("up to 3%", "unsteady", table="cells"), Note("b", "unsteady"))
    assert (remarks["kind"], remarks["lines"]) == ("lines", ["cut short"])
    assert doubts["entries"] == [["unsteady", ["up to 3%", "b"], "cells"]]


def test_what_stands_under_no_section_has_a_part_without_a_title():
    sections = encoded(Document("", (Lines(("a",)), Section("Mine", ()), Lines(("b",)))))["sections"]
    assert [section["title"] for section in sections] == ["", "Mine", ""]
