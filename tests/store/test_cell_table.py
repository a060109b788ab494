import numpy as np
import pandas as pd
import pytest

from copycost import estimate
from copycost.store.cell_table import from_parquet, renamed, to_frame, to_parquet, to_table
from tests.made_up import Law, core_cells, made_up_rounds


@pytest.fixture(scope="module")
def cells():
    return estimate(made_up_rounds(Law(processes=3, visits=2), core_cells((1, 4096))), references=True)


def test_cells_come_back_without_a_changed_bit_or_type(cells):
    again = to_frame([from_parquet(to_parquet(to_table(cells)))])
    pd.testing.assert_frame_equal(again, cells, check_exact=True)


def test_many_tables_make_one_frame(cells):
    table = to_table(cells)
    both = to_frame([table, renamed(table, "other")])
    pd.testing.assert_frame_equal(both.iloc[: len(cells)], cells, check_exact=True)
    assert set(both["run"].iloc[len(cells) :]) == {"other"}


def test_a_column_of_which_nothing_is_known_fits_one_that_is(cells):
    unknown = cells.assign(layout=pd.Series([np.nan] * len(cells), dtype=object))
    both = to_frame([to_table(cells), to_table(unknown)])
    assert both["layout"].isna().sum() == len(cells) and both["layout"].dtype == object


@pytest.mark.parametrize("data", [b"", b"PAR1", b"x" * 100])
def test_what_is_not_parquet_is_refused(data):
    with pytest.raises(ValueError):
        from_parquet(data)


def test_a_parquet_file_of_others_is_refused(tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="not a table of cells"):
        from_parquet((tmp_path / "a.parquet").read_bytes())
