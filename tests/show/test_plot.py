import json

import pytest

from copycost.errors import UsageError
from copycost.show.charts.chart_files import read_provenance
from copycost.show.plot import Look, chart_list, plot_run, plot_runs
from tests.made_up import EMPTY_CALL, Law, core_cells, made_up_rounds, write_run

SVG = Look(format="svg")
FEW = core_cells(sizes=(1, 4096), dtypes=("float64",))


def rounds(name, seed=0, **law):
    return made_up_rounds(Law(processes=3, visits=2, runs=(name,), **law), [*FEW, EMPTY_CALL], seed)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    for number, name in enumerate(("one", "two", "three")):
        write_run(folder / name, rounds(name, number, factor=1.5 if name == "two" else 1.0))
    import pandas as pd

    arms = [rounds("arms", seed, arm=arm) for seed, arm in enumerate(("base", "thp"))]
    arms = [own.assign(process=own["process"] + 3 * number) for number, own in enumerate(arms)]
    write_run(folder / "arms", pd.concat(arms, ignore_index=True))
    return folder


def drawn(files):
    return {path.stem for path in files if path.suffix == ".svg"}


def suite(path, **params):
    stats = {"min": 1.0, "max": 3.0, "mean": 2.0, "stddev": 0.1, "rounds": 3, "median": 2.0, "iqr": 1.0}
    stats |= {"q1": 1.5, "q3": 2.5, "iqr_outliers": 0, "stddev_outliers": 0, "outliers": "0;0", "ld15iqr": 1.0}
    stats |= {"hd15iqr": 3.0, "ops": 0.5, "total": 6.0, "iterations": 1}
    entries = [
        {
            "name": f"test_sort[{n}]", "fullname": f"t.py::test_sort[{n}]", "group": None, "param": str(n),
            "params": {"n": n, **params}, "extra_info": {}, "options": {}, "stats": stats,
        }
        for n in (1, 10, 100)
    ]  # fmt: skip
    path.write_text(json.dumps({"machine_info": {}, "commit_info": {}, "benchmarks": entries, "version": "5.3.1"}))
    return path


def test_without_names_every_usual_chart_that_the_run_allows_is_drawn(results, tmp_path):
    names = drawn(plot_run(results / "one", tmp_path, format="svg"))
    assert names == {"cost", "multiple", "throughput"}


def test_a_pair_of_themes_is_a_pair_of_files(results, tmp_path):
    made = plot_run(results / "one", tmp_path, chart=("cost",), format="svg", theme="light, dark")
    assert drawn(made) == {"cost", "cost-dark"}


def test_two_runs_have_the_charts_of_a_comparison(results, tmp_path):
    files = plot_runs(("one", "two"), tmp_path, results, look=SVG)
    assert drawn(files) == {"ratio", "heat-map", "dumbbells"}
    written = (tmp_path / "ratio.svg").read_text()
    assert "time of two ÷ time of one" in written
    assert "A: one" in written and "B: two" in written
    assert read_provenance(tmp_path / "ratio.svg")["sources"] == ["one", "two"]


def test_a_run_of_two_arms_has_its_own_charts_and_those_of_a_comparison(results, tmp_path):
    files = plot_runs(("arms",), tmp_path, results, look=SVG)
    assert {"cost", "ratio", "heat-map"} <= drawn(files)
    assert "time of thp ÷ time of base" in (tmp_path / "ratio.svg").read_text()


def test_arms_can_be_named_one_by_one(results, tmp_path):
    assert drawn(plot_runs(("arms@base",), tmp_path / "one", results, look=SVG)) == {"cost", "multiple", "throughput"}
    assert "ratio" in drawn(plot_runs(("arms@thp", "one"), tmp_path / "two", results, look=SVG))


def test_three_runs_stand_beside_each_other(results, tmp_path):
    files = plot_runs(("one", "two", "three"), tmp_path, results, look=SVG)
    assert drawn(files) == {"runs", "runs-relative"}
    written = (tmp_path / "runs.svg").read_text()
    assert all(name in written for name in ("one", "two", "three"))


def test_a_chart_of_one_run_has_a_panel_for_each_of_several(results, tmp_path):
    plot_runs(("one", "two"), tmp_path, results, chart=("cost",), look=SVG)
    written = (tmp_path / "cost.svg").read_text()
    assert ">one</text>" in written and ">two</text>" in written


def test_all_means_every_chart_that_is_possible(results, tmp_path):
    names = drawn(plot_runs(("one",), tmp_path, results, chart=("all",), look=SVG))
    assert {"cost", "page-faults", "rounds"} <= names
    assert "threads" not in names and "ratio" not in names


def test_another_suites_file_is_drawn_against_its_number(tmp_path):
    files = plot_runs((str(suite(tmp_path / "sort.json")),), tmp_path / "plots", tmp_path, look=SVG)
    assert drawn(files) == {"parameters"}
    assert "Time per call against n" in (tmp_path / "plots" / "parameters.svg").read_text()


def test_our_own_process_file_can_be_drawn_so_too(results, tmp_path):
    file = str(results / "one" / "process-0001.json")
    choice = {"x": "size", "line": "conversion", "panel": "dtype"}
    assert drawn(plot_runs((file,), tmp_path, results, look=SVG, choice=choice)) == {"parameters"}


@pytest.mark.parametrize(
    ("typed", "options", "message"),
    [
        (("one",), {"chart": ("cots",)}, "did you mean cost"),
        (("one",), {"chart": ("ratio",)}, "two runs or arms, not of 1"),
        (("one", "two", "three"), {"chart": ("ratio",)}, "not of 3"),
        (("one",), {"chart": ("runs",)}, "one is one"),
        (("one",), {"chart": ("history",)}, "history LABEL --plots"),
        (("one", "two"), {"choice": {"x": "n"}}, "--x go with one pytest-benchmark file"),
        (("one",), {"look": Look(background="blue")}, "background 'blue'"),
        (("oen",), {}, "did you mean one"),
        (("one", "oen"), {}, "did you mean one"),
        (("arms", "one"), {}, "several arms"),
        (("one@nope", "two"), {}, "no arm 'nope'"),
    ],
)
def test_what_cannot_be_drawn_is_said_and_nothing_is_written(results, tmp_path, typed, options, message):
    with pytest.raises(UsageError, match=message):
        plot_runs(typed, tmp_path / "plots", results, **options)
    assert not (tmp_path / "plots").exists()


def test_the_list_says_what_each_chart_needs():
    listed = chart_list()
    lines = listed.splitlines()
    assert {line.lstrip("* ").split()[0] for line in lines if not line.endswith(":")} >= {"cost", "ratio", "noise"}
    assert lines.index("from two runs or arms:") < lines.index(next(line for line in lines if " ratio " in line))
    assert "history LABEL --plots FOLDER" in listed
