"""The queries of docs/many-runs.md, taken from the page and run over what the page's `export` writes."""

import ast
import re
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import copycost
from copycost.cli import main
from tests.made_up import EMPTY_CALL, Law, core_cells, made_up_rounds, write_run

PAGE = Path(__file__).parents[1] / "docs" / "many-runs.md"
QUERIES = dict(re.findall(r"^(\w+):\n\n```\w+\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))
MACHINES = ("AMD EPYC 2c 3f9a1c", "Intel Xeon 4c 0b1c2d")
RUNS = 3


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tree")
    grid = [*core_cells((1, 4096)), EMPTY_CALL]
    for number in range(RUNS):
        for machine in MACHINES:
            rounds = made_up_rounds(Law(processes=3, visits=2), grid, seed=number).assign(machine=machine)
            write_run(folder / "results" / machine / f"run-{number}", rounds)
    assert main(["export", str(folder / "results"), "--format", "parquet", "--out", f"{folder}/cells/"]) == 0
    return folder


@pytest.fixture
def cells(tree, monkeypatch):
    """Return the estimates that were exported, and have the queries find the export."""
    monkeypatch.chdir(tree)
    return copycost.open(tree / "results").cells


def answer(query, **tools):
    """Return the value of a query's last line."""
    *before, last = ast.parse(query).body
    exec(compile(ast.Module(before, []), str(PAGE), "exec"), tools)
    return eval(compile(ast.Expression(last.value), str(PAGE), "eval"), tools)


def test_every_query_of_the_page_is_run_here():
    assert set(QUERIES) == {"DuckDB", "pandas", "Polars", "Dask"}


def test_duckdb(cells):
    rows = duckdb.sql(QUERIES["DuckDB"]).fetchall()
    wanted = cells[(cells["conversion"] == "torch.tensor") & (cells["dtype"] == "float32") & (cells["size"] == 4096)]
    expected = wanted.groupby("machine")["seconds"].median() * 1e6
    assert dict(rows) == pytest.approx(expected.to_dict()) and set(dict(rows)) == set(MACHINES)


def test_pandas(cells):
    table = answer(QUERIES["pandas"], pd=pd)
    expected = cells.groupby(["machine", "conversion"])["gb_per_s"].max().unstack()
    np.testing.assert_array_equal(table.loc[list(expected.index), list(expected.columns)], expected)
    assert table.shape == expected.shape == (2, 5)


def test_polars(cells):
    table = answer(QUERIES["Polars"], pl=pl)
    assert table.sort("machine")["machine"].to_list() == list(MACHINES)
    assert table["run"].to_list() == [RUNS] * 2 and table["quiet_share"].is_between(0.9, 1).all()


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # dask's own
def test_dask(cells):
    import dask.dataframe as dd

    lowest = answer(QUERIES["Dask"], dd=dd)
    expected = cells[cells["size"] == 1].groupby("conversion")["seconds"].min()
    assert lowest.to_dict() == expected.to_dict() and len(expected) == 5
