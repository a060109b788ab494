import json

import pytest

from copycost.errors import UsageError
from copycost.show.machines_view import machine_runs
from tests.made_up import Law, core_cells, machine_facts, made_up_rounds, write_run

CELLS = core_cells(sizes=(1,), dtypes=("float64",))


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    for number in range(8):
        facts = machine_facts() | {"machine": f"machine {number}", "cpu_model": f"CPU {number % 2} <b>|"}
        rounds = made_up_rounds(Law(processes=3, visits=1, factor=1 + number / 10), CELLS, number)
        write_run(folder / f"run-{number}", rounds, record={"machine": facts})
    return folder


def test_a_handful_stands_side_by_side_with_only_what_differs(results):
    text = machine_runs(["run-1", "run-0"], results)
    assert "CPU 0 <b>|" in text and "all the same:" in text and "\x1b" not in text
    assert "hugepages" not in text.split("all the same:")[0]
    ranking = [line for line in text.splitlines() if line.startswith(("1 ", "2 "))]
    assert "run-0" in ranking[0] and "1.000" in ranking[0] and "run-1" in ranking[1]


def test_many_are_grouped_and_ranked(results):
    text = machine_runs([f"run-{number}" for number in range(8)], results)
    assert "kinds of machine" in text and "8     run-7" in text


def test_markdown_is_not_broken_by_names(results):
    text = machine_runs([f"run-{number}" for number in range(8)], results, format="markdown")
    assert "<b>" not in text
    for section in text.split("### ")[1:]:
        assert len({line.count("|") for line in section.splitlines() if line.startswith("|")}) <= 1


def test_json_has_facts_and_ranking(results):
    content = json.loads(machine_runs(["run-0", "run-3"], results, format="json"))
    assert [row["run"] for row in content["ranking"]] == ["run-0", "run-3"]
    assert content["machines"][0]["cores"] == "2"


def test_the_same_run_twice_keeps_two_rows(results):
    content = json.loads(machine_runs(["run-0", "run-0"], results, format="json"))
    assert len(content["ranking"]) == 2


def test_an_unknown_run_or_format_is_refused(results):
    with pytest.raises(UsageError, match="no run"):
        machine_runs(["nothing"], results)
    with pytest.raises(UsageError, match="format"):
        machine_runs(["run-0"], results, format="xml")
