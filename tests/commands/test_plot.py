import json
import shutil

import pandas as pd
import pytest

from copycost.cli import main
from copycost.commands.plot import check_charts
from copycost.errors import UsageError
from copycost.show.charts.chart_files import read_provenance
from tests.made_up import EMPTY_CALL, Law, core_cells, made_up_rounds, write_run
from tests.show.suites import scaling_suite

FEW = core_cells(sizes=(1, 4096), dtypes=("float64",))


def rounds(name, seed=0, **law):
    return made_up_rounds(Law(processes=3, visits=2, runs=(name,), **law), [*FEW, EMPTY_CALL], seed)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    for number, name in enumerate(("one", "two", "three")):
        write_run(folder / name, rounds(name, number, factor=1.5 if name == "two" else 1.0))
    arms = [rounds("arms", seed, arm=arm) for seed, arm in enumerate(("base", "thp"))]
    arms = [own.assign(process=own["process"] + 3 * number) for number, own in enumerate(arms)]
    write_run(folder / "arms", pd.concat(arms, ignore_index=True))
    return folder


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


@pytest.fixture
def plot(results, tmp_path, capsys):
    """Return what draws charts by the command line into a folder and returns the names of the charts."""

    def draw(*words, out=tmp_path, results=results, format="svg"):
        typed = ["plot", *map(str, words), "--out", str(out), "--results", str(results), "--format", format]
        assert main(typed) == 0
        files = capsys.readouterr().out.splitlines()
        return {file.rpartition("/")[2].removesuffix(".svg") for file in files if file.endswith(".svg")}

    return draw


def test_without_names_every_usual_chart_that_the_run_allows_is_drawn(plot, results, tmp_path):
    names = plot(results / "one")
    assert names == {"cost", "multiple", "throughput"}


def test_a_pair_of_themes_is_a_pair_of_files(plot, results, tmp_path):
    assert plot("one", "--chart", "cost", "--theme", "light, dark") == {"cost", "cost-dark"}


def test_two_runs_have_the_charts_of_a_comparison(plot, results, tmp_path):
    files = plot("one", "two")
    assert files == {"ratio", "heat-map", "dumbbells"}
    written = (tmp_path / "ratio.svg").read_text()
    assert "time of two ÷ time of one" in written
    assert "A: one" in written and "B: two" in written
    assert read_provenance(tmp_path / "ratio.svg")["sources"] == ["one", "two"]


def test_a_run_of_two_arms_has_its_own_charts_and_those_of_a_comparison(plot, results, tmp_path):
    files = plot("arms")
    assert {"cost", "ratio", "heat-map"} <= files
    assert "time of thp ÷ time of base" in (tmp_path / "ratio.svg").read_text()


def test_arms_can_be_named_one_by_one(plot, results, tmp_path):
    assert plot("arms@base") == {"cost", "multiple", "throughput"}
    assert "ratio" in plot("arms@thp", "one")


def test_three_runs_stand_beside_each_other(plot, results, tmp_path):
    files = plot("one", "two", "three")
    assert files == {"runs", "runs-relative"}
    written = (tmp_path / "runs.svg").read_text()
    assert all(name in written for name in ("one", "two", "three"))


def test_a_chart_of_one_run_has_a_panel_for_each_of_several(plot, results, tmp_path):
    plot("one", "two", "--chart", "cost")
    written = (tmp_path / "cost.svg").read_text()
    assert ">one</text>" in written and ">two</text>" in written


def test_all_means_every_chart_that_is_possible(plot, results, tmp_path):
    names = plot("one", "--chart", "all")
    assert {"cost", "page-faults", "rounds"} <= names
    assert "threads" not in names and "ratio" not in names


def test_another_suites_file_is_drawn_against_its_number(plot, tmp_path):
    files = plot(suite(tmp_path / "sort.json"), out=tmp_path / "plots")
    assert files == {"parameters"}
    assert "Time per call against n" in (tmp_path / "plots" / "parameters.svg").read_text()


def test_our_own_process_file_can_be_drawn_so_too(plot, results, tmp_path):
    choice = ("--x", "size", "--line", "conversion", "--panel", "dtype")
    assert plot(results / "one" / "process-0001.json", *choice) == {"parameters"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("one", "--chart", "cots"), "did you mean cost"),
        (("one", "--chart", "ratio"), "two runs or arms, not of 1"),
        (("one", "two", "three", "--chart", "ratio"), "not of 3"),
        (("one", "--chart", "runs"), "one is one"),
        (("one", "--chart", "history"), "history LABEL --plots"),
        (("one", "--chart", "noise"), "a noise profile is needed; one is no file"),
        (("one", "--chart", "parameters"), "a pytest-benchmark file is needed"),
        (("one", "two", "--x", "n"), "a pytest-benchmark file is needed"),
        (("one", "--background", "blue"), "background 'blue'"),
        (("oen",), "did you mean one"),
        (("one", "oen"), "did you mean one"),
        (("arms", "one"), "arms has several arms, compare one of them: arms@base, arms@thp"),
        (("one@nope", "two"), "no arm 'nope'"),
    ],
)
def test_what_cannot_be_drawn_is_said_and_nothing_is_written(results, tmp_path, capsys, words, message):
    assert main(["plot", *words, "--out", str(tmp_path / "plots"), "--results", str(results)]) == 2
    told, err = capsys.readouterr()
    assert told == "" and message in err and err.count("\n") == 1
    assert not (tmp_path / "plots").exists()


# Whether charts still match their results.


@pytest.fixture
def mine(tmp_path):
    """Return results that a test may change."""
    for seed, name in enumerate(("one", "two", "three")):
        write_run(tmp_path / "results" / name, rounds(name, seed))
    return tmp_path / "results"


def slower(folder):
    """Change the times of a run."""
    for path in folder.glob("process-*.json"):
        content = json.loads(path.read_text())
        for entry in content["benchmarks"]:
            entry["stats"]["data"] = [seconds * 1.1 for seconds in entry["stats"]["data"]]
        path.write_text(json.dumps(content))


def stale(folder, results, words=()):
    reasons = check_charts(folder, results, words)
    return {path.relative_to(folder).as_posix(): reason for path, reason in reasons.items() if reason}


def test_charts_of_every_kind_match_the_results_they_were_drawn_from(plot, results, tmp_path):
    plots = tmp_path / "plots"
    look = ("--theme", "light,dark", "--width", 640, "--lang-free", "--background", "transparent")
    plot("one", "--chart", "cost", "--chart", "throughput", *look, out=plots / "run")
    plot("one", "two", "--chart", "ratio", out=plots / "pair", format="svg,png,pdf")
    plot("one", "two", "three", "--chart", "runs", out=plots / "runs")
    plot("one", "two", "--chart", "cost", out=plots / "beside")
    plot("arms", "--chart", "runs", out=plots / "arms")
    reasons = check_charts(plots, results)
    assert len(reasons) == 2 * 2 + 3 + 1 + 1 + 1 and not any(reasons.values())


def test_changed_results_make_their_own_charts_stale_and_no_others(plot, mine, tmp_path):
    for name in ("one", "two"):
        plot(name, "--chart", "cost", out=tmp_path / "plots" / name, results=mine, format="svg,png")
    slower(mine / "two")
    assert stale(tmp_path / "plots", mine) == dict.fromkeys(
        ("two/cost.svg", "two/cost.png"), "its results have changed"
    )


def test_an_edited_chart_or_description_is_stale(plot, results, tmp_path):
    plot("one", "--chart", "cost", "--chart", "multiple")
    svg = tmp_path / "cost.svg"
    svg.write_text(svg.read_text().replace(">time per call<", ">time<"))
    (tmp_path / "multiple.alt.txt").write_text("something else")
    reasons = stale(tmp_path, results)
    assert "drawn differently" in reasons["cost.svg"]
    assert "multiple.alt.txt" in reasons["multiple.svg"]


def test_charts_whose_results_are_gone_are_stale(plot, results, tmp_path):
    plot("one", "--chart", "cost", out=tmp_path / "plots")
    assert "no run 'one'" in stale(tmp_path / "plots", tmp_path / "nowhere")["cost.svg"]


def test_runs_and_files_that_lie_elsewhere_can_be_named(plot, results, tmp_path):
    plots, other = tmp_path / "plots", tmp_path / "elsewhere"
    file = suite(tmp_path / "sort.json")
    plot(results / "one", results / "two", "--chart", "ratio", out=plots, results=other)
    plot(file, out=plots, results=other)
    assert len(stale(plots, other)) == 2
    assert stale(plots, other, (str(results / "one"), str(results / "two"), str(file))) == {}


def test_a_run_deep_in_the_results_is_found(plot, tmp_path):
    results = tmp_path / "results"
    run = write_run(results / "cluster" / "host-1" / "mine", rounds("mine"))
    plot(run, "--chart", "cost", out=tmp_path / "plots", results=results)
    assert stale(tmp_path / "plots", results) == {}
    run.rename(results / "mine")
    assert stale(tmp_path / "plots", results) == {}


def test_pictures_of_others_are_left_alone(plot, results, tmp_path):
    plot("one", "--chart", "cost", out=tmp_path / "plots")
    (tmp_path / "plots" / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert len(check_charts(tmp_path / "plots", results)) == 1


@pytest.mark.parametrize("folder", ["missing", "empty"])
def test_a_folder_without_charts_is_the_users_error(results, tmp_path, folder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=folder):
        check_charts(tmp_path / folder, results)


def test_a_typed_run_that_does_not_exist_is_the_users_error(plot, results, tmp_path):
    plot("one", "--chart", "cost", out=tmp_path / "plots")
    with pytest.raises(UsageError, match="'oen'"):
        check_charts(tmp_path / "plots", results, ("oen",))


@pytest.fixture
def days(tmp_path, monkeypatch):
    cells = [*core_cells(sizes=(1, 4096), dtypes=("float64",)), EMPTY_CALL]
    for number in range(2):
        rounds = made_up_rounds(Law(processes=3, visits=2, runs=(f"day-{number}",)), cells, number)
        record = {"created": f"2026-02-0{number + 1}T08:00:00+00:00"}
        write_run(tmp_path / "results" / f"day-{number}", rounds, record=record)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "results"


def test_a_check_ends_with_0_where_all_match_1_where_one_does_not_and_2_without_charts(days, capsys):
    assert main(["plot", "day-0", "--chart", "cost", "--format", "svg"]) == 0
    assert main(["plot", "--check"]) == 0
    assert "1 of 1 charts match their results" in capsys.readouterr().out
    shutil.rmtree(days / "day-0")
    assert main(["plot", "--check", "--plots", "plots"]) == 1
    assert "plots/cost.svg: its results cannot be read: no run 'day-0'" in capsys.readouterr().out
    assert main(["plot", "--check", "--plots", "elsewhere"]) == 2
    assert "elsewhere: no such folder" in capsys.readouterr().err


def test_words_and_page_can_be_left_out(days):
    arguments = ["plot", "day-0", "--chart", "cost", "--format", "svg", "--lang-free", "--background", "transparent"]
    assert main(arguments) == 0
    written = (days.parent / "plots" / "cost.svg").read_text()
    assert "95% interval" not in written.partition("</metadata>")[2]


def test_compare_and_history_draw_their_charts_too(days, capsys):
    assert main(["compare", "day-0", "day-1", "--plots", "compared", "--margin", "10%"]) == 0
    assert main(["history", "day", "--plots", "past"]) == 0
    made = {path.name for path in days.parent.rglob("*.svg")}
    assert made == {"ratio.svg", "heat-map.svg", "dumbbells.svg", "history.svg"}
    assert main(["plot", "--check", "--plots", "compared"]) == main(["plot", "--check", "--plots", "past"]) == 0


def test_a_noise_profile_is_drawn_and_checked(days):
    row = {"kind": "copy", "bytes": 8, "cells": 5, "pooled": 5, "floor": 0.01}
    row |= dict.fromkeys(("over_1", "over_2", "over_5", "same", "false_verdicts"), 0.0)
    profile = {"schema": 1, "machine": "m", "fingerprint": {}, "created": "2026-01-01", "repeats": 3, "noise": [row]}
    path = days / "noise-m.json"
    path.write_text(json.dumps(profile))
    assert main(["plot", str(path), "--out", "noise"]) == 0
    assert main(["plot", "--check", "--plots", "noise"]) == 0
    path.write_text(json.dumps(profile | {"noise": [row | {"floor": 0.02}]}))
    assert main(["plot", "--check", "--plots", "noise"]) == 1


def test_files_of_other_suites_stand_in_one_chart_over_a_parameter_narrowed_to_some_tests(tmp_path, capsys):
    files = [str(scaling_suite(tmp_path / name)) for name in ("old.json", "new.json")]
    folder = tmp_path / "plots"
    assert main(["plot", *files, "--x", "n", "--where", "conversion=test_list[*", "--out", str(folder)]) == 0
    text = (folder / "parameters.alt.txt").read_text()
    assert "old.json, new.json" in text and "array" not in text
    assert main(["plot", "--check", *files, "--out", str(folder)]) == 0
