import pytest

from copycost.show.sections.benchmarks import benchmark_blocks
from copycost.store.parametrised import read_parametrised
from tests.show.suites import benchmark, hostile_suite, scaling_suite, write_suite


def blocks_of(*paths):
    charts, tables = benchmark_blocks({path.stem: read_parametrised(path) for path in paths})
    return [*charts, *tables]


def test_a_numeric_parameter_is_what_the_chart_is_over(tmp_path):
    chart, table = blocks_of(scaling_suite(tmp_path / "s.json"))
    (across,) = chart.settings["across"]
    assert (chart.script, across["title"], across["logarithmic"]) == ("curves", "n", True)
    assert across["names"] == ["test_list · kind=list", "test_array · kind=array"]
    assert [column.heading for column in table.columns][:3] == ["test", "kind", "n"]


def test_without_a_numeric_parameter_benchmarks_stand_below_each_other(tmp_path):
    chart, _ = blocks_of(write_suite(tmp_path / "s.json", [benchmark("test_a", 1e-6), benchmark("test_b", 2e-6)]))
    assert chart.script == "bars" and chart.settings["across"][0]["names"] == ["test_a", "test_b"]


def test_those_without_the_parameter_have_a_chart_of_their_own(tmp_path):
    rows = [benchmark(f"test_a[{n}]", 1e-6 * n, {"n": n}) for n in (1, 2)] + [benchmark("test_b", 1e-6)]
    over, beside, _ = blocks_of(write_suite(tmp_path / "s.json", rows))
    assert (over.script, over.settings["across"][0]["codes"]) == ("curves", [0, 0, -1])
    assert (beside.script, beside.settings["across"][0]["codes"]) == ("bars", [-1, -1, 0])


def test_several_files_are_told_apart(tmp_path):
    chart, table = blocks_of(scaling_suite(tmp_path / "a.json"), scaling_suite(tmp_path / "b.json"))
    assert "a · test_list · kind=list" in chart.settings["across"][0]["names"]
    assert [column.heading for column in table.columns][:2] == ["test", "run"]


@pytest.mark.parametrize("name", ["seconds", "run", "run:", "test", "low", "param:n"])
def test_a_parameter_may_be_called_as_a_column_is(tmp_path, name):
    rows = [benchmark(f"test_a[{n}]", 1e-6 * n, {name: n}) for n in (1, 2, 3)]
    chart, table = blocks_of(write_suite(tmp_path / "s.json", rows))
    assert list(table.frame[chart.settings["across"][0]["column"]]) == [1, 2, 3]


def test_hostile_parameters_make_a_chart_and_a_table(tmp_path):
    chart, table = blocks_of(hostile_suite(tmp_path / "s.json"))
    assert chart.settings["across"] and len(table.frame) == 15
