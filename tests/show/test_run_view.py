import pandas as pd
import pytest

from copycost.errors import UsageError
from copycost.show.run_view import read_cells, read_run
from copycost.show.summary import print_run
from tests.made_up import Law, core_cells, made_up_rounds, write_run

ROUNDS = made_up_rounds(Law(processes=2, visits=1), core_cells((16,), ("float32",)))


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "tree" / "run-0", ROUNDS)


def test_a_run_is_shown_from_what_is_kept_as_from_its_files(run, capsys, monkeypatch):
    expected = read_run(run).cells
    print_run(run)
    first = capsys.readouterr().out
    monkeypatch.setattr("copycost.analyse.run_estimates.load_alike", None)
    print_run(run)
    assert capsys.readouterr().out == first
    pd.testing.assert_frame_equal(read_cells(run).cells, expected, check_exact=True)


def test_a_trees_cells_are_those_of_its_runs(run):
    write_run(run.parent / "run-1", ROUNDS)
    view = read_cells(run.parent)
    assert view.cells["run"].unique().tolist() == ["run-0", "run-1"] and view.record is None


def test_what_cannot_be_read_is_told_or_refused(run):
    (run / "process-0001.json").write_text("{")
    told = []
    assert set(read_cells(run, told.append).cells["processes"]) == {1} and len(told) == 1
    with pytest.raises(UsageError, match="truncated"):
        read_cells(run)
