import pandas as pd
import pytest

from copycost.analyse import run as run_module
from copycost.analyse import run_files
from copycost.analyse.comparison import compare
from copycost.analyse.noise_profile import noise_profile
from copycost.analyse.run_comparison import compare_runs
from copycost.analyse.run_history import run_history
from copycost.analyse.select import select, select_history, select_sides
from copycost.errors import UsageError
from copycost.show.chart_data import chart_list, draw, history_data, noise_data, pair_data, run_data, runs_data
from tests.made_up import EMPTY_CALL, Law, core_cells, made_up_rounds, write_run

FEW = core_cells(sizes=(1, 4096), dtypes=("float64",))


def rounds(name, seed=0, **law):
    return made_up_rounds(Law(processes=3, visits=2, runs=(name,), **law), [*FEW, EMPTY_CALL], seed)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    for number, name in enumerate(("day-1", "day-2", "day-3")):
        record = {"created": f"2026-02-0{number + 1}T08:00:00+00:00"}
        write_run(folder / name, rounds(name, number, factor=1.0 + number), record=record)
    arms = [rounds("arms", seed, arm=arm) for seed, arm in enumerate(("base", "thp", "two"))]
    arms = [own.assign(process=own["process"] + 3 * number) for number, own in enumerate(arms)]
    write_run(folder / "arms", pd.concat(arms, ignore_index=True))
    return folder


def test_a_run_has_its_references_rounds_and_machine(results):
    data = run_data(*select(["day-1"], results))
    assert "reference" in set(data.frame["direction"])
    assert "quiet" in data.rounds and data.machine["torch"] == "2.13.0"
    assert data.provenance == {"shows": "run", "sources": ["day-1"], "choice": {}}


def test_the_charts_of_a_run_and_of_its_arms_read_and_estimate_the_run_once(results, tmp_path, monkeypatch):
    calls = []
    for module, name in ((run_files, "load_alike"), (run_module, "estimate_cells")):
        function = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, _f=function, _n=name, **k: calls.append(_n) or _f(*a, **k))
    (run,) = select([str(write_run(tmp_path / "new", rounds("new")))], results)
    data = run_data(run)
    draw(data, tmp_path / "plots", data.possible)
    assert sorted(calls) == ["estimate_cells", "load_alike"]


def test_one_arm_is_that_arm_alone(results):
    data = run_data(*select(["arms@thp"], results))
    assert set(data.frame["arm"]) == {"thp"}
    assert data.sources == ("arms@thp",)


def test_several_runs_keep_their_names(results):
    data = run_data(*select(["day-1", "day-2"], results))
    assert set(data.frame["run"]) == set(data.rounds["run"]) == {"day-1", "day-2"}
    assert data.machine is not None


def test_a_comparison_names_its_sides_and_how_it_was_made(results):
    data = pair_data(compare_runs(*select_sides(["day-1", "day-2"], results), anyway=True, margin=0.1))
    assert data.names == ("day-1", "day-2")
    assert data.provenance["choice"] == {"anyway": True, "margin": 0.1}
    assert float(data.frame["ratio"].median()) == pytest.approx(2, rel=0.02)


def test_arms_of_one_run_are_called_by_their_arms(results):
    data = pair_data(compare_runs(*select_sides(["arms@base", "arms@thp"], results)))
    assert data.names == ("base", "thp")
    assert data.about[1:4] == ("run arms", "A: base", "B: thp")


def test_sides_of_one_name_are_told_apart(results, tmp_path):
    write_run(tmp_path / "other" / "day-1", rounds("day-1", 5))
    sides = select_sides(["day-1", str(tmp_path / "other" / "day-1")], results)
    assert pair_data(compare_runs(*sides)).names == ("day-1", "other/day-1")


def test_runs_of_one_machine_are_read_at_one_clock(results):
    cells = runs_data(select(["day-1", "day-2", "day-3"], results)).frame
    of_run = cells[cells["conversion"] == "t.numpy"].groupby("run")["seconds"].first()
    assert (of_run / of_run["day-1"]).to_list() == pytest.approx([1, 2, 3], rel=0.02)
    assert cells["clock"].dropna().nunique() == 1


def test_all_arms_of_a_run_stand_beside_each_other_by_their_names(results):
    assert set(runs_data(select(["arms"], results)).frame["run"]) == {"base", "thp", "two"}
    both = runs_data(select(["arms@base", "day-1", "arms@two"], results))
    assert set(both.frame["run"]) == {"arms@base", "day-1", "arms@two"}
    assert both.sources == ("arms@base", "day-1", "arms@two")
    with pytest.raises(UsageError, match="day-1 is one"):
        runs_data(select(["day-1"], results))


def test_a_history_is_named_by_its_label(results):
    data = history_data(run_history(select_history("day", results)).series, "day")
    assert (data.sources, data.about) == (("day",), ("day", "3 runs"))


def test_a_source_is_named_by_its_place_among_the_results(results, tmp_path):
    inside = str(write_run(tmp_path / "results" / "host" / "mine", rounds("mine")))
    assert run_data(*select([inside], tmp_path / "results")).sources == ("host/mine",)
    assert run_data(*select([inside], results)).sources == ("mine",)


def test_the_noise_floor_is_drawn_for_both_kinds_of_conversion(tmp_path):
    pairs = [[made_up_rounds(Law(offset=0.004), seed=2 * n + side) for side in (0, 1)] for n in range(2)]
    profile = noise_profile([compare(*pair) for pair in pairs], machine="AMD EPYC 2c 3f9a1c", method={"protocol": 1})
    made = {path.name: path for path in draw(noise_data(profile), tmp_path)}
    assert {"noise.svg", "noise.png", "noise.alt.txt"} == set(made)
    text = made["noise.svg"].read_text()
    assert "zero-copy conversions" in text and "copying conversions" in text and "%" in text


def test_the_list_says_what_each_chart_needs():
    listed = chart_list()
    lines = listed.splitlines()
    assert {line.lstrip("* ").split()[0] for line in lines if not line.endswith(":")} >= {"cost", "ratio", "noise"}
    assert lines.index("from two runs or arms:") < lines.index(next(line for line in lines if " ratio " in line))
    assert "history LABEL --plots FOLDER" in listed
