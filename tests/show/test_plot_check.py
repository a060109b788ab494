import json

import pytest

from copycost.errors import UsageError
from copycost.show.plot import Look, plot_runs
from copycost.show.plot_check import check_plots
from tests.made_up import EMPTY_CALL, Law, core_cells, made_up_rounds, write_run
from tests.show.test_plot import suite

FEW = core_cells(sizes=(1, 4096), dtypes=("float64",))


def run(folder, seed=0):
    law = Law(processes=3, visits=2, runs=(folder.name,))
    return write_run(folder, made_up_rounds(law, [*FEW, EMPTY_CALL], seed))


@pytest.fixture
def results(tmp_path):
    for seed, name in enumerate(("one", "two", "three")):
        run(tmp_path / "results" / name, seed)
    return tmp_path / "results"


def slower(folder):
    """Change the times of a run."""
    for path in folder.glob("process-*.json"):
        content = json.loads(path.read_text())
        for entry in content["benchmarks"]:
            entry["stats"]["data"] = [seconds * 1.1 for seconds in entry["stats"]["data"]]
        path.write_text(json.dumps(content))


def stale(folder, results, typed=()):
    return {one.path.name: one.reason for one in check_plots(folder, results, typed).stale}


def test_charts_of_every_kind_match_the_results_they_were_drawn_from(results, tmp_path):
    plots = tmp_path / "plots"
    look = Look(format="svg", theme="light,dark", width=640, lang_free=True, background="transparent")
    plot_runs(("one",), plots / "run", results, chart=("cost", "throughput"), look=look)
    plot_runs(("one", "two"), plots / "pair", results, chart=("ratio",), look=Look(format="svg,png,pdf"))
    plot_runs(("one", "two", "three"), plots / "runs", results, chart=("runs",), look=Look(format="svg"))
    checked = check_plots(plots, results)
    assert (checked.count, checked.stale) == (2 * 2 + 3 + 1, [])


def test_changed_results_make_their_own_charts_stale_and_no_others(results, tmp_path):
    for name in ("one", "two"):
        plot_runs((name,), tmp_path / "plots" / name, results, chart=("cost",))
    slower(results / "two")
    found = check_plots(tmp_path / "plots", results)
    assert {one.path.relative_to(tmp_path / "plots").as_posix() for one in found.stale} == {
        "two/cost.svg",
        "two/cost.png",
    }
    assert {one.reason for one in found.stale} == {"its results have changed"}


def test_an_edited_chart_or_description_is_stale(results, tmp_path):
    plot_runs(("one",), tmp_path, results, chart=("cost", "multiple"), look=Look(format="svg"))
    svg = tmp_path / "cost.svg"
    svg.write_text(svg.read_text().replace(">time per call<", ">time<"))
    (tmp_path / "multiple.alt.txt").write_text("something else")
    reasons = stale(tmp_path, results)
    assert "drawn differently" in reasons["cost.svg"]
    assert "multiple.alt.txt" in reasons["multiple.svg"]


def test_charts_whose_results_are_gone_are_stale(results, tmp_path):
    plot_runs(("one",), tmp_path / "plots", results, chart=("cost",), look=Look(format="svg"))
    assert "no run 'one'" in stale(tmp_path / "plots", tmp_path / "nowhere")["cost.svg"]


def test_runs_and_files_that_lie_elsewhere_can_be_named(results, tmp_path):
    plots, other = tmp_path / "plots", tmp_path / "elsewhere"
    file = suite(tmp_path / "sort.json")
    look = Look(format="svg")
    plot_runs((str(results / "one"), str(results / "two")), plots, other, chart=("ratio",), look=look)
    plot_runs((str(file),), plots, other, look=Look(format="svg"))
    assert len(stale(plots, other)) == 2
    assert stale(plots, other, (str(results / "one"), str(results / "two"), str(file))) == {}


def test_a_run_deep_in_the_results_is_found(tmp_path):
    results = tmp_path / "results"
    run(results / "cluster" / "host-1" / "mine")
    mine = str(results / "cluster" / "host-1" / "mine")
    plot_runs((mine,), tmp_path / "plots", results, chart=("cost",), look=Look(format="svg"))
    assert stale(tmp_path / "plots", results) == {}


def test_pictures_of_others_are_left_alone(results, tmp_path):
    plot_runs(("one",), tmp_path / "plots", results, chart=("cost",), look=Look(format="svg"))
    (tmp_path / "plots" / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert check_plots(tmp_path / "plots", results).count == 1


@pytest.mark.parametrize("folder", ["missing", "empty"])
def test_a_folder_without_charts_is_the_users_error(results, tmp_path, folder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=folder):
        check_plots(tmp_path / folder, results)


def test_a_typed_run_that_does_not_exist_is_the_users_error(results, tmp_path):
    plot_runs(("one",), tmp_path / "plots", results, chart=("cost",), look=Look(format="svg"))
    with pytest.raises(UsageError, match="'oen'"):
        check_plots(tmp_path / "plots", results, ("oen",))
