import pandas as pd
import pytest

from copycost.show.charts.frames import prepare
from copycost.show.charts.gallery import draw
from copycost.show.charts.several_runs import MOST_TESTS, over_median, several
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


def test_tests_without_sizes_are_lines_over_the_runs_in_one_panel_and_those_that_change_most_are_named():
    sized = made_up.several(3, **SMALL).drop_duplicates("run")
    count = MOST_TESTS + 2
    cells = pd.concat([sized.assign(conversion=f"t{n}", bytes=pd.NA, size=pd.NA) for n in range(count)])
    number = cells["conversion"].str[1:].astype(int)
    cells["seconds"] = 1e-3 * (1 + number * 0.1 * (cells["run"] == "run-2"))
    drawing = draw("runs", cells.reset_index(drop=True))
    (axes,) = drawing.figure.axes
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["run-0", "run-1", "run-2"]
    texts = [text.get_text() for text in drawing.figure.texts]
    assert [f"t{n}" in texts for n in range(count)] == [False, False, *[True] * MOST_TESTS]
    assert "2 tests that change less" in texts


@pytest.mark.parametrize("missing", ["threads", "layout"])
def test_conditions_keep_cells_apart(missing):
    frame = prepare(made_up.several(2, **SMALL))
    other = frame[frame["run"] == "run-1"].assign(**{missing: 2 if missing == "threads" else "strided"})
    assert several(pd.concat([frame[frame["run"] == "run-0"], other])).empty
