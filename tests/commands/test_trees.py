import json

import fsspec
import pandas as pd
import pytest

from copycost.cli import main
from tests.made_up import Law, core_cells, made_up_rounds, write_run

CELLS = core_cells((16,), ("float32",))


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    for number in range(3):
        rounds = made_up_rounds(Law(processes=3, visits=1), CELLS, seed=number)
        created = f"2026-01-0{number + 1}T00:00:00+00:00"
        write_run(tmp_path / "results" / "nightly" / f"run-{number}", rounds, record={"created": created})
    yield tmp_path / "results"
    files = fsspec.filesystem("memory")
    if files.exists("/shelf"):
        files.rm("/shelf", recursive=True)


def said(capsys, *words):
    status = main([str(word) for word in words])
    out, err = capsys.readouterr()
    assert status == 0, err
    return out


def test_results_behind_an_address_are_read_there(results, capsys):
    fsspec.filesystem("memory").put(str(results), "/shelf", recursive=True)
    assert "run-1" in said(capsys, "show", "memory://shelf")
    assert "torch.tensor" in said(capsys, "show", "memory://shelf/nightly/run-0")
    assert "torch.tensor" in said(capsys, "show", "nightly/run-0", "--results", "memory://shelf")


def test_a_tree_is_compared_as_one_side(results, capsys):
    out = said(capsys, "compare", results, results / "nightly" / "run-0")
    assert "9 processes" in out


def test_a_history_goes_over_a_tree(results, capsys):
    rows = json.loads(said(capsys, "history", "nightly/", "--results", results, "--format", "json"))["series"]
    assert [row["run"] for row in rows[:3]] == ["nightly/run-0", "nightly/run-1", "nightly/run-2"]


def test_a_tree_is_exported_into_a_folder_of_parquet(results, capsys, tmp_path):
    for out in (f"{tmp_path}/d/", tmp_path / "d"):  # the first makes the folder
        assert "15 cells of 3 runs on 1 machines" in said(
            capsys, "export", results, "--format", "parquet", "--out", out
        )
        assert len(pd.read_parquet(tmp_path / "d")) == 15


def test_a_tree_is_exported_into_one_file(results, capsys, tmp_path):
    assert said(capsys, "export", results, "--format", "parquet", "--out", tmp_path / "d.parquet") == ""
    assert (tmp_path / "d.parquet").is_file() and len(pd.read_parquet(tmp_path / "d.parquet")) == 15


def test_foreign_files_are_imported_and_compared(capsys, tmp_path):
    names = []
    for number in range(6):
        stats = {"data": [1e-3 * (1 + number // 3) + 1e-6 * n for n in range(5)], "iterations": 1}
        entry = {"name": "test_x", "fullname": f"/ci/{number}/test_a.py::test_x", "stats": stats}
        names.append(tmp_path / f"{number}.json")
        info = {"node": "host", "cpu": {"brand_raw": "CPU", "count": 2}}
        names[-1].write_text(
            json.dumps({"machine_info": info, "benchmarks": [entry], "datetime": "2026-01-01T00:00:00"})
        )
    to = ["--results", tmp_path / "results"]
    said(capsys, "import", *names[:3], "--name", "before", *to)
    assert "was there" in said(capsys, "import", *names[:3], "--name", "before", *to)
    said(capsys, "import", *names[3:], "--name", "after", *to)
    (row,) = json.loads(said(capsys, "compare", "before", "after", "--format", "json", *to))["cells"]
    assert row["conversion"] == "test_x" and row["verdict"] == "slower"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["import", "none.json"], "no such file"),
        (["show", "memory://none"], "holds no files"),
        (["show", "run", "--results", "memory://none"], "holds no files"),
        (["import", "none.json", "--results", "memory://x"], "a folder is needed here"),
        (["export", "none", "--format", "parquet", "--out", "d/"], "no run 'none'"),
        (["export", "none", "--out", "d/"], "d/: is a folder; only --format parquet writes into one"),
        (["export", "none", "--format", "parquet", "--out", "s3://bucket/d/"], "is an address; a file or a folder"),
    ],
)
def test_what_a_person_can_mend_is_one_line_and_status_2(words, reason, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == "" and reason in err and err.count("\n") == 1
