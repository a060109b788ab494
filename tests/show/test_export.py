import io
import json

import pandas as pd
import pytest

from copycost import estimate
from copycost.errors import UsageError
from copycost.show.export import FORMATS, export
from tests.made_up import EMPTY_CALL, Law, core_cells, made_up_rounds

COLUMNS = (
    "run,machine,arm,conversion,direction,dtype,size,bytes,threads,cache,seconds,ci_low,ci_high,"
    "net_seconds,overhead_low,overhead_high,gb_per_s,rounds,quiet_share,processes,page_faults,"
    "shares_memory,result_dtype,flags"
)


@pytest.fixture(scope="module")
def cells():
    return estimate(made_up_rounds(Law(processes=2), [*core_cells(), EMPTY_CALL]))


def test_csv_begins_with_the_promised_columns_and_is_empty_where_unknown(cells):
    lines = export(cells, "csv").splitlines()
    assert lines[0].startswith(COLUMNS + ",")
    assert len(lines) == 1 + len(cells)
    first = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    assert first["ci_low"] == first["gb_per_s"] == first["copy_ratio"] == ""
    assert first["size"] == "1" and first["bytes"] == "4" and first["shares_memory"] == "True"
    assert float(first["seconds"]) == cells["seconds"][0]


def test_json_is_one_record_for_each_cell_with_null_where_unknown(cells):
    records = json.loads(export(cells, "json"))
    assert len(records) == len(cells)
    assert list(records[0])[:24] == COLUMNS.split(",")
    assert records[0]["ci_low"] is None and records[0]["shares_memory"] is True
    assert records[0]["seconds"] == cells["seconds"][0]


def test_parquet_gives_the_frame_back(cells):
    back = pd.read_parquet(io.BytesIO(export(cells, "parquet")))
    assert list(back.columns) == list(cells.columns)
    assert back["seconds"].tolist() == cells["seconds"].tolist()
    assert back["size"].tolist() == cells["size"].tolist()
    assert back["ci_low"].isna().all()


def test_markdown_is_a_table_that_others_names_cannot_break(cells):
    lines = export(cells.head(1).assign(conversion="a|b\nc"), "markdown").splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("| run | machine | arm | conversion |")
    assert "| a\\|b c |" in lines[2]
    assert lines[0].count("|") == lines[1].count("|") == lines[2].count("|") - 1


@pytest.mark.parametrize("format", list(FORMATS))
def test_no_cells_can_be_exported(cells, format):
    assert export(cells.iloc[:0], format)


def test_parquet_without_pyarrow_says_what_to_install(cells, monkeypatch):
    def absent(*_, **__):
        raise ImportError("no pyarrow")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", absent)
    with pytest.raises(UsageError, match=r'pip install "copycost\[parquet\]"'):
        export(cells, "parquet")


def test_an_unknown_format_names_the_nearest(cells):
    with pytest.raises(UsageError, match="format 'jsn' is unknown: did you mean json"):
        export(cells, "jsn")
