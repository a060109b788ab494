import json
import os
import sys

import pytest

from copycost import estimate
from copycost.store import kept_cells
from copycost.store.cell_table import to_table
from copycost.store.kept_cells import FOLDER, KeptCells, keep, look, read_kept
from copycost.store.labels import Test
from copycost.store.loading import load
from tests.made_up import Law, core_cells, made_up_rounds, write_run

# Not a class of tests, whatever its name says.
Test.__test__ = False
OLD = 1_700_000_000


@pytest.fixture
def run(tmp_path):
    folder = write_run(tmp_path / "run", made_up_rounds(Law(processes=2, visits=2), core_cells((16,))))
    kept(folder)
    return folder


def kept(folder):
    table = to_table(estimate(load(folder), references=True))
    keep(folder, "e1", KeptCells(table, {"name": "run"}), look(folder))
    return table


def edit_note(run, **changes):
    path = run / FOLDER / "cells.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.fixture
def rested(monkeypatch):
    """Files count as having rested, so that their times are noted."""
    monkeypatch.setattr(kept_cells, "_RESTED", -(10**15))


def test_what_was_kept_is_read(run):
    found = read_kept(run, "e1")
    assert found.table.equals(kept(run)) and found.record == {"name": "run"}


def test_what_other_suites_call_their_tests_is_kept_in_its_order(run):
    tests = {"b.py::test_x": Test("test_x", "a/b.py::test_x"), "a.py::test_x": Test("test_x", "a/a.py::test_x")}
    keep(run, "e1", KeptCells(kept(run), {}, tests), look(run))
    assert list(read_kept(run, "e1").tests.items()) == list(tests.items())


def test_nothing_is_kept_of_a_run_that_was_never_read(tmp_path):
    assert read_kept(write_run(tmp_path / "new", made_up_rounds(Law(processes=1), core_cells((16,)))), "e1") is None


def test_another_estimator_makes_it_stale(run):
    assert read_kept(run, "e2") is None


@pytest.mark.parametrize("file", ["process-0001.json", "run.json"])
def test_a_source_of_other_content_makes_it_stale(run, file):
    text = (run / file).read_text()
    (run / file).write_text(text.replace("2026-01-02", "2026-01-03"))
    assert (run / file).read_text() != text
    assert read_kept(run, "e1") is None


def test_content_is_looked_at_even_where_length_and_time_of_modification_were_put_back(run, rested):
    kept(run)
    path = run / "process-0001.json"
    facts = path.stat()
    path.write_text(path.read_text().replace("2026-01-02", "2026-01-03"))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (facts.st_size, facts.st_mtime_ns)
    assert read_kept(run, "e1") is None


def test_a_file_that_was_just_written_is_hashed_again(run, monkeypatch):
    note = json.loads((run / FOLDER / "cells.json").read_text())
    assert all(source["modified"] is None for source in note["sources"])
    hashed = []
    looked_at = kept_cells._looked_at
    monkeypatch.setattr(kept_cells, "_looked_at", lambda path: hashed.append(path.name) or looked_at(path))
    assert read_kept(run, "e1") is not None
    assert hashed == ["run.json", "process-0001.json", "process-0002.json"]


def test_a_file_that_has_rested_is_not_read_again(run, rested, monkeypatch):
    kept(run)
    monkeypatch.setattr(kept_cells, "_looked_at", None)
    assert read_kept(run, "e1") is not None


def test_new_times_with_the_old_content_are_noted(run, rested, monkeypatch):
    kept(run)
    os.utime(run / "process-0001.json", (OLD, OLD))
    assert read_kept(run, "e1") is not None
    monkeypatch.setattr(kept_cells, "_looked_at", None)
    assert read_kept(run, "e1") is not None


def test_a_process_more_or_less_makes_it_stale(run):
    (run / "process-0003.json").write_bytes((run / "process-0002.json").read_bytes())
    assert read_kept(run, "e1") is None
    (run / "process-0003.json").unlink()
    assert read_kept(run, "e1") is not None
    (run / "process-0002.json").unlink()
    assert read_kept(run, "e1") is None


@pytest.mark.parametrize("place", [0, 4, 500, -1, -200])
def test_one_flipped_bit_is_noticed(run, place):
    path = run / FOLDER / "cells.parquet"
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    assert read_kept(run, "e1") is None


@pytest.mark.parametrize("data", [b"", b"PAR1"])
def test_a_file_that_was_cut_short_is_noticed(run, data):
    (run / FOLDER / "cells.parquet").write_bytes(data)
    assert read_kept(run, "e1") is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "[" * 100_000, '{"estimator": "e1"}', '{"estimator": "e1", "sources": [1]}']
)
def test_a_damaged_note_is_noticed(run, text):
    (run / FOLDER / "cells.json").write_text(text)
    assert read_kept(run, "e1") is None


def test_a_note_that_agrees_with_a_file_which_is_no_table_does_not_help(run):
    import hashlib

    (run / FOLDER / "cells.parquet").write_bytes(b"nothing")
    edit_note(run, sha256=hashlib.sha256(b"nothing").hexdigest())
    assert read_kept(run, "e1") is None


def test_what_changed_while_it_was_read_is_not_kept(tmp_path):
    folder = write_run(tmp_path / "run", made_up_rounds(Law(processes=2, visits=2), core_cells((16,))))
    before = look(folder)
    table = to_table(estimate(load(folder), references=True))
    path = folder / "process-0001.json"
    path.write_text(path.read_text().replace("2026-01-02", "2026-01-03"))
    keep(folder, "e1", KeptCells(table, {}), before)
    assert not (folder / FOLDER).exists()


def test_where_nothing_can_be_written_nothing_is_said(run, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "no")

    monkeypatch.setattr(os, "replace", refuse)
    kept(run)


def test_a_link_in_place_of_the_folder_leads_nothing_elsewhere(run, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (run / FOLDER).rename(tmp_path / "moved")
    (run / FOLDER).symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    kept(run)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_lies_behind_a_link_is_not_believed(run, tmp_path):
    (run / FOLDER).rename(tmp_path / "moved")
    (run / FOLDER).symlink_to(tmp_path / "moved", target_is_directory=True)
    assert read_kept(run, "e1") is None


def test_without_pyarrow_what_is_kept_is_passed_over(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert read_kept(run, "e1") is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", ["cells.json", "cells.parquet"])
def test_a_pipe_in_place_of_a_kept_file_is_not_waited_for(run, name):
    (run / FOLDER / name).unlink()
    os.mkfifo(run / FOLDER / name)
    assert read_kept(run, "e1") is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_place_of_a_source_is_not_waited_for(run):
    os.mkfifo(run / "process-0003.json")
    with pytest.raises(OSError, match="not a regular file"):
        look(run)


def test_no_temporary_file_stays_and_git_sees_none_of_it(run):
    assert sorted(path.name for path in (run / FOLDER).iterdir()) == [".gitignore", "cells.json", "cells.parquet"]
    assert (run / FOLDER / ".gitignore").read_text() == "*\n"
