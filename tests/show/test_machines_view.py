import json

import numpy as np
import pytest

from copycost.errors import UsageError
from copycost.show.machines_view import machine_runs, read_runs
from tests.analyse.laws import machine_cells
from tests.made_up import Law, machine_facts, made_up_rounds, write_run

CELLS = machine_cells(sizes=8.0 * 16.0 ** np.arange(7))
NAME = "machine {} <b>|`*"


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


ALL = [f"run-{number}" for number in range(8)]


def test_a_handful_stands_side_by_side_with_only_what_differs(results):
    text = machine_runs(["run-1", "run-0"], results)
    assert "CPU 0 <b>|" in text and "all the same:" in text and "\x1b" not in text
    assert "hugepages" not in text.split("all the same:")[0]
    ranking = [line for line in text.splitlines() if line.startswith(("1 ", "2 "))]
    assert "run-0" in ranking[0] and "1.000" in ranking[0] and "run-1" in ranking[1]


def test_runs_that_are_not_complete_are_named(results, tmp_path):
    rounds = made_up_rounds(Law(processes=3, visits=1, rounds=3), CELLS)
    stopped = str(write_run(tmp_path / "stopped", rounds, record={"status": "interrupted"}))
    for others in (["run-0"], ALL):
        assert "stopped is interrupted: taken as far as it goes" in machine_runs([stopped, *others], results)
    content = json.loads(machine_runs([stopped, "run-0"], results, format="json"))
    assert content["unfinished"] == {"stopped": "interrupted"}


def test_the_same_test_of_another_suite_has_one_name_on_all_machines(tmp_path):
    def written(name, *tests):
        entries = [{"name": "test_x", "fullname": f"{file}::test_x", "stats": {"median": 1e-6}} for file in tests]
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({"benchmarks": entries, "machine_info": {"cpu": {"brand_raw": name}}}))
        return str(path)

    files = [written("one", "a.py", "b.py"), written("two", "a.py")]
    for on_bad in (None, pytest.fail):
        assert set(read_runs(files, tmp_path, on_bad).cells["conversion"]) == {"a.py::test_x", "b.py::test_x"}


def test_a_slower_machine_is_said_in_a_sentence_and_a_table(results):
    text = machine_runs(["run-1", "run-0"], results)
    assert "run-1 takes 1.4" in text and "the time of run-0, its plain copies 1." in text
    assert "slower conversion\n" not in text.split("so\n")[1].split("all figures")[0]


def test_shapes_have_calls_bandwidths_crossovers_and_ceilings(results):
    text = machine_runs(["run-1", "run-0"], results)
    table = text.split("torch.tensor, float64")[1].split("\n\n")[0]
    assert "GB/s" in table and "% at" in table and "µs ±" in table and "MiB" in table
    assert "what costs the same at every size, float64" in text


def test_many_are_ranked_and_their_cpu_models_compared(results):
    text = machine_runs([*ALL, "again"], results)
    assert "2 CPU models among 8 machines; runs of one machine differ by" in text
    assert "CPU 1" in text.split("slower machine or slower conversion")[1]
    ranking = text.split("ranking\n")[1].splitlines()
    assert len([line for line in ranking if line[:1].isdigit()]) == 8
    assert sum(line.split()[-1] == "2" for line in ranking if line[:1].isdigit()) == 1


def test_markdown_is_not_broken_by_names(results):
    text = machine_runs(ALL, results, format="markdown")
    assert "<b>" not in text
    for section in text.split("### ")[1:]:
        assert len({line.count("|") for line in section.splitlines() if line.startswith("|")}) <= 1


def test_json_has_facts_ranking_reasons_and_shapes(results):
    content = json.loads(machine_runs(["run-0", "run-3"], results, format="json"))
    assert [row["run"] for row in content["ranking"]] == ["run-0", "run-3"]
    assert content["machines"][0]["cores"] == "2" and "models" not in content
    assert {row["why"] for row in content["reasons"]} == {"slower machine"}
    assert content["model"] and content["crossovers"] and content["ceilings"]


def test_json_of_many_has_their_cpu_models(results):
    content = json.loads(machine_runs([*ALL, "again"], results, format="json"))
    assert [row["machines"] for row in content["models"]] == [4, 4] and content["run_spread"] > 0
    assert [row["cpu_model"][:5] for row in content["models"]] == ["CPU 0", "CPU 1"]


def test_the_dtype_can_be_chosen(results):
    content = json.loads(machine_runs(["run-0"], results, format="json", dtype="float64"))
    assert content["conditions"]["dtype"] == "float64"
    with pytest.raises(UsageError, match=r"float46.*float64"):
        machine_runs(["run-0"], results, dtype="float46")


def test_different_methods_are_said(results, tmp_path):
    law = Law(processes=3, visits=1, rounds=3)
    other = write_run(
        tmp_path / "other", made_up_rounds(law, CELLS), record={"method": {"protocol": 2, "start": "fresh"}}
    )
    text = machine_runs(["run-0", str(other)], results)
    assert "measured by different methods (protocol, canary" in text
    assert "careful" not in machine_runs(["run-0", "run-1"], results)


def test_the_same_run_twice_keeps_two_rows(results):
    content = json.loads(machine_runs(["run-0", "run-0"], results, format="json"))
    assert len(content["ranking"]) == 2


def test_a_run_with_another_grid_is_listed_without_a_rank(results, tmp_path):
    other = write_run(tmp_path / "other", made_up_rounds(Law(processes=3, visits=1), CELLS[:1]))
    text = machine_runs([*ALL, str(other)], results)
    assert "2 CPU models among 8 machines" in text
    assert any(line.startswith("–") and "AMD EPYC" in line for line in text.split("ranking\n")[1].splitlines())


def test_other_suites_are_ranked_without_shapes(tmp_path):
    for number in (1, 2):
        stats = {"data": [1e-3 * number] * 3, "iterations": 1, "rounds": 3}
        content = {"benchmarks": [{"name": "test_a", "fullname": "f::test_a", "stats": stats}], "version": "5.1.0"}
        (tmp_path / f"{number}.json").write_text(json.dumps(content | {"machine_info": {"node": f"n{number}"}}))
    text = machine_runs([str(tmp_path / "1.json"), str(tmp_path / "2.json")], tmp_path)
    assert "2.00" in text and "no plain copies were measured" in text and "GB/s" not in text


def test_an_unknown_run_or_format_is_refused(results):
    with pytest.raises(UsageError, match="no run"):
        machine_runs(["nothing"], results)
    with pytest.raises(UsageError, match="format"):
        machine_runs(["run-0"], results, format="xml")
