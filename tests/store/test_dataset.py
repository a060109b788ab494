import duckdb
import numpy as np
import pandas as pd
import pytest

from copycost import estimate
from copycost.errors import UsageError
from copycost.store import dataset
from copycost.store.dataset import MARK, write_dataset
from tests.made_up import Law, core_cells, made_up_rounds

MACHINES = ("AMD EPYC 2c 3f9a1c", "a/b=c ü %", np.nan)


@pytest.fixture(scope="module")
def cells():
    own = estimate(made_up_rounds(Law(processes=3, visits=2), core_cells((16,))), references=True)
    named = [own.assign(machine=pd.Series([machine] * len(own), dtype=object)) for machine in MACHINES]
    return pd.concat(named, ignore_index=True)


def test_each_machine_has_a_folder_that_pandas_reads_the_machine_back_from(cells, tmp_path):
    files = write_dataset(cells, tmp_path / "d")
    assert [path.parent.parent for path in files] == [tmp_path / "d"] * 3
    again = pd.read_parquet(tmp_path / "d")
    assert set(again["machine"]) == {*MACHINES[:2], "unknown"} and len(again) == len(cells)
    wanted = cells[cells["machine"] == MACHINES[0]].drop(columns="machine").reset_index(drop=True)
    own = again[again["machine"] == MACHINES[0]].reset_index(drop=True)
    np.testing.assert_array_equal(own["seconds"], wanted["seconds"])
    assert own["size"].tolist() == wanted["size"].tolist()


def test_duckdb_reads_it_as_one_table(cells, tmp_path):
    write_dataset(cells, tmp_path / "d")
    query = (
        f"select machine, count(*) from read_parquet('{tmp_path}/d/**/*.parquet', hive_partitioning=true) group by 1"
    )
    counts = dict(duckdb.sql(query).fetchall())
    assert counts == {machine: len(cells) // 3 for machine in (*MACHINES[:2], "unknown")}


def test_a_machine_that_is_gone_is_removed(cells, tmp_path):
    write_dataset(cells, tmp_path / "d")
    files = write_dataset(cells[cells["machine"] == MACHINES[0]], tmp_path / "d")
    assert sorted(path for path in (tmp_path / "d").rglob("*") if path.is_file()) == sorted(
        [tmp_path / "d" / MARK, *files]
    )


@pytest.mark.parametrize("files", [0, 1, 2, 3])
def test_what_was_cut_off_is_written_again(cells, tmp_path, monkeypatch, files):
    left = [files]
    whole = dataset.write_bytes

    def cut_off(path, data):
        if not left[0]:
            path.with_name(f".{path.name}.1-ab.tmp").write_bytes(data[:1])
            raise KeyboardInterrupt
        left[0] -= 1
        whole(path, data)

    monkeypatch.setattr(dataset, "write_bytes", cut_off)
    with pytest.raises(KeyboardInterrupt):
        write_dataset(cells, tmp_path / "d")
    monkeypatch.undo()
    write_dataset(cells[cells["machine"] == MACHINES[0]], tmp_path / "d")
    assert [path.name for path in (tmp_path / "d").glob("machine=*")] == ["machine=AMD%20EPYC%202c%203f9a1c"]
    assert len(pd.read_parquet(tmp_path / "d")) == len(cells) // 3
    write_dataset(cells, tmp_path / "d")
    assert len(pd.read_parquet(tmp_path / "d")) == len(cells)


def test_a_machine_that_was_not_removed_yet_is_removed_the_next_time(cells, tmp_path, monkeypatch):
    def cut_off(_):
        raise KeyboardInterrupt

    write_dataset(cells, tmp_path / "d")
    monkeypatch.setattr(dataset, "_remove", cut_off)
    with pytest.raises(KeyboardInterrupt):
        write_dataset(cells[cells["machine"] == MACHINES[0]], tmp_path / "d")
    monkeypatch.undo()
    write_dataset(cells[cells["machine"] == MACHINES[0]], tmp_path / "d")
    assert len(list((tmp_path / "d").glob("machine=*"))) == 1


@pytest.mark.parametrize("mark", [None, "{", "[]", '{"partitions": 5}'])
def test_a_folder_with_other_files_is_left_alone(cells, tmp_path, mark):
    (tmp_path / "notes.txt").write_text("mine")
    if mark is not None:
        (tmp_path / MARK).write_text(mark)
    with pytest.raises(UsageError, match="a dataset needs a folder of its own"):
        write_dataset(cells, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine" and not list(tmp_path.glob("machine=*"))


def test_a_mark_that_was_tampered_with_removes_nothing_elsewhere(cells, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "cells.parquet").write_text("mine")
    write_dataset(cells, tmp_path / "d")
    (tmp_path / "d" / MARK).write_text('{"partitions": ["../elsewhere", "machine=../../elsewhere", 3]}')
    write_dataset(cells, tmp_path / "d")
    assert (tmp_path / "elsewhere" / "cells.parquet").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_said_in_one_line(cells, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="cannot be written"):
        write_dataset(cells, tmp_path / "file" / "d")
