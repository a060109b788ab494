import numpy as np
import pandas as pd
import pytest

from copycost.show.charts.frames import FRAMES, HISTORY, PAIR, RUN, data_hash, prepare, prepared
from tests.show.charts.made_up import CORE, cells, comparison, rounds, series, several, suite, with_references

SMALL = {"dtypes": ("float32",), "sizes": (1, 64)}


MADE = {
    "run": lambda: cells(**SMALL),
    "pair": lambda: comparison(cells(**SMALL)),
    "runs": lambda: several(3, **SMALL),
    "history": lambda: series(**SMALL),
    "parameters": suite,
}


@pytest.mark.parametrize("shows", MADE)
def test_the_order_of_a_frame_does_not_matter(shows):
    frame = MADE[shows]()
    shuffled = frame.sample(frac=1, random_state=3)
    prepare = FRAMES[shows].prepare
    first, second = (prepare(one)[list(set(FRAMES[shows].hashed) & set(prepare(one)))] for one in (frame, shuffled))
    pd.testing.assert_frame_equal(first, second[first.columns], check_dtype=False)


@pytest.mark.parametrize("shows", MADE)
def test_another_time_is_another_hash(shows):
    frame = MADE[shows]()
    column = "seconds_a" if shows == "pair" else "seconds"
    changed = frame.assign(**{column: frame[column] * 1.01})
    assert data_hash(frame, shows=shows) != data_hash(changed, shows=shows)


def test_a_column_that_no_chart_shows_does_not_count():
    frame = cells(**SMALL)
    assert data_hash(frame) == data_hash(frame.assign(later=1, quiet_share=0.1))


def test_plain_copies_count_only_for_charts_that_show_them():
    frame = with_references(cells(**SMALL))
    other = with_references(cells(**SMALL), fresh=9.0)
    assert data_hash(frame) == data_hash(other) == data_hash(cells(**SMALL))
    assert data_hash(frame, references=True) != data_hash(other, references=True)


def test_verdicts_decide_how_a_cell_of_a_comparison_looks():
    frame = comparison(cells(("torch.tensor",), ("float32",), (1, 4096, 4**9)))
    frame["verdict"] = ["slower", "only in B", "same"]
    assert FRAMES[PAIR].prepare(frame)["look"].to_list() == ["changed", "undecided", "same"]


def test_a_history_has_its_times_in_seconds():
    frame = FRAMES[HISTORY].prepare(series(runs=3, conversions=("t.numpy",), dtypes=("float32",), sizes=(1,)))
    assert frame["at"].diff().dropna().to_list() == [7 * 86400.0] * 2


def test_the_order_of_the_cells_does_not_matter():
    frame = cells(sizes=(1, 4096))
    shuffled = frame.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(prepare(frame), prepare(shuffled))


def test_references_and_empty_arrays_are_left_out():
    frame = cells(sizes=(1, 64)).astype({"direction": object})
    frame.loc[0, "direction"] = "reference"
    frame.loc[1, "bytes"] = 0
    assert len(prepare(frame)) == len(frame) - 2


@pytest.mark.parametrize("kind", ["boolean", object])
def test_sharing_comes_from_the_evidence_and_may_be_unknown(kind):
    frame = cells(("t.numpy",), ("float32",), (1, 2, 3))
    frame["shares_memory"] = pd.array([True, False, None], dtype=kind)
    assert prepare(frame)["look"].to_list() == ["shares", "copies", "unknown"]


def test_what_a_foreign_file_does_not_know_is_no_error():
    frame = cells(("t.numpy",), ("float32",), (1, 4))
    frame["threads"] = pd.array([None, None], dtype="Int64")
    frame["dtype"] = pd.Series([None, None], dtype=object)
    frame["flags"] = pd.Series([None, "few-quiet"], dtype=object)
    found = prepare(frame.drop(columns="layout"))
    assert found["threads"].to_list() == [0, 0]
    assert found["dtype"].to_list() == ["", ""]
    assert found["flagged"].to_list() == [False, True]


CELLS = cells(dtypes=("float32",), sizes=(1, 64))


def test_the_hash_is_of_the_data_not_of_their_order():
    assert data_hash(CELLS) == data_hash(CELLS.sample(frac=1, random_state=1))


def test_another_figure_is_another_hash_but_the_last_digits_do_not_count():
    changed, nearly = CELLS.copy(), CELLS.copy()
    changed.loc[0, "seconds"] *= 1.001
    nearly["seconds"] = np.nextafter(nearly["seconds"], 1)
    assert data_hash(changed) != data_hash(CELLS)
    assert data_hash(nearly) == data_hash(CELLS)


def test_rounds_count_where_they_are_shown():
    some, others = rounds(CELLS, 5, seed=1), rounds(CELLS, 5, seed=2)
    assert data_hash(CELLS, some) != data_hash(CELLS, others)


def test_conversions_keep_the_order_of_the_results_which_is_the_catalogues():
    assert prepared(cells(), RUN).conversions == CORE
    assert prepared(comparison(), PAIR).conversions == CORE
