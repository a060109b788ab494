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


def suite(path, night, node):
    info = {"node": node, "cpu": {"brand_raw": "Shared CPU", "count": 4}, "system": "Linux", "python_version": "3.12.1"}
    seconds = {"t1": 2e-3 if night > 3 else 1e-3, "t2": 2e-3}
    items = [{"name": name, "stats": {"median": median, "rounds": 100}} for name, median in seconds.items()]
    made = f"2026-01-0{night}T00:00:00+00:00"
    path.write_text(json.dumps({"machine_info": info, "benchmarks": items, "datetime": made}))
    return path


@pytest.mark.parametrize(("nodes", "label"), [("aaaaaa", "night-"), ("abcdef", "night-"), ("abcdef", "Shared CPU")])
def test_a_suite_without_sizes_has_a_history_of_its_machine_or_its_cpu_model(tell, history, tmp_path, nodes, label):
    for night, node in enumerate(nodes, 1):
        tell("import", suite(tmp_path / f"night-{night}.json", night, node), "--results", tmp_path / "results")
    told = history(label, tmp_path / "results", "--plots", tmp_path / "plots")
    assert told.status == 0 and "night-4" in told.out and "6 runs, 1 step" in told.out
    assert ("by CPU model: 6 machines" in told.out) == (nodes == "abcdef")
    assert "t1" in (tmp_path / "plots" / "history.svg").read_text()


def test_the_table_is_told_where_no_chart_can_be_drawn(tell, history, tmp_path):
    tell("import", suite(tmp_path / "night-1.json", 1, "a"), "--results", tmp_path / "results")
    told = history("night-1", tmp_path / "results", "--plots", tmp_path / "plots")
    assert told.status == 0 and "1.00 ms" in told.out and "no chart is drawn: there is one run only" in told.out


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
    write(results / "nightly-9", 9, machine=machine_facts() | {"cpu_model": "another CPU"})
    assert "of several: AMD EPYC 2c 3f9a1c, another machine" in history("nightly", results).err
