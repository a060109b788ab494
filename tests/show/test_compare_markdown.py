from dataclasses import replace

import pandas as pd
import pytest

from copycost.analyse.comparison import compare
from copycost.analyse.geometric_means import summary
from copycost.show.compare_markdown import LONGEST, escaped, markdown, sentence
from tests.made_up import Law, core_cells, made_up_rounds

LAW = Law(processes=5, visits=2, offset=0.002)
HOSTILE = [
    "<script>alert(1)</script>",
    "a | b",
    "a \\| b",
    "line\nbreak | --- |",
    "`code` <b>",
    "![x](http://evil/x.png) | @everyone",
    "</details><h1>",
    "&lt;",
    "\u202ereversed",
]


@pytest.fixture(scope="module")
def cells():
    a, b = core_cells(sizes=(1, 64)), core_cells(sizes=(64, 4096))
    b = [replace(cell, seconds=cell.seconds * (1.3 if cell.conversion == "t.numpy" else 1)) for cell in b]
    return compare(made_up_rounds(LAW, a), made_up_rounds(LAW, b, seed=1))


def columns(line):
    return line.replace("\\|", "").count("|")


def test_the_summary_comes_first_and_what_did_not_change_is_folded(cells):
    text = markdown(cells, summary(cells), ["A: a"], ["a note"])
    open_part, folded = text.split("<details>")
    assert text.startswith("**2 slower")
    assert "▲ slower" in open_part and "· same" not in open_part
    assert "· same" in folded and "only in B" in folded and text.rstrip().endswith("</details>")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_and_break_nothing(cells, name):
    own = cells.assign(conversion=name)
    text = markdown(own, summary(own), [name], [name])
    assert "<script" not in text and "<h1>" not in text and "<b>" not in text and "![" not in text
    assert text.count("</details>") == 1 and "@everyone" not in text
    rows = [line for line in text.splitlines() if line.startswith("| `") or line.startswith("| <code>")]
    assert len({columns(line) for line in rows}) == 2  # the summary's and the cells'


def test_thousands_of_cells_still_fit_a_comment(cells):
    many = pd.concat([cells.assign(conversion=f"conversion {n}") for n in range(400)], ignore_index=True)
    text = markdown(many, summary(many), [], [])
    assert len(text) <= LONGEST and text.count("left out for length") == 3
    assert "more conversions" in text


def test_conversions_of_one_cell_have_no_mean_of_their_own(cells):
    alone = cells.assign(conversion=[f"test_{n}" for n in range(len(cells))])
    text = markdown(alone, summary(alone), [], [])
    assert text.count("geometric mean") == 2 and "| all |" in text
    assert text.count("`test_0") == 1


def test_usual_names_stay_readable():
    assert escaped("torch.from_numpy, float64") == "`torch.from_numpy, float64`"
    assert len(escaped("x" * 500)) < 150
    assert sentence("run@base: 5% (±1)").startswith("run&#64;&#8203;base: 5% (")
