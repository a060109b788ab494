import sys

import duckdb
import numpy as np
import pandas as pd
import pytest

from copycost import estimate
from copycost.errors import UsageError
from copycost.store import cell_table
from copycost.store.cell_table import from_parquet, renamed, to_frame, to_parquet, to_table, write_partitions
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


MACHINES = ("AMD EPYC 2c 3f9a1c", "a/b=c ü %", np.nan)


@pytest.fixture(scope="module")
def fleet():
    cells = estimate(made_up_rounds(Law(processes=3, visits=2), core_cells((16,))), references=True)
    named = [cells.assign(machine=pd.Series([machine] * len(cells), dtype=object)) for machine in MACHINES]
    return pd.concat(named, ignore_index=True)


def machines_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_each_machine_has_a_folder_that_pandas_reads_the_machine_back_from(fleet, tmp_path):
    files = write_partitions(fleet, tmp_path / "d")
    assert [path.parent.parent for path in files] == [tmp_path / "d"] * 3 and all(path.is_file() for path in files)
    again = pd.read_parquet(tmp_path / "d")
    assert set(again["machine"]) == {*MACHINES[:2], "unknown"} and len(again) == len(fleet)
    wanted = fleet[fleet["machine"] == MACHINES[0]].reset_index(drop=True)
    of_machine = again[again["machine"] == MACHINES[0]].reset_index(drop=True)
    np.testing.assert_array_equal(of_machine["seconds"], wanted["seconds"])
    assert of_machine["size"].tolist() == wanted["size"].tolist()


def test_duckdb_reads_partitions_as_one_table(fleet, tmp_path):
    write_partitions(fleet, tmp_path / "d")
    query = (
        f"select machine, count(*) from read_parquet('{tmp_path}/d/**/*.parquet', hive_partitioning=true) group by 1"
    )
    counts = dict(duckdb.sql(query).fetchall())
    assert counts == {machine: len(fleet) // 3 for machine in (*MACHINES[:2], "unknown")}


def test_partitions_written_again_have_nothing_of_those_before(fleet, tmp_path):
    write_partitions(fleet, tmp_path / "d")
    write_partitions(fleet[fleet["machine"] == MACHINES[0]], tmp_path / "d")
    assert machines_in(tmp_path / "d") == ["machine=AMD%20EPYC%202c%203f9a1c"]
    assert list(tmp_path.iterdir()) == [tmp_path / "d"]


@pytest.mark.parametrize("names", [["write_bytes"], ["os", "rename"]], ids=["while writing", "while taking its place"])
@pytest.mark.parametrize("good", [0, 1])
def test_what_was_cut_off_leaves_the_partitions_before(fleet, tmp_path, monkeypatch, names, good):
    write_partitions(fleet[fleet["machine"] == MACHINES[0]], tmp_path / "d")
    owner = cell_table if len(names) == 1 else cell_table.os
    whole = getattr(owner, names[-1])
    left = [good, *[10] * 10]

    def cut_off(*values):
        if not left[0]:
            left.pop(0)
            raise KeyboardInterrupt
        left[0] -= 1
        whole(*values)

    monkeypatch.setattr(owner, names[-1], cut_off)
    with pytest.raises(KeyboardInterrupt):
        write_partitions(fleet, tmp_path / "d")
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == [tmp_path / "d"]
    assert len(pd.read_parquet(tmp_path / "d")) == len(fleet) // 3
    write_partitions(fleet, tmp_path / "d")
    assert len(pd.read_parquet(tmp_path / "d")) == len(fleet)


@pytest.mark.parametrize("name", ["notes.txt", "machine=x", "machine=x/notes.txt"])
def test_a_folder_with_other_files_is_left_alone(fleet, tmp_path, name):
    path = tmp_path / "d" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(UsageError, match="holds other files; partitions need a folder of their own"):
        write_partitions(fleet, tmp_path / "d")
    assert path.read_text() == "mine" and list(tmp_path.iterdir()) == [tmp_path / "d"]


def test_an_empty_folder_and_a_link_to_one_are_written_into(fleet, tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "d", target_is_directory=True)
    write_partitions(fleet, tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and len(machines_in(tmp_path / "d")) == 3


@pytest.mark.parametrize("folder", ["file", "file/d"])
def test_a_folder_that_cannot_be_made_is_said_in_one_line(fleet, tmp_path, folder):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="cannot be written") as error:
        write_partitions(fleet, tmp_path / folder)
    assert "\n" not in str(error.value) and list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_without_pyarrow_that_is_said(fleet, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"parquet needs pyarrow: pip install pyarrow"):
        write_partitions(fleet, tmp_path / "d")
    assert list(tmp_path.iterdir()) == []
