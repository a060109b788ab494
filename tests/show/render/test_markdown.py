import re

import numpy as np
import pandas as pd
import pytest

from copycost.errors import UsageError
from copycost.show.document import (
    Chart,
    Column,
    Command,
    Document,
    Entries,
    Folded,
    Lines,
    Name,
    Note,
    Picture,
    Section,
    Table,
)
from copycost.show.render.markdown import LONGEST, check_syntax, render
from tests.show.render.test_escape import HOSTILE, shown

ALT = 'Time per call <b> "x" *y* ]( ```\n'
BOTH = Picture({"light": "cost.svg", "dark": "cost-dark.svg"}, ALT)


def text(*blocks, title="", syntax="markdown"):
    return render(Document(title, blocks), syntax=syntax)


def test_sections_are_headings_one_level_down_for_each():
    inner = Section("Inner", (Lines(("a",)),))
    assert text(Section("Outer", (inner,)), title="Title") == "# Title\n\n## Outer\n\n### Inner\n\na\n"


def test_lines_are_paragraphs_or_a_list_and_commands_a_block_of_code():
    assert text(Lines(("a", "b"))) == "a\n\nb\n"
    assert text(Lines(("a", "b"), bullets=True), Lines(("c",))) == "- a\n- b\n\nc\n"
    assert text(Lines(("Try:",)), Command("ls\n-l")) == "Try:\n\n```sh\nls -l\n```\n"


def test_entries_are_a_list_in_a_list_with_commands_as_code():
    assert text(Entries((("model", ("fast", Command("run `x`"))),))) == "- model\n    - fast\n    - `` run `x` ``\n"


def test_notes_have_the_sign_that_stands_in_the_table():
    frame = pd.DataFrame({"n": ["a", "b"], "s": [1e-6, 2e-6], "f": ["unsteady", ""]})
    table = Table("t", frame, (Column("n", "name", "name"), Column("s", "time", "seconds", doubts="f")))
    told = text(table, Note("up to 3%", "unsteady", marks=True), Note("for all", "busy"), Lines(("end",)))
    assert "| `a` | 1.00\N{NO-BREAK SPACE}µs¹ |" in told and "| `b` | 2.00\N{NO-BREAK SPACE}µs |" in told
    assert "- ¹ unsteady: up to 3%\n- busy: for all\n\nend" in told


def test_what_folds_is_details_with_a_summary():
    assert text(Folded("more", (Lines(("a",)),))) == "<details><summary>more</summary>\n\na\n\n</details>\n"


def test_a_table_has_its_caption_its_titles_as_a_column_and_how_many_rows_are_left_out():
    frame = pd.DataFrame({"n": ["a", "b", "c"], "t": ["x", "x", "y"]})
    table = Table("t", frame, (Column("n", "name", "name"),), caption="All", titles="t", most=1)
    told = text(table)
    assert told == "All\n\n|  | name |\n| --- | --- |\n| `x` | `a` |\n\nand 2 more rows\n"


def test_titles_of_a_table_with_values_side_by_side_stand_above_its_parts():
    frame = pd.DataFrame({"n": ["a", "b"], "t": ["x", "y"], "b": [1, 1], "s": [1e-6, 2e-6]})
    columns = (Column("b", "bytes", "bytes"), Column("s", "time", "seconds"))
    told = text(Table("t", frame, columns, titles="t", across=Column("n", "", "name")))
    assert told.startswith("**x**\n\n| bytes | a |\n") and "**y**\n\n| bytes | b |\n" in told


def test_tables_that_may_be_cut_leave_room_for_the_rest():
    frame = pd.DataFrame({"n": [f"a rather long name of row {number}" for number in range(5000)]})
    table = Table("t", frame, (Column("n", "name", "name"),), cut=True)
    told = text(table, Lines(("the end",)))
    assert len(told) <= LONGEST and "more rows, left out for length" in told and told.endswith("the end\n")
    whole = text(Table("t", frame, (Column("n", "name", "name"),)))
    assert whole.count("\n| `a") == 5000


@pytest.mark.parametrize("name", HOSTILE)
def test_names_stay_text_wherever_they_stand(name):
    frame = pd.DataFrame({"n": [name], "w": [name], "v": [np.nan]})
    columns = (Column("n", name, "name"), Column("w", "words"), Column("v", "time", "seconds"))
    blocks = (
        Lines((("Try ", Name(name), "."), name), bullets=True),
        Entries(((Name(name), (name,)),)),
        Note((Name(name), ": x"), "doubt"),
        Table("t", frame, columns, caption=Name(name)),
        Folded(Name(name), (Lines((name,)),)),
        Section(Name(name), (Lines(("end",)),)),
    )
    html = shown(text(*blocks, title=Name(name)))
    assert not set(html.elements) & {"script", "a", "em", "strong", "img", "b", "i", "del"}
    assert html.elements.count("td") == html.elements.count("th") == 3
    assert html.text.replace("\u200b", "").count(name) >= 8


def test_both_themes_are_a_picture_that_follows_the_reader():
    lines = text(Chart((BOTH,))).splitlines()
    assert lines[0] == "<picture>" and 'srcset="cost-dark.svg"' in lines[1] and 'src="cost.svg"' in lines[2]
    assert lines[2].count('"') == 4 and "<b>" not in lines[2] and "*y*" not in lines[2]


@pytest.mark.parametrize(
    ("themes", "sources"),
    [
        (
            ("light", "dark"),
            [
                ("(max-width: 600px) and (prefers-color-scheme: dark)", "slim-dark.svg"),
                ("(max-width: 600px)", "slim-light.svg"),
                ("(prefers-color-scheme: dark)", "wide-dark.svg"),
            ],
        ),
        (("dark",), [("(max-width: 600px)", "slim-dark.svg")]),
    ],
)
def test_a_narrow_page_has_the_narrow_chart_of_its_theme(themes, sources):
    wide, slim = ({theme: f"{name}-{theme}.svg" for theme in themes} for name in ("wide", "slim"))
    page = text(Chart((Picture(wide, ALT, slim),)))
    assert re.findall(r'<source media="([^"]+)" srcset="([^"]+)">', page) == sources
    assert f'<img src="wide-{themes[0]}.svg"' in page


def test_one_theme_is_an_image():
    (line,) = text(Chart((Picture({"dark": "cost-dark.svg"}, ALT),))).splitlines()
    assert line.startswith("![Time per call") and line.endswith("](cost-dark.svg)") and line.count("](") == 1


def test_myst_has_directives_with_the_classes_that_its_themes_hide():
    lines = text(Chart((BOTH,)), syntax="myst").splitlines()
    assert "```{image} cost.svg" in lines and ":class: only-dark" in lines
    alt = next(line for line in lines if line.startswith(":alt:"))
    assert alt == """:alt: "Time per call <b> \\"x\\" *y* ]( '''\""""
    assert ":class:" not in text(Chart((Picture({"light": "cost.svg"}, ALT),)), syntax="myst")


def test_an_unknown_syntax_names_the_nearest():
    with pytest.raises(UsageError, match="myst"):
        check_syntax("mist")


def test_a_document_ends_with_one_line_end_and_has_no_control_characters():
    told = text(Lines((Name("a\x1b[0m\u202eb"),)), Command("x\x1b[0m"))
    assert told.endswith("```\n") and not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", told)
