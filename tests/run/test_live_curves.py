import numpy as np
import pandas as pd
import pytest

from copycost import estimate
from copycost.run.live_curves import ASCII, BLOCKS, MOST_SIZES, curve_lines
from tests.made_up import Law, core_cells, made_up_rounds

SIZES = tuple(4**power for power in range(13))
CELLS = estimate(made_up_rounds(Law(processes=3, visits=1, rounds=2), core_cells(sizes=SIZES)), references=True)


def signs(line):
    return "".join(sign for sign in line if sign in BLOCKS)


def test_each_conversion_has_a_line_with_a_curve_for_each_dtype_and_its_span():
    lines = curve_lines(CELLS, 120, 40)
    assert lines[0].split() == ["float32", "float64"]
    assert [line.split()[0] for line in lines[1:]] == list(dict.fromkeys(CELLS["conversion"]))
    assert all(len(signs(line)) == 2 * len(SIZES) for line in lines[1:])
    assert lines[2].endswith("ms") and " µs to " in lines[2]


def test_what_costs_more_is_higher_and_what_does_not_change_is_flat():
    flat, rising = (signs(line)[: len(SIZES)] for line in curve_lines(CELLS, 120, 40)[1:3])
    assert len(set(flat)) == 1
    heights = [BLOCKS.index(sign) for sign in rising]
    assert heights == sorted(heights) and heights[-1] - heights[0] >= 4


@pytest.mark.parametrize("width", range(20, 140, 7))
@pytest.mark.parametrize("height", [0, 1, 2, 4, 40])
def test_lines_keep_to_the_terminal(width, height):
    lines = curve_lines(CELLS, width, height)
    assert len(lines) <= height and all(len(line) <= width for line in lines)


def test_few_columns_and_lines_still_show_something():
    assert len(curve_lines(CELLS, 50, 3)) == 3 and curve_lines(CELLS, 50, 3)[-1] == "and 4 more"
    assert all(signs(line) for line in curve_lines(CELLS, 45, 40)[1:])
    assert curve_lines(CELLS, 30, 40) == []


def test_what_is_not_known_yet_is_blank():
    later = CELLS.assign(seconds=np.where(CELLS["size"] > 4096, np.nan, CELLS["seconds"]))
    assert len(signs(curve_lines(later, 50, 40)[1])) == 7
    assert curve_lines(CELLS.assign(seconds=np.nan), 120, 40) == []


def test_a_terminal_without_blocks_has_letters_of_the_alphabet_that_all_have():
    lines = curve_lines(CELLS, 120, 40, blocks=False)
    assert all(line.isascii() for line in lines) and ASCII[-1] in "".join(lines) and " us to " in lines[2]


def test_other_conditions_and_arms_are_columns_of_their_own():
    arms = [CELLS.assign(arm=arm, threads=threads) for arm, threads in (("base", 1), ("thp", 2))]
    heading = curve_lines(pd.concat(arms), 200, 40)[0]
    assert "float32, base" in heading and "float64, 2 threads, thp" in heading


def test_names_of_every_kind_and_length_are_cut_and_cleaned():
    name = "\x1b[31m\n" + "x" * 200
    lines = curve_lines(CELLS.assign(conversion=name), 80, 40)
    assert len(lines) == 2 and "\x1b" not in lines[1] and "\n" not in lines[1] and len(lines[1]) <= 80


def test_more_sizes_than_columns_are_thinned_out_from_end_to_end():
    cells = core_cells(sizes=tuple(range(1, 200)), dtypes=("float64",))
    many = pd.DataFrame(
        [
            {name: getattr(cell, name) for name in ("conversion", "direction", "dtype", "size", "bytes")}
            | {"threads": 1, "cache": "warm", "layout": "contiguous", "arm": "base", "seconds": cell.seconds}
            for cell in cells
        ]
    )
    assert all(len(signs(line)) == MOST_SIZES for line in curve_lines(many, 120, 40)[1:])
