import pandas as pd
import pytest

from copycost.errors import UsageError
from copycost.show.dataset_view import write_runs
from tests.made_up import Law, core_cells, made_up_rounds, write_run

ROUNDS = made_up_rounds(Law(processes=1, visits=1), core_cells((16,), ("float32",)))


def test_a_tree_becomes_a_dataset_with_its_runs_facts(tmp_path):
    write_run(tmp_path / "tree" / "one", ROUNDS)
    write_run(tmp_path / "tree" / "two", ROUNDS, record={"created": "2026-02-03T01:00:00+01:00", "machine": {}})
    said = write_runs([str(tmp_path / "tree")], tmp_path, tmp_path / "d")
    assert said.startswith(f"{tmp_path / 'd'}: 10 cells of 2 runs on 1 machines")
    rows = pd.read_parquet(tmp_path / "d").set_index("run")
    one, two = rows.loc["one"].iloc[0], rows.loc["two"].iloc[0]
    assert (one["torch"], one["cores"], one["memory_bytes"]) == ("2.13.0", 2, 8 * 1024**3)
    assert two["created"] == pd.Timestamp("2026-02-03T00:00:00Z") and two["cores"] == 2  # its files tell


@pytest.mark.parametrize("created", ["yesterday", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"])
def test_a_time_that_is_none_is_null(tmp_path, created):
    write_run(tmp_path / "one", ROUNDS, record={"created": created})
    write_runs([str(tmp_path / "one")], tmp_path, tmp_path / "d")
    assert pd.read_parquet(tmp_path / "d")["created"].isna().all()


def test_without_pyarrow_that_is_said_before_anything_is_read(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"dataset needs pyarrow: pip install 'copycost\[parquet\]'"):
        write_runs(["none"], tmp_path, tmp_path / "d")
