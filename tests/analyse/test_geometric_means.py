import numpy as np
import pandas as pd
import pytest

from copycost.analyse.comparison import compare
from copycost.analyse.geometric_means import COLUMNS, summary
from tests.made_up import Law, core_cells, made_up_rounds


def comparison(ratios, **columns):
    count = len(ratios)
    given = {"conversion": "c", "error": 0.01, "degrees": 7.0, "verdict": "same"} | columns
    return pd.DataFrame({"ratio": ratios, **{name: [value] * count for name, value in given.items()}})


def test_twice_and_half_as_slow_are_as_fast():
    own = summary(comparison([2.0, 0.5])).iloc[-1]
    assert own["ratio"] == pytest.approx(1.0)
    assert own["ci_low"] < 1 < own["ci_high"]


def test_one_row_per_conversion_and_one_for_all():
    law = Law(processes=6, offset=0.004)
    own = compare(made_up_rounds(law), made_up_rounds(Law(processes=6, offset=0.004, factor=1.05), seed=1))
    rows = summary(own)
    assert tuple(rows.columns) == COLUMNS
    assert len(rows) == 6 and pd.isna(rows["conversion"].iloc[-1])
    assert rows["cells"].iloc[-1] == len(own) == rows["slower"].iloc[-1]
    assert ((rows["ci_low"] < 1.05) & (rows["ci_high"] > 1.05)).all()


def test_the_interval_covers_whatever_cells_have_in_common():
    draw = np.random.default_rng(1)
    covered = 0
    for _ in range(400):
        common = draw.normal(0, 0.01)  # each cell's whole error is shared with the others
        own = summary(comparison(np.exp([common] * 5))).iloc[-1]
        covered += own["ci_low"] <= 1 <= own["ci_high"]
    assert covered / 400 >= 0.94


def test_cells_of_one_side_are_counted_but_have_no_part_in_the_mean():
    own = pd.concat([comparison([1.1]), comparison([np.nan], error=np.nan, verdict="only in A")], ignore_index=True)
    row = summary(own).iloc[-1]
    assert row["cells"] == 1 and row["only in A"] == 1 and row["ratio"] == pytest.approx(1.1)


def test_without_any_interval_the_mean_stands_alone():
    row = summary(comparison([1.1, 1.1], error=np.nan, verdict="undecided")).iloc[-1]
    assert row["ratio"] == pytest.approx(1.1) and np.isnan(row["ci_low"])
    assert np.isnan(summary(comparison([np.nan], error=np.nan)).iloc[-1]["ratio"])


def test_made_up_cells_have_a_summary_however_few():
    cells = core_cells(sizes=(1,), dtypes=("float64",))[:1]
    assert len(summary(compare(made_up_rounds(cells=cells), made_up_rounds(cells=cells, seed=1)))) == 2
