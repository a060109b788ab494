import pandas as pd
import pytest

from copycost.show.charts.chart import Context
from copycost.show.charts.heading import condition, facts
from copycost.show.charts.palette import THEMES
from copycost.show.charts.points import prepare
from tests.show.charts.made_up import MACHINE, cells


def context(machine=None, about=()):
    return Context(THEMES["light"], 720, {}, machine, about=about)


def test_what_is_said_of_a_comparison_stands_in_place_of_its_run():
    frame = prepare(cells(dtypes=("float32",), sizes=(1,)))
    assert facts(frame, context(MACHINE, about=("b against a",)))[:2] == ["b against a", "float32"]


def test_the_heading_names_what_all_cells_share():
    found = facts(prepare(cells(dtypes=("float32",), sizes=(1,))), context(MACHINE))
    assert found == [
        "AMD EPYC 2c 3f9a1c",
        "run reference",
        "torch 2.13.0",
        "NumPy 2.4.6",
        "float32",
        "1 thread",
        "warm cache",
    ]


def test_what_differs_between_cells_is_not_said_of_all():
    found = facts(prepare(cells(sizes=(1,), threads=(1, 2))), context())
    assert found == ["AMD EPYC 2c 3f9a1c", "run reference", "warm cache"]


def test_many_runs_are_counted():
    frame = pd.concat([cells(run=f"run {i}", sizes=(1,)) for i in range(5)])
    assert "5 runs" in facts(prepare(frame), context())


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("threads", 1, "1 thread"),
        ("threads", 2, "2 threads"),
        ("threads", 0, "threads unknown"),
        ("cache", "cold", "cold cache"),
        ("arm", "hugepages", "arm hugepages"),
        ("dtype", "float\n32", "float 32"),
    ],
)
def test_a_condition_reads_as_words(column, value, text):
    assert condition(column, value) == text
