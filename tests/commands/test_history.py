import json
import shutil

import pytest

from tests.made_up import MACHINE, Law, core_cells, machine_facts, made_up_rounds, write_run

CELLS = core_cells(sizes=(1,), dtypes=("float64",))


def write(folder, day, factor=1.0, **record):
    rounds = made_up_rounds(Law(processes=4, visits=2, offset=0.003, factor=factor), CELLS, day)
    write_run(folder, rounds, record={"created": f"2026-01-{day:02d}T00:00:00+00:00", **record})


@pytest.fixture
def history(tell):
    """Return what tells the history of a label."""
    return lambda label, results, *words: tell("history", label, "--results", results, *words)


@pytest.fixture
def results(tmp_path):
    for day in range(1, 9):
        write(tmp_path / f"nightly-{day}", day, 1.0 if day < 6 else 1.1)
    return tmp_path


@pytest.mark.parametrize("label", ["nightly", MACHINE])
def test_steps_are_dated_in_the_runs_that_a_label_names(history, results, label):
    text = history(label, results).out
    assert "8 runs, 5 steps" in text and "2026-01-06" in text and "\x1b" not in text


def test_json_and_markdown_have_series_steps_and_the_newest(history, results):
    content = json.loads(history("nightly", results, "--format", "json").out)
    assert len(content["series"]) == 40 and {step["run"] for step in content["steps"]} == {"nightly-6"}
    assert content["latest"][0]["ratio"] == pytest.approx(1.1, rel=0.02)
    assert history("nightly", results, "--format", "markdown").out.count("nightly-6") == 5


def test_unknown_labels_name_the_nearest(history, results):
    assert "did you mean nightly" in history("nightli-1x", results).err
    assert "holds no runs yet" in history("nightly", results / "nowhere").err


def test_runs_of_other_methods_than_the_newest_are_left_out_and_named(history, results):
    path = results / "nightly-3" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"method": {"protocol": 9}}))
    content = json.loads(history("nightly", results, "--format", "json").out)
    assert "nightly-3 is left out: another method than the newest run's (protocol" in content["notes"][1]
    assert {row["run"] for row in content["series"]} == {f"nightly-{day}" for day in (1, 2, 4, 5, 6, 7, 8)}


def test_an_unfinished_run_is_named(history, results):
    write(results / "nightly-9", 9, 1.1, status="interrupted")
    assert "nightly-9 is interrupted: taken as far as it goes" in history("nightly", results).out


def test_a_machine_with_an_at_sign_in_its_name_is_found(history, results, monkeypatch):
    name = "Xeon(R) CPU @ 2.20GHz 2c ab12cd"
    monkeypatch.setattr("tests.made_up.MACHINE", name)
    for day in range(1, 5):
        write(results / f"other-{day}", day, machine=machine_facts())
    assert "4 runs, 0 steps" in history(name, results).out
    assert "4 runs, 0 steps" in history("other@base", results).out


def test_another_python_has_a_clock_of_its_own(history, results):
    for day in (6, 7, 8):
        rounds = made_up_rounds(Law(processes=4, visits=2, offset=0.003), CELLS, day)
        machine = machine_facts() | {"python": "3.14.0"}
        record = {"created": f"2026-01-{day:02d}T00:00:00+00:00", "machine": machine}
        shutil.rmtree(results / f"nightly-{day}")
        write_run(results / f"nightly-{day}", rounds.assign(clock=rounds["clock"] * 1.2), record=record)
    assert "8 runs, 0 steps" in history("nightly", results).out


def test_a_run_without_a_date_is_refused(history, results):
    write(results / "nightly-9", 9)
    path = results / "nightly-9" / "run.json"
    path.write_text(path.read_text().replace("2026-01-09T00:00:00+00:00", "yesterday"))
    assert "'created' is not a time" in history("nightly", results).err


def test_several_machines_are_not_one_history(history, results, monkeypatch):
    monkeypatch.setattr("tests.made_up.MACHINE", "another machine")
    write(results / "nightly-9", 9, machine=machine_facts())
    assert "of several: AMD EPYC 2c 3f9a1c, another machine" in history("nightly", results).err
