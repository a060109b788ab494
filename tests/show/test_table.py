import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from copycost import estimate
from copycost.show.table import (
    MOST_BLANK,
    cells_view,
    doubt_lines,
    legend,
    missing_lines,
    notes,
    plain,
    ratio_lines,
    tables,
)
from tests.made_up import EMPTY_CALL, Law, core_cells, made_up_rounds

SIZES = (1, 4096, 16 * 1024**2)
CELLS = [*core_cells(SIZES, ("float32", "float64")), EMPTY_CALL]


@pytest.fixture(scope="module")
def cells():
    return estimate(made_up_rounds(Law(processes=8, noise=0.005), CELLS), precision=0.05)


def printed(view, width=100):
    console = Console(file=io.StringIO(), width=width)
    console.print(view)
    return console.file.getvalue()


def test_sizes_go_down_and_conversions_across_one_table_for_each_dtype(cells):
    lines = printed(cells_view(cells)).splitlines()
    assert lines[0].strip() == "float32"
    assert lines[1].split() == [
        "bytes",
        "torch.from_numpy",
        "torch.tensor",
        "torch.Tensor",
        "t.numpy",
        "t.clone.numpy",
    ]
    assert [line[:8].strip() for line in lines[2:5]] == ["4 B", "16 KiB", "64 MiB"]
    assert "float64" in [line.strip() for line in lines]


def test_a_value_has_unit_spread_and_the_evidence_of_sharing(cells):
    text = printed(cells_view(cells[cells["dtype"] == "float32"]))
    row = next(line for line in text.splitlines() if line.startswith("   4 B"))
    assert row.count("=") == 3 and "=430 ns ±" in row  # from_numpy, Tensor on float32, t.numpy
    assert "2.10 µs ±" in row and "=2.1" not in row
    assert "= shares memory (zero-copy), the others copy" in text


def test_digits_stand_under_each_other(cells):
    lines = printed(cells_view(cells)).splitlines()[2:5]
    assert len({line.index("±") for line in lines}) == 1


@pytest.mark.parametrize("width", [80, 100, 120])
def test_no_line_is_wider_than_the_terminal(cells, width):
    assert max(map(len, printed(cells_view(cells, width=width), width).splitlines())) <= width


def test_conversions_that_do_not_fit_go_into_a_second_table(cells):
    assert len(tables(cells, width=100)) == 2
    narrow = tables(cells, width=80)
    assert [len(table.columns) for table in narrow] == [4, 3, 4, 3]
    assert all(len(table.columns) == 2 for table in tables(cells, width=10))


def test_conversions_of_sizes_of_their_own_are_a_list_and_no_grid_of_blanks(cells):
    count = MOST_BLANK + 1
    apart = pd.concat([cells.iloc[:1]] * count).assign(
        conversion=[f"f{number}" for number in range(count)],
        size=pd.array(range(1, count + 1), dtype="Int64"),
        bytes=pd.array(range(4, 4 * count + 4, 4), dtype="Int64"),
    )
    (table,) = tables(apart)
    assert [str(column.header) for column in table.columns] == ["conversion", "bytes", "time"]
    text = printed(cells_view(apart))
    assert all(f"f{number} " in text for number in range(count)) and " 84 B " in text
    assert len(tables(apart.assign(bytes=4))) > 1


def test_many_conversions_are_shared_out_at_once(cells, monkeypatch):
    split = []

    def counted(numbers, parts, of=np.array_split):
        split.append(parts)
        return of(numbers, parts)

    monkeypatch.setattr("numpy.array_split", counted)
    many = pd.concat([cells.iloc[:1]] * 3000).assign(conversion=[f"f{number:04}" for number in range(3000)])
    assert sum(len(table.columns) - 1 for table in tables(many, width=100)) == 3000
    assert len(split) <= 100


def test_on_a_pipe_there_are_no_control_characters(cells):
    text = printed(cells_view(cells))
    assert all(sign.isprintable() or sign == "\n" for sign in text)


def test_control_characters_in_others_names_are_not_printed(cells):
    named = cells.assign(conversion="\x1b[31mred\x07", flags="")
    text = printed(cells_view(named.iloc[:1]))
    assert "\x1b" not in text and "\x07" not in text and "[31mred" in text
    assert plain("a\nb") == "a\N{REPLACEMENT CHARACTER}b"


def test_doubtful_cells_have_a_sign_that_a_line_below_explains(cells):
    text = printed(cells_view(cells))
    assert notes(cells) == {"page-fault-bound": "¹"}
    line = next(line for line in text.splitlines() if line.startswith("   64 MiB"[3:]) or "64 MiB" in line)
    assert line.count("¹") == 2  # torch.tensor and t.clone.numpy; torch.Tensor shares on float32
    assert "¹ page-fault-bound: " in text


def test_a_doubt_that_all_cells_have_is_said_once(cells):
    few = estimate(made_up_rounds(Law(processes=2), CELLS[:3]))
    assert notes(few) == {}
    assert doubt_lines(few)[0].startswith("! few-processes: 3 of 3 cells")
    assert "±" not in printed(cells_view(few)) and "±" not in legend(few)[0]


def test_a_doubt_about_the_run_is_not_repeated_at_its_cells():
    law = Law(never_quiet=(2,))
    one = estimate(pd.concat([made_up_rounds(law), made_up_rounds(Law(runs=("calm",)))]))
    assert one["flags"].str.contains("never-quiet").any()
    assert "never-quiet" not in notes(one)
    assert any("never-quiet" in line for line in doubt_lines(one))


def test_conditions_are_titles_where_they_are_unusual_or_differ():
    cell = CELLS[0]
    varied = [cell, replace(cell, threads=2), replace(cell, cache="cold", layout="strided")]
    titles = [str(table.title) for table in tables(estimate(made_up_rounds(cells=varied)))]
    assert titles == [
        "float32, 1 threads, warm cache, contiguous",
        "float32, 2 threads, warm cache, contiguous",
        "float32, 1 threads, cold cache, strided",
    ]
    two_runs = estimate(made_up_rounds(Law(runs=("a", "b")), [cell]))
    assert [str(t.title) for t in tables(two_runs)] == ["float32, run a", "float32, run b"]


def test_another_suites_benchmarks_are_a_list():
    rounds = made_up_rounds(Law(processes=1, canary=False), CELLS[:2])
    rounds["conversion"] = pd.Categorical(["test_" + "long" * 30] * len(rounds))
    for name in ("size", "bytes", "threads"):
        rounds[name] = pd.array([pd.NA] * len(rounds), dtype="Int64")
    rounds["dtype"] = rounds["direction"] = pd.Categorical([None] * len(rounds))
    text = printed(cells_view(estimate(rounds)), 80)
    assert "benchmark" in text and " ns" in text and "bytes" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_missing_cells_are_named():
    row = {"conversion": "torch.tensor", "dtype": "int8", "size": 64, "reason": "killed\nby 9"}
    assert missing_lines(pd.DataFrame()) == []
    lines = missing_lines(pd.DataFrame([row] * 8))
    assert lines[0] == "! 8 planned cells did not come back:"
    assert "torch.tensor int8 64: killed" in lines[1] and lines[-1] == "  and 3 more"


def test_where_the_ratio_to_a_plain_copy_is_known_better_it_is_shown():
    rounds = made_up_rounds(Law(processes=8, noise=0.002), CELLS)
    swing = rounds["process"].map(lambda number: 1 + 0.1 * (number % 4))
    for name in ("seconds", "copy_seconds"):
        rounds[name] = rounds[name] * swing
    lines = ratio_lines(estimate(rounds, precision=0.01))
    assert lines[0] == "more precise beside a plain copy of the same bytes:"
    assert any("torch.tensor float64 128 MiB: 1.61× the time of a plain copy ±" in x for x in lines)
    assert ratio_lines(estimate(rounds)) == []


def test_what_is_not_known_to_share_is_marked():
    rounds = made_up_rounds(cells=CELLS[:1])
    rounds["shares_memory"] = pd.array([pd.NA] * len(rounds), dtype="boolean")
    text = printed(cells_view(estimate(rounds)))
    assert "?43" in text or "?42" in text
    assert "? not known whether it shares memory" in text


def test_no_cells_give_no_table(cells):
    assert tables(cells.iloc[:0]) == []
    assert printed(cells_view(cells.iloc[:0])).strip() == "time per call"
