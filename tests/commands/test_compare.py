import csv
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from copycost.analyse.select import select_one
from copycost.measure.allocator import STEADY_STATE
from copycost.show.render.markdown import LONGEST
from tests.commands.runs_to_compare import CELLS, LAW, METHOD, write
from tests.made_up import Law, core_cells, machine_facts, made_up_rounds, process_json, write_run

HOSTILE = [
    "<script>alert(1)</script>",
    "a | b",
    "line\nbreak | --- |",
    "`code` <b>",
    "![x](http://evil/x.png) | @everyone",
    "</details><h1>",
    "\u202ereversed",
]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    write(folder / "a")
    write(folder / "b", seed=1)
    write(folder / "slow", seed=2, factor=1.1)
    return folder


@pytest.fixture(scope="module")
def mixed(results):
    """Return a run in which one conversion is slower."""
    cells = [replace(cell, seconds=cell.seconds * (1.3 if cell.conversion == "t.numpy" else 1)) for cell in CELLS]
    return write(results / "mixed", seed=1, cells=cells, offset=0.001, noise=0.002)


@pytest.fixture
def compare(tell, results):
    """Return what compares two runs of `results`, or of elsewhere by their paths."""
    return lambda *words: tell("compare", *words, "--results", results)


def content(told):
    assert told.status == 0 or told.out, told.err
    return json.loads(told.out)


def refused(told):
    assert told.status == 2 and told.out == "" and told.err.count("\n") == 1
    return told.err


# What people see.


def test_what_changed_comes_before_the_rest_in_a_hundred_columns(compare):
    told = compare("a", "slow")
    lines = told.out.splitlines()
    assert told.status == 0 and "\x1b" not in told.out
    assert lines[0] == "slow against a" and lines[2].startswith("10 slower of 10 cells; geometric mean B / A 1.")
    assert sum("▲ slower" in line for line in lines) == 10
    assert max(map(len, lines)) <= 100 and all(line == line.rstrip() for line in lines)


def test_cells_stand_in_groups_with_sizes_down(compare):
    lines = compare("a", "slow").out.splitlines()
    start = lines.index("torch.tensor, float64")
    assert [lines[start + place].split()[:2] for place in (2, 3)] == [["8", "B"], ["32", "KiB"]]


def test_what_did_not_change_is_counted_and_shown_on_request(compare, mixed):
    out, everything = compare("a", mixed).out, compare("a", mixed, "--all").out
    assert "· same" not in out and "8 other cells: 8 same (compare --all shows them)" in out
    assert everything.count("· same") == 8 and "shows them" not in everything
    assert len(content(compare("a", mixed, "--format", "json"))["cells"]) == len(CELLS)


def test_ratio_interval_and_verdict_stand_whole_on_each_line_of_eighty_columns(compare, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = [line for line in compare("a", "slow").out.splitlines() if "▲" in line]
    row = re.compile(r"[\d.]+ (B|KiB) .* 1\.\d{3} \(1\.\d{3} to 1\.\d{3}\)\S* +▲ slower")
    assert len(lines) == len(CELLS) and all(row.search(line) and len(line) <= 80 for line in lines)


def test_how_large_a_change_could_have_been_seen_is_said(compare, tmp_path):
    said = " ".join(compare("a", "b").out.split())
    assert re.search(r"a change of [\d.]+% would be seen in half of the cells, of [\d.]+% in nine of ten", said)
    write(tmp_path / "few", seed=3, processes=2)
    assert "No difference could have been seen" in compare("a", tmp_path / "few").out


def test_cells_of_one_side_are_shown_whole(compare, tmp_path):
    for name, sizes in (("few", (1, 4)), ("other", (4, 16))):
        write(tmp_path / name, cells=core_cells(sizes=sizes, dtypes=("float64",)))
    out = compare(tmp_path / "few", tmp_path / "other", "--all").out
    assert out.count("– only in A") == 5 and out.count("– only in B") == 5


def test_hostile_names_cannot_move_the_cursor(compare, tmp_path):
    write(tmp_path / "evil", cells=[replace(cell, conversion="evil\x1b[2J\nname") for cell in CELLS[:1]])
    out = compare(tmp_path / "evil", tmp_path / "evil", "--all").out
    assert "\x1b" not in out and "evil" in out


def test_what_every_row_has_is_said_once(compare, tmp_path):
    write(tmp_path / "few", seed=3, processes=2)
    for format in ("table", "markdown"):
        out = compare("a", tmp_path / "few", "--format", format).out
        assert out.count("few-processes") == 1


def test_conversions_of_one_cell_have_no_mean_of_their_own(compare, tmp_path):
    write(tmp_path / "one", cells=core_cells(sizes=(1,), dtypes=("float64",)))
    out = compare(tmp_path / "one", tmp_path / "one").out
    assert out.count("geometric mean") == 1


def test_machines_that_differ_are_described_by_what_differs(compare, tmp_path):
    record = {"machine": machine_facts() | {"cpu_model": "Another CPU", "torch": "2.14.0"}}
    write(tmp_path / "elsewhere", seed=8, record=record)
    out = compare("a", tmp_path / "elsewhere").out
    assert "CPU: AMD EPYC → Another CPU" in out and "torch: 2.13.0 → 2.14.0" in out
    assert "hugepages" not in out


# What machines read.


def test_json_has_the_promised_keys(compare):
    told = content(compare("a", "slow", "--format", "json"))
    promised = {"conversion", "dtype", "size", "threads", "cache", "ratio", "ci_low", "ci_high", "verdict"}
    assert len(told["cells"]) == len(CELLS) and all(promised <= set(cell) for cell in told["cells"])
    assert {cell["verdict"] for cell in told["cells"]} == {"slower"}
    assert told["summary"]["ratio"] == pytest.approx(1.1, rel=0.01)
    assert told["summary"]["verdicts"]["slower"] == len(CELLS)
    assert len(told["summary"]["conversions"]) == 5


def test_csv_has_one_row_per_cell(compare):
    rows = list(csv.DictReader(io.StringIO(compare("a", "b", "--format", "csv").out)))
    assert len(rows) == len(CELLS) and rows[0]["verdict"] in ("same", "undecided")


# Markdown for a comment on a pull request.


def test_what_did_not_change_is_folded_in_markdown(compare, mixed):
    out = compare("a", mixed, "--format", "markdown").out
    before, folded = out.split("<details>")
    assert "▲ slower" in before and "· same" not in before and "· same" in folded


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_in_markdown_and_break_nothing(compare, tmp_path, name):
    write(tmp_path / "evil", cells=[replace(cell, conversion=name) for cell in CELLS[:2]])
    out = compare(tmp_path / "evil", tmp_path / "evil", "--format", "markdown").out
    assert "<script" not in out and "<h1>" not in out and "<b>" not in out and "![" not in out
    assert out.count("</details>") == 1 and "@everyone" not in out
    rows = [line.replace("\\|", "") for line in out.splitlines() if line.startswith(("| `", "| <code>"))]
    assert len({line.count("|") for line in rows}) == 2  # the cells' and the means'


def test_thousands_of_cells_still_fit_a_comment(compare, tmp_path):
    cells = [replace(cell, conversion=f"conversion {number}") for number in range(900) for cell in CELLS[:1]]
    for name, factor in (("many", 1.0), ("changed", 1.2)):
        write(tmp_path / name, cells=cells, processes=3, visits=1, rounds=2, factor=factor)
    out = compare(tmp_path / "many", tmp_path / "changed", "--format", "markdown").out
    assert len(out) <= LONGEST and "left out for length" in out


# The gate.


def test_the_gate_fails_on_a_verdict_only(compare):
    told = compare("a", "slow", "--fail-on", "slower>5%")
    assert told.status == 1 and "gate: slower>5% failed, exit status 1: 10 of 10 cells" in told.out
    assert compare("a", "slow", "--fail-on", "slower>20%").status == 0
    assert compare("a", "b", "--fail-on", "slower>5%").status == 0
    assert len(content(compare("a", "slow", "--fail-on", "slower>5%", "--format", "json"))["gate"]["failures"]) == 10


def test_a_gate_that_passes_says_what_it_could_not_judge(compare, tmp_path):
    write(tmp_path / "few", seed=3, processes=2)
    told = compare("a", tmp_path / "few", "--fail-on", "slower>5%")
    assert told.status == 0 and "gate: slower>5% passed, exit status 0; of 10 cells 10 undecided" in told.out
    assert "gate: slower>5% passed, exit status 0\n" in compare("a", "a", "--fail-on", "slower>5%").out


def test_the_gates_answer_is_said_beside_csv_too(compare):
    told = compare("a", "slow", "--fail-on", "slower>5%", "--format", "csv")
    assert told.status == 1 and told.out.startswith("conversion,")
    assert "gate slower>5% failed, exit status 1: 10 of 10 cells" in told.err


def test_a_gate_stricter_than_the_margin_tightens_it(compare, tmp_path):
    two = write(tmp_path / "two", seed=3, factor=1.03, offset=0.001, noise=0.001)
    told = compare("a", two, "--fail-on", "slower>1%")
    assert told.status == 1 and "within ±1%" in told.out
    assert compare("a", two, "--fail-on", "slower>1%", "--margin", "5%").status == 0


# What the records allow.


def test_different_methods_are_refused_by_name_and_marked_when_compared_anyway(compare, tmp_path):
    other = write(tmp_path / "other", seed=4, record={"method": METHOD | {"canary": "python-200"}})
    assert "canary 'python-100' in A and 'python-200' in B; --anyway" in refused(compare("a", other))
    told = content(compare("a", other, "--anyway", "--format", "json"))
    assert all("method-differs" in cell["flags"] for cell in told["cells"])
    assert {cell["clock"] for cell in told["cells"]} == {"own"}
    assert any("the methods differ: canary" in note for note in told["notes"])
    out = compare("a", other, "--anyway", "--all").out
    (sign,) = [line[0] for line in out.splitlines() if line[1:].startswith(" method-differs: 10 of 10 cells")]
    assert out.count(sign) == len(CELLS) + 1


def test_a_tree_is_compared_by_the_methods_of_all_its_runs(compare, tmp_path):
    for number, canary in enumerate(("python-100", "python-200")):
        write(tmp_path / "mixed" / f"run-{number}", seed=number, record={"method": METHOD | {"canary": canary}})
        write(tmp_path / "other" / f"run-{number}", seed=number, record={"method": METHOD | {"canary": "python-200"}})
    assert "B holds runs of different methods (canary)" in refused(compare("a", tmp_path / "mixed"))
    assert "canary 'python-100' in A and 'python-200' in B" in refused(compare("a", tmp_path / "other"))
    told = content(compare("a", tmp_path / "mixed", "--anyway", "--format", "json"))
    assert all("method-differs" in cell["flags"] for cell in told["cells"])


def test_a_process_file_has_the_method_of_its_run(compare, tmp_path):
    other = write(tmp_path / "other", seed=4, record={"method": METHOD | {"canary": "python-200"}})
    assert "canary 'python-100' in A and 'python-200' in B" in refused(compare("a", other / "process-0001.json"))


def test_unfinished_runs_of_a_tree_are_counted(compare, tmp_path):
    for number, status in enumerate(("complete", "interrupted", "complete")):
        write(tmp_path / "tree" / f"run-{number}", seed=number, record={"status": status})
    out = " ".join(compare("a", tmp_path / "tree").out.split())
    assert "B is unfinished in 1 of its 3 runs: compared as far as it goes, 18 processes" in out


def test_an_unfinished_run_is_compared_as_far_as_it_goes_and_said(compare, tmp_path):
    young = write(tmp_path / "young", seed=7, record={"status": "interrupted"})
    assert "B is interrupted: compared as far as it goes, 6 processes" in compare("a", young).out


def test_other_threads_are_another_method_for_runs_and_the_point_of_arms(compare, tmp_path):
    two = write(tmp_path / "two", seed=5, cells=[replace(cell, threads=2) for cell in CELLS])
    assert "threads '1' in A and '2' in B" in refused(compare("a", two))
    anyway = content(compare("a", two, "--anyway", "--format", "json"))
    assert all("threads-differ" in cell["flags"] for cell in anyway["cells"])


def test_two_arms_of_one_run_are_paired_and_their_conditions_said(compare, results):
    rounds = made_up_rounds(replace(LAW, processes=12), CELLS, 6)
    rounds = rounds.assign(arm=["base" if process % 2 else "thp" for process in rounds["process"]])
    arms = [
        {"name": "base", "environment": {}, "python": None},
        {"name": "thp", "environment": {"THP_MEM_ALLOC_ENABLE": "1"}, "python": None},
    ]
    write_run(results / "arms", rounds, record={"arms": arms})
    told = content(compare("arms@base", "arms@thp", "--format", "json"))
    assert all(cell["paired"] for cell in told["cells"])
    assert "THP_MEM_ALLOC_ENABLE: unset → 1" in told["heading"]


def test_runs_of_different_grids_are_not_told_apart_by_what_the_grid_does(compare, tmp_path):
    law = Law(processes=12, offset=0.002)
    grids = ([{"conversion": "torch.tensor", "size": 1}], [{"conversion": "torch.tensor", "size": 4}])
    write_run(tmp_path / "a", made_up_rounds(law, seed=1), record={"plan": {"cells": grids[0]}})
    slower = made_up_rounds(replace(law, factor=1.12), seed=2)
    write_run(tmp_path / "b", slower, record={"plan": {"cells": grids[0]}})
    write_run(tmp_path / "c", slower, record={"plan": {"cells": grids[1]}})
    same_grid = compare(tmp_path / "a", tmp_path / "b").out
    other_grid = compare(tmp_path / "a", tmp_path / "c", "--fail-on", "slower>5%")
    assert "slower" in same_grid and "different grids" not in same_grid
    assert "different grids" in other_grid.out and "▲" not in other_grid.out and other_grid.status == 0


@pytest.mark.parametrize(
    ("allocator", "factor", "found"), [("", 1.12, False), (STEADY_STATE, 1.12, True), (STEADY_STATE, 1.04, False)]
)
def test_a_heap_that_was_tidied_leaves_less_for_the_grid_to_do(compare, tmp_path, allocator, factor, found):
    for name, size, of_run in (("a", 1, 1.0), ("b", 4, factor)):
        rounds = made_up_rounds(Law(processes=12, offset=0.002, factor=of_run), seed=size)
        plan = {"cells": [{"conversion": "torch.tensor", "size": size}]}
        write_run(tmp_path / name, rounds, record={"plan": plan, "method": {"allocator": allocator}})
    out = compare(tmp_path / "a", tmp_path / "b").out
    assert "different grids" in out and ("▲" in out) == found


def test_no_cell_in_common_is_refused(compare, tmp_path):
    other = write(tmp_path / "other-sizes", cells=core_cells(sizes=(2,), dtypes=("float64",)))
    assert "no cell in common" in refused(compare("a", other))


@pytest.mark.parametrize(("option", "value"), [("--format", "markdwon"), ("--fail-on", "slower>")])
def test_a_bad_option_is_refused_before_anything_is_read(compare, option, value):
    assert value in refused(compare("missing", "missing", option, value))


# Other files.


def test_files_of_other_suites_are_compared_without_a_verdict(compare, tmp_path):
    for name, seconds in (("old", 1e-3), ("new", 2e-3)):
        stats = {"median": seconds, "iterations": 1, "data": [seconds] * 20}
        suite = {"machine_info": {}, "benchmarks": [{"name": "test_x|<b>", "stats": stats}], "version": "4.0.0"}
        (tmp_path / f"{name}.json").write_text(json.dumps(suite))
    sides = (tmp_path / "old.json", tmp_path / "new.json")
    (cell,) = content(compare(*sides, "--format", "json"))["cells"]
    assert cell["ratio"] == pytest.approx(2) and cell["verdict"] == "undecided" and cell["ci_low"] is None
    assert "few-processes" in cell["flags"] and "no-canary" in cell["flags"]
    for format in ("table", "markdown", "csv"):
        assert "undecided" in compare(*sides, "--format", format).out


def test_files_of_other_suites_stand_by_their_ratio_and_are_marked_where_their_quartiles_are_apart(compare, tmp_path):
    draw = np.random.default_rng(4)
    factors = {"far": 2.0, "near": 1.01, "fast": 0.5}
    for name in ("old", "new"):
        benchmarks = []
        for test, factor in factors.items():
            data = list(1e-3 * (factor if name == "new" else 1) * np.exp(draw.normal(0, 0.05, 40)))
            benchmarks.append({"name": f"test_{test}", "stats": {"median": data[0], "iterations": 1, "data": data}})
        suite = {"machine_info": {}, "benchmarks": benchmarks, "version": "4.0.0"}
        (tmp_path / f"{name}.json").write_text(json.dumps(suite))
    sides = (tmp_path / "old.json", tmp_path / "new.json")
    out = compare(*sides).out
    rows = [line for line in out.splitlines() if line.startswith("test_")]
    assert [row.split()[0] for row in rows] == ["test_far", "test_near", "test_fast"]
    assert ["▲ apart" in rows[0], "overlap" in rows[1], "▼ apart" in rows[2]] == [True] * 3
    assert "No verdict is possible" in out and "(2 of 3)" in " ".join(out.split())
    cells = {cell["conversion"]: cell for cell in content(compare(*sides, "--format", "json"))["cells"]}
    assert [cells[f"test_{test}"]["apart"] for test in factors] == ["slower", "", "faster"]


def test_a_process_file_of_ours_is_a_side(compare, tmp_path):
    rounds = made_up_rounds(replace(LAW, processes=1), CELLS)
    path = tmp_path / "one.json"
    path.write_text(json.dumps(process_json(rounds, run="r", arm="base", process=1), default=np.generic.item))
    told = compare("a", path)
    assert told.status == 0 and "10 undecided" in told.out


# Sessions.

SESSIONS = {"processes": 10, "sessions": 5, "layout_offset": 0.05}
EARLIER = METHOD | {"protocol": 1, "address_layout": "fixed"}
BEFORE_FRAMES = {name: value for name, value in METHOD.items() if name != "page_frames"}
SHARED_FRAMES = ("shared-page-frames", "in the same page frames", "nothing below 5%")


@pytest.mark.parametrize(
    ("method", "flag", "why", "least", "near", "law"),
    [
        (EARLIER, "one-session", "in one session", "nothing below 14%", 1.1, {}),
        (METHOD | {"page_frames": "shared"}, *SHARED_FRAMES, 1.04, SESSIONS),
        (BEFORE_FRAMES, *SHARED_FRAMES, 1.04, SESSIONS),
    ],
)
def test_nothing_below_what_all_processes_of_a_run_share_is_a_change(
    compare, tmp_path, method, flag, why, least, near, law
):
    for name, factor in (("first", 1.0), ("near", near), ("far", 1.4)):
        write(tmp_path / name, seed=7 + len(name), factor=factor, record={"method": method}, **law)
    told = content(compare(tmp_path / "first", tmp_path / "near", "--format", "json"))
    assert {cell["verdict"] for cell in told["cells"]} == {"undecided"}
    assert all(flag in cell["flags"] for cell in told["cells"])
    assert any(why in note and least in note for note in told["notes"])
    far = content(compare(tmp_path / "first", tmp_path / "far", "--format", "json"))
    assert {cell["verdict"] for cell in far["cells"]} == {"slower"}


def notes_of(compare, a, b):
    return " ".join(content(compare(a, b, "--format", "json"))["notes"])


def test_the_same_programs_are_compared_layout_by_layout_and_others_for_any_layout(compare, tmp_path):
    machine = machine_facts()
    for name, facts in (("one", machine), ("two", machine), ("newer", machine | {"torch": "9.9"})):
        write(tmp_path / name, seed=len(name) + ord(name[0]), record={"machine": facts}, **SESSIONS)
    paired = content(compare(tmp_path / "one", tmp_path / "two", "--format", "json"))
    assert "at the same address layouts, which are paired" in " ".join(paired["notes"])
    assert {cell["verdict"] for cell in paired["cells"]} <= {"same", "undecided"}
    assert "hold for programs at any layout" in notes_of(compare, tmp_path / "one", tmp_path / "newer")


def test_times_at_another_runs_clock_are_said_to_be(compare, tmp_path):
    for name, clock in (("one", 2.5e-6), ("two", 2.5e-6), ("moved", 2.6e-6)):
        arms = [{"name": "base", "environment": {}, "python": None, "clock_reference": clock}]
        write(tmp_path / name, seed=len(name) + ord(name[0]), record={"arms": arms})
    told = content(compare(tmp_path / "one", tmp_path / "moved", "--format", "json"))
    assert "B's times are given at A's clock: at B's own they are 1.04 times as long" in " ".join(told["notes"])
    assert "A's clock" not in notes_of(compare, tmp_path / "one", tmp_path / "two")
    shown = select_one(str(tmp_path / "one"), tmp_path).estimates["seconds"]
    assert [cell["seconds_a"] for cell in told["cells"]] == pytest.approx(shown.to_list())
