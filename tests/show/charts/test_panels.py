import pandas as pd
import pytest

from copycost.show.charts.chart import Context
from copycost.show.charts.frames import prepare
from copycost.show.charts.palette import THEMES
from copycost.show.charts.panels import condition, facts, split
from tests.show.charts.made_up import CORE, MACHINE, cells


def panels_of(frame, **options):
    panels, omitted = split(prepare(frame), **options)
    return [panel.title for panel in panels], omitted


def test_one_condition_needs_one_panel_without_a_title():
    assert panels_of(cells(dtypes=("float32",))) == ([""], 0)


def test_what_varies_makes_panels():
    titles, _ = panels_of(cells(dtypes=("float64", "float32"), sizes=(1,), threads=(1, 2)))
    assert titles == ["float32 · 1 thread", "float32 · 2 threads", "float64 · 1 thread", "float64 · 2 threads"]


def test_a_warm_cache_comes_before_a_cold_one():
    warm = cells(dtypes=("float32",), sizes=(1,))
    cold = warm.assign(cache="cold")
    assert panels_of(pd.concat([cold, warm], ignore_index=True))[0] == ["warm cache", "cold cache"]


def test_which_figure_of_a_call_to_a_device_is_shown_is_said_above_its_panel_or_the_only_one():
    here = cells(CORE[:1], ("float32",), (1,)).astype({"direction": object})
    there = here.assign(direction="to_device_there")
    both = pd.concat([here.assign(direction="to_device"), there], ignore_index=True)
    titles = ["NumPy → device, until the data is there", "NumPy → device, until the call returns"]
    assert panels_of(both)[0] == titles
    assert titles[0] in facts(prepare(there), context(MACHINE)) and panels_of(there)[0] == [""]
    assert titles[0] not in facts(prepare(both), context(MACHINE))


def test_many_lines_are_split_by_direction_and_few_are_not():
    many = CORE + tuple(f"conversion {i}" for i in range(6))
    assert panels_of(cells(many, ("float32",), (1,)))[0] == ["NumPy → PyTorch", "PyTorch → NumPy"]
    assert panels_of(cells(CORE, ("float32",), (1,)))[0] == [""]


def test_every_point_is_in_exactly_one_panel():
    frame = prepare(cells(threads=(1, 2), sizes=(1, 64)))
    panels, _ = split(frame)
    assert sorted(i for panel in panels for i in panel.points.index) == list(frame.index)


def test_panels_beyond_the_bound_are_counted():
    titles, omitted = panels_of(cells(sizes=(1,)), extra=("conversion",), most=4)
    assert len(titles) == 4
    assert omitted == 11


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
