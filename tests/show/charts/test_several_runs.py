import pandas as pd
import pytest

from copycost.show.charts.frames import prepare
from copycost.show.charts.several_runs import over_median, several
from tests.show.charts import made_up

SMALL = {"conversions": ("torch.tensor",), "dtypes": ("float64",), "sizes": (1, 64)}


def test_a_cell_of_one_run_only_has_nothing_to_stand_beside():
    frame = prepare(made_up.several(3, **SMALL))
    lonely = frame[(frame["run"] == "run-0") | (frame["bytes"] == 8)]
    assert set(several(lonely)["bytes"]) == {8.0}


def test_times_are_taken_over_the_median_of_all_runs():
    frame = prepare(made_up.several(3, **SMALL))
    frame["seconds"] = frame["run"].map({"run-0": 1.0, "run-1": 2.0, "run-2": 4.0})
    assert over_median(frame).groupby(frame["run"]).first().to_dict() == {"run-0": 0.5, "run-1": 1.0, "run-2": 2.0}


@pytest.mark.parametrize("missing", ["threads", "layout"])
def test_conditions_keep_cells_apart(missing):
    frame = prepare(made_up.several(2, **SMALL))
    other = frame[frame["run"] == "run-1"].assign(**{missing: 2 if missing == "threads" else "strided"})
    assert several(pd.concat([frame[frame["run"] == "run-0"], other])).empty
