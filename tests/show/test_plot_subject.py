import pandas as pd
import pytest

from copycost.show.plot_pair import pair_subject
from copycost.show.plot_runs import history_subject, runs_subject
from copycost.show.plot_subject import arms_of, run_subject, source_name, view_subject
from copycost.show.run_view import read_run
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
    subject = run_subject(["day-1"], results)
    assert "reference" in set(subject.frame["direction"])
    assert "quiet" in subject.rounds and subject.machine["torch"] == "2.13.0"
    assert subject.provenance == {"shows": "run", "sources": ["day-1"], "choice": {}}


def test_a_run_that_is_already_read_is_named_by_its_cells(results):
    assert view_subject(read_run(results / "day-1")).sources == ("day-1",)


def test_one_arm_is_that_arm_alone(results):
    subject = run_subject(["arms@thp"], results)
    assert set(subject.frame["arm"]) == {"thp"}
    assert subject.sources == ("arms@thp",)


def test_several_runs_keep_their_names(results):
    subject = run_subject(["day-1", "day-2"], results)
    assert set(subject.frame["run"]) == set(subject.rounds["run"]) == {"day-1", "day-2"}
    assert subject.machine is not None


def test_the_arms_of_a_run_are_in_the_order_they_were_planned(results):
    assert arms_of("arms", results) == ["arms@base", "arms@thp", "arms@two"]
    assert arms_of("arms@thp", results) == ["arms@thp"]
    assert arms_of("day-1", results) == ["day-1"]


def test_a_comparison_names_its_sides_and_how_it_was_made(results):
    subject = pair_subject(["day-1", "day-2"], results, {"anyway": True, "margin": 0.1})
    assert subject.names == ("day-1", "day-2")
    assert subject.provenance["choice"] == {"anyway": True, "margin": 0.1}
    assert float(subject.frame["ratio"].median()) == pytest.approx(2, rel=0.02)


def test_sides_of_one_name_are_told_apart(results, tmp_path):
    write_run(tmp_path / "day-1", rounds("day-1", 5))
    subject = pair_subject(["day-1", str(tmp_path / "day-1")], results, {})
    assert subject.names == ("A (day-1)", "B (day-1)")


def test_runs_of_one_machine_are_read_at_one_clock(results):
    cells = runs_subject(["day-1", "day-2", "day-3"], results).frame
    of_run = cells[cells["conversion"] == "t.numpy"].groupby("run")["seconds"].first()
    assert (of_run / of_run["day-1"]).to_list() == pytest.approx([1, 2, 3], rel=0.02)


def test_all_arms_of_a_run_stand_beside_each_other_by_their_names(results):
    assert set(runs_subject(["arms"], results).frame["run"]) == {"base", "thp", "two"}
    both = runs_subject(["arms@base", "day-1", "arms@two"], results)
    assert set(both.frame["run"]) == {"arms@base", "day-1", "arms@two"}
    assert both.sources == ("arms@base", "day-1", "arms@two")


def test_a_history_is_named_by_its_label(results):
    subject = history_subject("day", results)
    assert (subject.sources, subject.about) == (("day",), ("day", "3 runs"))


def test_a_source_is_named_by_its_place_among_the_results(results, tmp_path):
    write_run(tmp_path / "results" / "host" / "mine", rounds("mine"))
    inside = str(tmp_path / "results" / "host" / "mine")
    assert source_name(inside, tmp_path / "results") == "host/mine"
    assert source_name(inside, results) == "mine"
    assert source_name("arms@thp", results) == "arms@thp"
