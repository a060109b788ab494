import csv
import io
import json

import numpy as np
import pytest

from copycost.analyse.run import Run
from tests.analyse.laws import machine_cells
from tests.made_up import Law, machine_facts, made_up_rounds, write_run

CELLS = machine_cells(sizes=8.0 * 16.0 ** np.arange(7))
NAME = "machine {} <b>|`*"
ALL = [f"run-{number}" for number in range(8)]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    for number in range(8):
        name = NAME.format(number)
        facts = machine_facts() | {"machine": name, "cpu_model": f"CPU {number % 2} <b>|"}
        law = Law(processes=3, visits=1, rounds=3, factor=1.5 if number % 2 else 1)
        rounds = made_up_rounds(law, CELLS, number).assign(machine=name)
        write_run(folder / f"run-{number}", rounds, record={"machine": facts})
    write_run(folder / "again", made_up_rounds(law, CELLS, 9).assign(machine=name), record={"machine": facts})
    return folder


@pytest.fixture
def machines(tell, results):
    """Return what tells of the machines of runs, and has to succeed."""

    def run(*words):
        told = tell("machines", *words, "--results", results)
        assert told.status == 0, told.err
        return told.out

    return run


@pytest.fixture
def content(machines):
    return lambda *words: json.loads(machines(*words, "--format", "json"))


@pytest.fixture
def refused(tell, results):
    def run(*words):
        told = tell("machines", *words, "--results", results)
        assert told.status == 2 and told.out == "" and told.err.count("\n") == 1
        return told.err

    return run


def ranked(text):
    """Return the lines of the ranking, without the space before them."""
    return [line.strip() for line in text.split("ranking\n")[1].split("\n\n")[0].splitlines()[1:]]


# What people see.


def test_a_handful_stands_side_by_side_with_only_what_differs(machines):
    text = machines("run-1", "run-0")
    assert "CPU 0 <b>|" in text and "all the same:" in text and "\x1b" not in text
    assert "hugepages" not in text.split("all the same:")[0]
    first, second = ranked(text)
    assert first.startswith("1  run-0") and "1.000" in first and second.startswith("2  run-1")


def test_six_machines_are_told_whole_in_a_hundred_columns(machines):
    table = machines(*ALL[:6]).split("in what they differ\n")[1].split("\n\n")[0]
    assert max(map(len, table.splitlines())) <= 100 and table.count("<b>|`*") == 6 and "…" not in table


def test_runs_that_are_not_complete_are_named(machines, content, tmp_path):
    rounds = made_up_rounds(Law(processes=3, visits=1, rounds=3), CELLS)
    stopped = write_run(tmp_path / "stopped", rounds, record={"status": "interrupted"})
    for others in (["run-0"], ALL):
        assert "stopped is interrupted: taken as far as it goes" in machines(stopped, *others)
    assert content(stopped, "run-0")["unfinished"] == {"stopped": "interrupted"}


def test_of_many_that_are_not_complete_the_first_few_are_named(machines, tmp_path):
    rounds = made_up_rounds(Law(processes=3, visits=1), CELLS)
    for number in range(7):
        write_run(tmp_path / f"stopped-{number}", rounds, record={"status": "interrupted"})
    text = machines(tmp_path)
    assert text.count("taken as far as it goes") == 5 and "and 2 more runs not complete" in text


def test_how_much_slower_the_second_machine_is_comes_first_and_a_table_has_the_reasons(machines):
    text = machines("run-0", "run-1")
    first = " ".join(text.split("\n\n")[1].split())
    assert first.startswith("run-1 is slower than run-0: it takes 1.") and "large copies 1." in first
    assert "On run-1, copies inside the caches follow its own plain copy of as many bytes" in first
    assert "torch, NumPy and Python are the same everywhere" in first
    assert "$ python bench_runner.py plot run-0 run-1 --chart ratio" in text.split("in what they differ")[0]
    table = text.split("slower machine or slower conversion\n")[1].split("all figures")[0]
    assert "slower machine\n" in table and "slower conversion\n" not in table
    assert machines("run-1", "run-0").split("\n\n")[1].startswith("run-0 is faster than run-1: it takes 0.")


def test_a_version_is_not_taken_for_a_machine(machines, tmp_path):
    facts = machine_facts() | {"torch": "2.14.0+cpu", "python": "3.12.3", "machine": "elsewhere"}
    rounds = made_up_rounds(Law(processes=3, visits=1, rounds=3), CELLS).assign(machine="elsewhere")
    write_run(tmp_path / "newer", rounds, record={"machine": facts})
    said = " ".join(machines(tmp_path / "newer", "run-0").replace("\\\n", "").split("in what they differ")[0].split())
    assert "torch (2.14.0+cpu and 2.13.0) and Python (3.12.3 and –) differ too" in said
    assert "on the machine of run-0, with the versions of newer as a second arm" in said
    assert "$ python3.12 -m venv other && other/bin/pip install torch==2.14.0 numpy==2.4.6" in said
    assert "run --arm own --arm other:python=other/bin/python --name versions" in said


def test_shapes_have_calls_bandwidths_crossovers_and_ceilings(machines):
    text = machines("run-1", "run-0")
    table = text.split("torch.tensor, float64")[1].split("\n\n")[0]
    assert "GB/s" in table and "% at" in table and "µs ±" in table and "MiB" in table
    assert "what costs the same at every size, float64" in text


def test_many_are_ranked_and_their_cpu_models_compared(machines):
    text = machines(*ALL, "again")
    assert "2 CPU models among 8 machines; runs of one machine differ by" in text
    assert "CPU 1" in text.split("slower machine or slower conversion")[1]
    assert len(ranked(text)) == 8 and sum(line.split()[-1] == "2" for line in ranked(text)) == 1


def test_of_many_machines_no_rounds_are_read_where_estimates_are_kept(machines, results, monkeypatch):
    monkeypatch.setattr(Run, "rounds", property(lambda run: pytest.fail(f"{run.name} is read")))
    assert "8 machines" in machines(results)


def test_arms_of_a_run_are_told_apart(content, tmp_path):
    rounds = made_up_rounds(Law(processes=6, visits=1, rounds=3), CELLS)
    rounds = rounds.assign(arm=["base" if process % 2 else "thp" for process in rounds["process"]])
    arms = write_run(tmp_path / "arms", rounds)
    assert {row["run"] for row in content(arms)["ranking"]} == {"arms@base", "arms@thp"}
    assert {row["run"] for row in content(arms, *ALL)["machines"]} >= {rounds["machine"].iloc[0]}


def test_different_methods_are_said(machines, tmp_path):
    other = made_up_rounds(Law(processes=3, visits=1, rounds=3), CELLS)
    write_run(tmp_path / "other", other, record={"method": {"protocol": 9, "start": "fresh"}})
    assert "measured by different methods (protocol, canary" in machines("run-0", tmp_path / "other")
    assert "different methods" not in machines("run-0", "run-1")


def test_a_run_with_another_grid_is_listed_without_a_rank(machines, tmp_path):
    other = write_run(tmp_path / "other", made_up_rounds(Law(processes=3, visits=1), CELLS[:1]))
    text = machines(*ALL, other)
    assert "2 CPU models among 8 machines" in text
    assert any(line.startswith("–") and "AMD EPYC" in line for line in ranked(text))


# What machines read.


def test_json_has_facts_ranking_reasons_and_shapes(content):
    told = content("run-0", "run-3")
    assert [row["run"] for row in told["ranking"]] == ["run-0", "run-3"]
    assert told["machines"][0]["cores"] == "2" and "models" not in told
    assert {row["why"] for row in told["reasons"]} == {"slower machine"}
    assert told["model"] and told["crossovers"] and told["ceilings"] and told["differing_methods"] == []


def test_json_of_many_has_their_cpu_models(content):
    told = content(*ALL, "again")
    assert [row["machines"] for row in told["models"]] == [4, 4] and told["run_spread"] > 0
    assert [row["cpu_model"][:5] for row in told["models"]] == ["CPU 0", "CPU 1"]


def test_csv_has_the_machines(machines):
    rows = list(csv.DictReader(io.StringIO(machines("run-0", "run-1", "--format", "csv"))))
    assert [row["machine"] for row in rows] == [NAME.format(0), NAME.format(1)]


def test_the_dtype_can_be_chosen(content, refused):
    assert content("run-0", "--dtype", "float64")["conditions"]["dtype"] == "float64"
    assert "'float46' is in none of these runs: did you mean float64?" in refused("run-0", "--dtype", "float46")


def test_the_same_run_twice_keeps_two_rows(content):
    assert len(content("run-0", "run-0")["ranking"]) == 2


# Markdown.


@pytest.mark.parametrize("runs", [ALL, ALL[:2]], ids=["many", "few"])
def test_markdown_is_not_broken_by_names(machines, runs):
    text = machines(*runs, "--format", "markdown")
    assert "<b>" not in text
    for block in text.split("\n\n"):
        rows = [line.replace("\\|", "") for line in block.splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in rows}) <= 1


# Other files.


def test_the_same_test_of_another_suite_has_one_name_on_all_machines(machines, tmp_path):
    def written(name, *tests):
        entries = [{"name": "test_x", "fullname": f"{file}::test_x", "stats": {"median": 1e-6}} for file in tests]
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({"benchmarks": entries, "machine_info": {"cpu": {"brand_raw": name}}}))
        return path

    files = [written("one", "a.py", "b.py"), written("two", "a.py")]
    for option in ((), ("--skip-bad",)):
        first, second = ranked(machines(*files, *option))
        # Only the test that both have is compared.
        assert "1.000      1" in first and "1.000      1" in second


def test_other_suites_are_ranked_without_shapes(machines, tmp_path):
    for number in (1, 2):
        stats = {"data": [1e-3 * number] * 3, "iterations": 1, "rounds": 3}
        suite = {"benchmarks": [{"name": "test_a", "fullname": "f::test_a", "stats": stats}], "version": "5.1.0"}
        (tmp_path / f"{number}.json").write_text(json.dumps(suite | {"machine_info": {"node": f"n{number}"}}))
    text = machines(tmp_path / "1.json", tmp_path / "2.json")
    assert "2.00" in text and "no plain copies were measured" in text and "GB/s" not in text


def test_several_reports_in_a_file_are_one_run(content, tmp_path):
    stats = {"data": [1e-3] * 3, "iterations": 1, "rounds": 3}
    report = {
        "benchmarks": [{"name": "test_a", "fullname": "f::test_a", "stats": stats}],
        "machine_info": {"node": "n"},
    }
    reports = tmp_path / "reports.jsonl"
    reports.write_text("\n".join(json.dumps(report | {"datetime": f"2026-01-0{day}T00:00:00"}) for day in (1, 2)))
    (row,) = content(reports)["ranking"]
    assert row["run"] == "reports" and row["cells"] == 1


# What cannot be read.


def test_an_unknown_run_or_format_is_refused(refused):
    assert "no run" in refused("nothing")
    assert "format" in refused("run-0", "--format", "xml")


def test_what_cannot_be_read_is_left_out_where_that_is_asked_for(content, refused, tell, results):
    assert "no run" in refused("run-0", "nothing")
    assert [row["run"] for row in content("run-0", "nothing", "--skip-bad")["ranking"]] == ["run-0"]
    told = tell("machines", "nothing", "--results", results, "--skip-bad")
    assert told.status == 2 and "nothing is left to read: 1 skipped" in told.err


def test_clocks_are_said_and_taken_out_when_that_is_asked_for(tell, tmp_path):
    for number, clock in ((0, 2.5e-6), (1, 5e-6)):
        facts = machine_facts() | {"machine": f"machine {number}"}
        arms = [{"name": "base", "environment": {}, "python": None, "clock_reference": clock}]
        rounds = made_up_rounds(Law(processes=3, visits=1, rounds=3, noise=0.001), CELLS, number)
        record = {"machine": facts, "arms": arms}
        write_run(tmp_path / f"run-{number}", rounds.assign(machine=facts["machine"]), record=record)

    def slowest(*words):
        told = tell("machines", "run-0", "run-1", *words, "--format", "json", "--results", tmp_path)
        content = json.loads(told.out)
        assert [machine["clock"] for machine in content["machines"]] == ["2.50 µs", "5.00 µs"]
        return max(row["relative"] for row in content["ranking"])

    assert slowest() == pytest.approx(2, rel=0.01)
    assert slowest("--one-clock") == pytest.approx(1, rel=0.01)
