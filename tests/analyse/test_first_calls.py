import numpy as np
import pandas as pd
import pytest

from copycost import estimate
from copycost.analyse.first_calls import first_calls
from copycost.show.document import Document
from copycost.show.render import terminal
from copycost.show.sections.explanation import first_call_sections
from tests.made_up import Law, core_cells, made_up_rounds

CELL = "torch.tensor-float64-1-1-warm-contiguous"


@pytest.fixture(scope="module")
def cells():
    rounds = made_up_rounds(Law(processes=3, visits=1), core_cells(sizes=(1, 4096), dtypes=("float64",)))
    cells = estimate(rounds)
    return cells[cells["direction"] != "reference"].reset_index(drop=True)


def told(of_base):
    return {"first_calls": {"base": of_base}}


def test_the_middle_of_the_first_calls_stands_beside_the_later_ones(cells):
    arm = str(cells["arm"].iloc[0])
    record = {"first_calls": {arm: {"seconds": {CELL: [4e-3, 1e-3, 2e-3], "gone-float64-1": [1.0]}, "failed": {}}}}
    later = cells.loc[(cells["conversion"] == "torch.tensor") & (cells["size"] == 1), "seconds"].iloc[0]
    (row,) = first_calls(cells, record).to_dict("records")
    assert (row["conversion"], row["bytes"], row["processes"]) == ("torch.tensor", 8, 3)
    assert (row["first_seconds"], row["first_low"], row["first_high"]) == (2e-3, 1e-3, 4e-3)
    assert row["seconds"] == later and row["times"] == pytest.approx(2e-3 / later)
    (section,) = first_call_sections(first_calls(cells, record))
    text = terminal.render(Document("", (section,)), width=80)
    assert "First calls" in text and "2.00 ms" in text and "torch.from_numpy" not in text


@pytest.mark.parametrize(
    "record",
    [
        {},
        told(None),
        told({"seconds": {CELL: 3}}),
        told({"seconds": [1]}),
        told({"seconds": {CELL: [None, "1", -1.0, float("nan")]}}),
        told({"seconds": {CELL: []}}),
    ],
)
def test_where_none_is_known_there_is_no_row_and_no_section(cells, record):
    found = first_calls(cells, record)
    assert found.empty and first_call_sections(found) == []
    assert isinstance(found, pd.DataFrame) and found["times"].dtype == np.float64
