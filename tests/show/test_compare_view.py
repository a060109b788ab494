import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from copycost.errors import UsageError
from copycost.show.compare_view import compare_runs
from tests.made_up import core_cells, machine_facts, made_up_rounds, process_json
from tests.show.runs_to_compare import CELLS, LAW, write


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    write(folder / "a")
    write(folder / "b", seed=1)
    write(folder / "slow", seed=2, factor=1.1)
    return folder


def test_json_has_the_promised_keys(results):
    text, status = compare_runs("a", "slow", results, format="json")
    content = json.loads(text)
    assert status == 0 and len(content["cells"]) == len(CELLS)
    promised = {"conversion", "dtype", "size", "threads", "cache", "ratio", "ci_low", "ci_high", "verdict"}
    assert all(promised <= set(cell) for cell in content["cells"])
    assert {cell["verdict"] for cell in content["cells"]} == {"slower"}
    assert content["summary"]["ratio"] == pytest.approx(1.1, rel=0.01)
    assert content["summary"]["verdicts"]["slower"] == len(CELLS)
    assert len(content["summary"]["conversions"]) == 5


def test_the_table_is_plain_text_of_a_hundred_columns_that_marks_what_changed(results):
    text, _ = compare_runs("a", "slow", results)
    assert "\x1b" not in text and "▲ slower" in text and "10 slower of 10 cells" in text
    assert max(map(len, text.splitlines())) <= 110
    assert all(line == line.rstrip() for line in text.splitlines())
    table = [line for line in text.splitlines() if "▲" in line]
    assert len(table) == 10 and max(map(len, table)) <= 100


def test_csv_has_one_row_per_cell(results):
    text, _ = compare_runs("a", "b", results, format="csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(CELLS) and rows[0]["verdict"] in ("same", "undecided")


def test_the_gate_fails_on_a_verdict_only(results):
    text, status = compare_runs("a", "slow", results, fail_on="slower>5%")
    assert status == 1 and "gate slower>5%: 10 cells fail" in text
    assert compare_runs("a", "slow", results, fail_on="slower>20%")[1] == 0
    assert compare_runs("a", "b", results, fail_on="slower>5%")[1] == 0
    content = json.loads(compare_runs("a", "slow", results, fail_on="slower>5%", format="json")[0])
    assert len(content["gate"]["failures"]) == 10


def test_a_gate_that_passes_says_what_it_could_not_judge(results, tmp_path):
    write(tmp_path / "few", seed=3, processes=2)
    text, status = compare_runs("a", str(tmp_path / "few"), results, fail_on="slower>5%")
    assert status == 0 and "gate slower>5%: passed; of 10 cells 10 undecided" in text
    assert "gate slower>5%: passed\n" in compare_runs("a", "a", results, fail_on="slower>5%")[0]


def test_the_gates_answer_is_said_beside_csv_too(results, capsys):
    text, status = compare_runs("a", "slow", results, fail_on="slower>5%", format="csv")
    assert status == 1 and text.startswith("conversion,")
    assert "gate slower>5%: 10 cells fail" in capsys.readouterr().err


def test_what_every_row_has_is_said_once(results, tmp_path):
    write(tmp_path / "few", seed=3, processes=2)
    for format in ("table", "markdown"):
        text, _ = compare_runs("a", str(tmp_path / "few"), results, format=format)
        assert text.replace("&#45;", "-").count("few-processes") == 1


def test_a_gate_stricter_than_the_margin_tightens_it(results, tmp_path):
    write(tmp_path / "two", seed=3, factor=1.03, offset=0.001, noise=0.001)
    sides = (str(results / "a"), str(tmp_path / "two"), results)
    assert "within ±1%" in compare_runs(*sides, fail_on="slower>1%")[0]
    assert compare_runs(*sides, fail_on="slower>1%")[1] == 1
    assert compare_runs(*sides, fail_on="slower>1%", margin=0.05)[1] == 0


def test_machines_that_differ_are_described_by_what_differs(results, tmp_path):
    record = {"machine": machine_facts() | {"cpu_model": "Another CPU", "torch": "2.14.0"}}
    write(tmp_path / "elsewhere", seed=8, record=record)
    text, _ = compare_runs("a", str(tmp_path / "elsewhere"), results)
    assert "CPU: AMD EPYC → Another CPU" in text and "torch: 2.13.0 → 2.14.0" in text
    assert "hugepages" not in text


def test_no_cell_in_common_is_refused(results, tmp_path):
    write(tmp_path / "other-sizes", cells=core_cells(sizes=(2,), dtypes=("float64",)))
    with pytest.raises(UsageError, match="no cell in common"):
        compare_runs("a", str(tmp_path / "other-sizes"), results)


@pytest.mark.parametrize(("option", "value"), [("format", "markdwon"), ("fail_on", "slower>")])
def test_a_bad_option_is_refused_before_anything_is_read(option, value):
    with pytest.raises(UsageError, match=value):
        compare_runs("missing", "missing", Path("nowhere"), **{option: value})


def test_pytest_benchmark_files_of_other_suites_are_compared_without_a_verdict(tmp_path):
    for name, seconds in (("old", 1e-3), ("new", 2e-3)):
        stats = {"median": seconds, "iterations": 1, "data": [seconds] * 20}
        content = {"machine_info": {}, "benchmarks": [{"name": "test_x|<b>", "stats": stats}], "version": "4.0.0"}
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    old, new = str(tmp_path / "old.json"), str(tmp_path / "new.json")
    cell = json.loads(compare_runs(old, new, tmp_path, format="json")[0])["cells"][0]
    assert cell["ratio"] == pytest.approx(2) and cell["verdict"] == "undecided" and cell["ci_low"] is None
    assert "few-processes" in cell["flags"] and "no-canary" in cell["flags"]
    for format in ("table", "markdown", "csv"):
        assert "undecided" in compare_runs(old, new, tmp_path, format=format)[0]


def test_a_process_file_of_ours_is_a_side(results, tmp_path):
    rounds = made_up_rounds(replace(LAW, processes=1), CELLS)
    path = tmp_path / "one.json"
    path.write_text(json.dumps(process_json(rounds, run="r", arm="base", process=1), default=np.generic.item))
    text, status = compare_runs("a", str(path), results)
    assert status == 0 and "10 undecided" in text
