import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from copycost import estimate
from copycost.show.document import Document
from copycost.show.render import html, terminal
from copycost.show.render.formats import TRACKERS
from copycost.show.render.layout import MOST_BLANK, plain_text
from copycost.show.sections.costs import cost_tables, legend
from copycost.show.sections.doubts import better_beside_a_copy, notes
from copycost.show.sections.summary import answer
from tests.analyse.laws import machine_cells
from tests.made_up import EMPTY_CALL, Law, core_cells, machine_facts, made_up_rounds, write_run

SIZES = (1, 4096, 16 * 1024**2)
CELLS = [*core_cells(SIZES, ("float32", "float64")), EMPTY_CALL]


@pytest.fixture(scope="module")
def cells():
    return estimate(made_up_rounds(Law(processes=8, noise=0.005), CELLS), precision=0.05)


@pytest.fixture(scope="module")
def faulting():
    return estimate(made_up_rounds(Law(processes=8, noise=0.005), machine_cells()))


def printed(cells, width=100):
    blocks = (*cost_tables(cells), legend(cells), *notes(cells), *better_beside_a_copy(cells))
    return terminal.render(Document("", blocks), width=width)


# One run.


def test_sizes_go_down_and_conversions_across_a_table_for_each_dtype_and_direction(cells):
    lines = printed(cells).splitlines()
    assert lines[0] == "float32, NumPy → PyTorch"
    assert lines[1].split() == ["bytes", "torch.from_numpy", "torch.tensor", "torch.Tensor"]
    assert [line.split()[:2] for line in lines[2:5]] == [["4", "B"], ["16", "KiB"], ["64", "MiB"]]
    assert [line for line in lines if "→" in line] == [
        f"{dtype}, {direction}"
        for direction in ("NumPy → PyTorch", "PyTorch → NumPy")
        for dtype in ("float32", "float64")
    ]
    assert lines[lines.index("float32, PyTorch → NumPy") + 1].split() == ["bytes", "t.numpy", "t.clone.numpy"]


def test_a_value_has_unit_spread_the_evidence_of_sharing_and_how_many_times_sharing_it_costs(cells):
    text = printed(cells[cells["dtype"] == "float32"])
    rows = [line for line in text.splitlines() if line.startswith("   4 B")]
    assert rows[0].count("=") == 2 and "=430 ns ±" in rows[0]  # from_numpy, Tensor on float32
    assert rows[1].count("=") == 1  # t.numpy
    assert "2.10 µs ±0.1%   4.88×" in rows[0] and "=2.1" not in rows[0]
    assert "= shares memory (zero-copy), the others copy; × times the cheapest zero-copy call" in " ".join(text.split())


def test_digits_stand_under_each_other(cells):
    lines = printed(cells).splitlines()[2:5]
    assert len({line.index("±") for line in lines}) == 1


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_no_line_is_wider_than_the_terminal(cells, width):
    assert max(map(len, printed(cells, width).splitlines())) <= width


def test_conversions_that_do_not_fit_go_into_a_second_table_and_at_80_columns_all_do(cells):
    def headings(width):
        lines = printed(cells, width).splitlines()
        return [len(line.split()) for line in lines if line.lstrip().startswith("bytes")]

    assert headings(80) == [4, 4, 3, 3]
    assert headings(60) == [3, 2, 3, 2, 3, 3]


def test_conversions_of_sizes_of_their_own_are_a_list_and_no_grid_of_blanks(cells):
    count = MOST_BLANK + 1
    apart = pd.concat([cells.iloc[:1]] * count).assign(
        conversion=[f"f{number}" for number in range(count)],
        size=pd.array(range(1, count + 1), dtype="Int64"),
        bytes=pd.array(range(4, 4 * count + 4, 4), dtype="Int64"),
    )
    text = printed(apart)
    assert text.splitlines()[1].split() == ["conversion", "bytes", "time"]
    assert all(f"f{number} " in text for number in range(count)) and " 84 B " in text


def test_many_conversions_are_shared_out_at_once(cells, monkeypatch):
    split = []

    def counted(numbers, parts, of=np.array_split):
        split.append(parts)
        return of(numbers, parts)

    monkeypatch.setattr("numpy.array_split", counted)
    many = pd.concat([cells.iloc[:1]] * 300).assign(conversion=[f"f{number:04}" for number in range(300)])
    assert all(f"f{number:04}" in printed(many) for number in (0, 299)) and len(split) <= 200


def test_control_characters_in_others_names_are_not_printed(cells):
    text = printed(cells.assign(conversion="\x1b[31mred\x07", flags="").iloc[:1])
    assert "\x1b" not in text and "\x07" not in text and "[31mred" in text


def test_doubtful_cells_have_a_sign_that_a_line_below_explains(faulting):
    text = printed(faulting)
    lines = [line for line in text.splitlines() if line.lstrip().startswith("128 MiB")]
    assert [line.count("¹") for line in lines] == [1, 1]  # torch.tensor, t.clone.numpy
    assert "¹ page-fault-bound: " in text


def test_a_doubt_that_all_cells_have_is_said_once():
    few = estimate(made_up_rounds(Law(processes=2), CELLS[:3]))
    text = printed(few)
    assert "! few-processes: 3 of 3 cells" in text and "¹" not in text and "±" not in text


def test_a_doubt_about_the_run_is_not_repeated_at_its_cells():
    one = estimate(pd.concat([made_up_rounds(Law(never_quiet=(2,))), made_up_rounds(Law(runs=("calm",)))]))
    (note,) = [note for note in notes(one) if note.name == "never-quiet"]
    assert one["flags"].str.contains("never-quiet").any() and not note.marks


def test_conditions_are_titles_where_they_are_unusual_or_differ():
    cell = CELLS[0]
    varied = [cell, replace(cell, threads=2), replace(cell, cache="cold", layout="strided")]
    (table,) = cost_tables(estimate(made_up_rounds(cells=varied)))
    assert list(table.frame["title"]) == [
        "float32, 1 thread, warm cache, contiguous",
        "float32, 2 threads, warm cache, contiguous",
        "float32, 1 thread, cold cache, strided",
    ]
    (table,) = cost_tables(estimate(made_up_rounds(Law(runs=("a", "b")), [cell])))
    assert list(table.frame["title"]) == ["float32, run a", "float32, run b"]


def test_another_suites_benchmarks_are_a_list():
    rounds = made_up_rounds(Law(processes=1, canary=False), CELLS[:2])
    rounds["conversion"] = pd.Categorical(["test_" + "long" * 30] * len(rounds))
    for name in ("size", "bytes", "threads"):
        rounds[name] = pd.array([pd.NA] * len(rounds), dtype="Int64")
    rounds["dtype"] = rounds["direction"] = pd.Categorical([None] * len(rounds))
    text = printed(estimate(rounds), 80)
    assert "benchmark" in text and " ns" in text and "bytes" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_where_the_ratio_to_a_plain_copy_is_known_better_it_is_shown():
    rounds = made_up_rounds(Law(processes=8, noise=0.002), CELLS)
    swing = rounds["process"].map(lambda number: 1 + 0.1 * (number % 4))
    for name in ("seconds", "copy_seconds"):
        rounds[name] = rounds[name] * swing
    text = printed(estimate(rounds, precision=0.01))
    assert "more precise beside a plain copy of the same bytes:" in text
    assert "torch.tensor float64 128 MiB: 1.61× the time of a plain copy ±" in text
    assert "plain copy of the same bytes" not in printed(estimate(rounds))


def test_what_is_not_known_to_share_is_marked():
    rounds = made_up_rounds(cells=CELLS[:1])
    rounds["shares_memory"] = pd.array([pd.NA] * len(rounds), dtype="boolean")
    text = printed(estimate(rounds))
    assert "?43" in text or "?42" in text
    assert "? not known whether it shares memory" in text


def test_missing_cells_are_named(tell, tmp_path):
    lost = {"conversion": "torch.lost", "direction": "to_tensor", "dtype": "int8", "size": 3}
    run = write_run(tmp_path / "run", record={"plan": {"cells": [lost | {"size": size} for size in range(8)]}})
    text = " ".join(tell("show", run).out.split())
    assert "8 planned cells did not come back: 8 of torch.lost, int8, sizes 0 to 7: not measured" in text


def test_on_a_pipe_there_are_no_control_characters_and_the_run_is_told(tell, tmp_path):
    run = write_run(tmp_path / "run", record={"status": "interrupted"})
    told = tell("show", run)
    assert all(sign.isprintable() or sign == "\n" for sign in told.out)
    assert told.out.startswith("run · AMD EPYC 2c 3f9a1c · torch 2.13.0, NumPy 2.4.6 · 6 processes · interrupted\n")


def test_what_holds_no_conversion_is_refused(tell, tmp_path):
    (tmp_path / "x.json").write_text(json.dumps({"benchmarks": []}))
    told = tell("show", tmp_path / "x.json")
    assert told.status == 2 and told.err.count("\n") == 1


# Every format.


@pytest.mark.parametrize("format", ["table", "markdown", "json", "csv", "html"])
def test_a_run_has_every_format_and_a_file_has_what_is_printed(tell, tmp_path, format):
    run = write_run(tmp_path / "run", made_up_rounds(Law(processes=3, visits=1), CELLS[:3]))
    told = tell("show", run, "--format", format)
    assert told.status == 0 and "torch.from_numpy" in told.out
    assert tell("show", run, "--format", format, "--out", tmp_path / "file").out == ""
    assert (tmp_path / "file").read_text() == told.out


def test_export_is_one_row_for_each_cell_to_the_last_digit(tell, tmp_path):
    run = write_run(tmp_path / "run", made_up_rounds(Law(processes=3, visits=1), CELLS[:3]))
    expected = estimate(pd.concat([made_up_rounds(Law(processes=3, visits=1), CELLS[:3])]), precision=0.01)
    rows = json.loads(tell("export", run, "--format", "json").out)
    assert [row["seconds"] for row in rows] == pytest.approx(list(expected["seconds"]), rel=1e-9)
    assert rows[0]["gb_per_s"] is None and rows[0]["shares_memory"] is True
    assert len(tell("export", run).out.splitlines()) == 4
    tell("export", run, "--format", "parquet", "--out", tmp_path / "cells.parquet")
    assert pd.read_parquet(tmp_path / "cells.parquet")["seconds"].tolist() == [row["seconds"] for row in rows]


@pytest.mark.parametrize("format", TRACKERS)
def test_estimates_are_exported_for_trackers_of_benchmarks_and_by_no_other_command(tell, tmp_path, format):
    run = write_run(tmp_path / "run", made_up_rounds(Law(processes=3, visits=1), CELLS[:3]))
    told = tell("export", run, "--format", format, "--out", tmp_path / "file")
    assert (told.status, told.out) == (0, "") and "torch.from_numpy" in (tmp_path / "file").read_text()
    assert f"format {format!r} is unknown" in tell("show", run, "--format", format).err


@pytest.mark.parametrize("command", ["show", "export", "explain", "compare", "machines", "history"])
def test_an_unknown_format_is_one_line_that_names_the_nearest(tell, command):
    words = ["x", "y"] if command == "compare" else ["x"]
    told = tell(command, *words, "--format", "markdwon")
    assert told.status == 2 and told.err == "copycost: format 'markdwon' is unknown: did you mean markdown?\n"


# A tree.


@pytest.fixture
def tree(tmp_path):
    rounds = made_up_rounds(Law(processes=1, visits=1), core_cells((16,), ("float32",)))
    for number in range(3):
        created = f"2026-01-0{number + 1}T00:00:00+00:00"
        write_run(tmp_path / "tree" / f"run-{number}", rounds, record={"created": created})
    return tmp_path / "tree"


def test_a_few_runs_have_a_row_each(tell, tree):
    lines = tell("show", tree).out.splitlines()
    assert lines[0] == "tree: 3 runs of 1 machine"
    assert [line.split()[0] for line in lines[3:6]] == ["run-0", "run-1", "run-2"]
    assert "2026-01-02" in lines[4] and "complete" in lines[4] and "100%" in lines[4]


def test_many_runs_have_a_row_for_each_machine(tell, tree, monkeypatch):
    monkeypatch.setattr("copycost.show.sections.tree.FEW", 2)
    lines = tell("show", tree).out.splitlines()
    assert lines[0] == "tree: 3 runs of 1 machine"
    assert lines[3].split()[-5:] == ["3", "2026-01-03", "2.13.0", "5", "100%"]


def test_of_more_machines_than_there_is_room_for_the_rest_is_counted(tell, tree, monkeypatch):
    for number in range(3):
        path = tree / f"run-{number}" / "process-0001.json"
        content = json.loads(path.read_text())
        content["machine_info"]["copycost"] = machine_facts() | {"machine": f"machine {number}"}
        path.write_text(json.dumps(content))
    monkeypatch.setattr("copycost.show.sections.tree.FEW", 2)
    monkeypatch.setattr("copycost.show.sections.tree.MOST_ROWS", 1)
    out = tell("show", tree).out
    assert "3 runs of 3 machines" in out and "machine 0" in out and "machine 1" not in out
    assert "and 2 more rows" in out


def test_what_cannot_be_read_is_told_and_the_rest_is_shown(tell, tree):
    (tree / "run-1" / "process-0001.json").write_text("{")
    told = tell("show", tree, "--skip-bad")
    assert "2 runs of 1 machine" in told.out and told.err.count("skipped") == 1


# The answer.


def told(seconds, shares=False):
    """Return the sentence about a conversion of these times, beside a zero-copy call of 1 µs."""
    frame = pd.DataFrame({"seconds": seconds, "bytes": [8 * 4**number for number in range(len(seconds))]})
    own = frame.assign(conversion="f", expression="f(a)", dtype="float64", shares_memory=shares, direction="to_tensor")
    own = own.assign(multiple=np.nan if shares else own["seconds"] / 1e-6, ci_low=np.nan, ci_high=np.nan)
    own = own.assign(run="r", arm="base", threads=1, cache="warm", layout="contiguous")
    own = own.assign(bound=None, result_bytes=own["bytes"])
    _, lines = answer(own)
    return plain_text(lines.lines[0])


def test_the_answer_says_between_which_measured_sizes_a_copy_comes_to_cost_ten_times_sharing():
    assert told([2e-6, 9e-6, 11e-6, 40e-6]).endswith("Ten times a zero-copy call from between 32 B and 128 B on.")
    assert told([12e-6, 40e-6]).endswith("Ten times a zero-copy call at every size measured.")
    assert "Ten times" not in told([2e-6, 12e-6, 8e-6])
    assert told([12e-6, 8e-6, 12e-6]).endswith("from between 32 B and 128 B on.")


def test_the_answer_says_of_sharing_that_its_cost_has_nothing_to_do_with_the_size():
    assert told([1e-6, 1.02e-6, 1e-6], shares=True) == (
        "f(a) shares memory and takes 1.00 µs to 1.02 µs, whatever the size."
    )
    assert told([1e-6, 1.9e-6, 1.04e-6], shares=True).endswith("1.00 µs to 1.90 µs, and does not grow with the size.")


def test_the_answer_says_of_a_copy_no_more_than_was_measured():
    assert told([2e-6]) == "f(a) copies and takes 2.00 µs for 8 B."
    assert told([2e-6, 2.05e-6]) == "f(a) copies and takes 2.00 µs to 2.05 µs, at every size measured."


def test_the_answer_says_what_bounds_a_copy_where_that_was_measured(faulting):
    def told(cells, largest):
        (_, lines, *_) = answer(cells.assign(multiple=np.nan), [{"level": 3, "type": "unified", "bytes": largest}])
        return plain_text(lines.lines[1])

    # A call of 2 µs, 8 GB/s: 8 KiB are copied in 1.0 µs and 32 KiB in 4.1; 2 and 8 MiB move twice their bytes.
    assert told(faulting, 8 * 1024**2).endswith(
        "Most of the time goes into the call up to 8 KiB, copying within the caches from 32 KiB to 2 MiB, copying in "
        "memory at 8 MiB and page faults from 32 MiB on."
    )
    assert "Most of the time" not in told(faulting.assign(bound=None), 8 * 1024**2)
    large = faulting[faulting["bytes"] > 2**24]
    assert told(large, 8 * 1024**2).endswith("Most of the time goes into page faults at every size measured.")


def test_a_run_ends_with_a_line_for_each_doubt_and_says_where_more_is_told(tell, tmp_path):
    run = write_run(
        tmp_path / "run", made_up_rounds(Law(processes=2), machine_cells()), record={"plan": {"precision": 0.01}}
    )
    lines = tell("show", run).out.rstrip().splitlines()
    first = next(number for number, line in enumerate(lines) if "few-processes" in line)
    names = [line.split(":")[0].split()[-1] for line in lines[first:-1] if line and "more about" not in line]
    assert names == ["few-processes", "page-fault-bound", "imprecise"]
    assert " ".join(lines).endswith(f"explain {run}")  # which is folded where the name of its folder is long


def test_a_page_has_the_ratio_to_sharing_as_a_column_to_sort_by(cells):
    page = html.render(Document("", tuple(cost_tables(cells))))
    assert '"heading":"×"' in page.replace(": ", ":") and '"unit":"multiple"' in page.replace(": ", ":")


def test_a_pipe_is_as_wide_as_it_is_told(cells, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    document = Document("", (*cost_tables(cells),))
    assert max(map(len, terminal.render(document).splitlines())) <= 60
    monkeypatch.setenv("COLUMNS", "wide")
    assert 60 < max(map(len, terminal.render(document).splitlines())) <= 100
