import pandas as pd
import pytest

from copycost.show.charts.frames import FRAMES, HISTORY, PAIR
from copycost.show.charts.provenance import data_hash
from tests.show.charts.made_up import cells, comparison, series, several, suite, with_references

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
    assert FRAMES[PAIR].prepare(frame)["kind"].to_list() == ["changed", "undecided", "same"]


def test_a_history_has_its_times_in_seconds():
    frame = FRAMES[HISTORY].prepare(series(runs=3, conversions=("t.numpy",), dtypes=("float32",), sizes=(1,)))
    assert frame["at"].diff().dropna().to_list() == [7 * 86400.0] * 2
