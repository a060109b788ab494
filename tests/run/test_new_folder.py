import os

import pytest

from copycost.errors import UsageError
from copycost.run.new_folder import leave_empty, make


@pytest.mark.parametrize("name", ["../x", ".hidden", "latest", "CON"])
def test_other_names_are_refused_in_one_line(tmp_path, name):
    with pytest.raises(UsageError, match="name ") as caught:
        make(tmp_path, name)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_exists_is_not_touched_whatever_its_case(tmp_path):
    (tmp_path / "Mine").mkdir()
    (tmp_path / "Mine" / "kept").write_text("kept")
    for name in ("Mine", "mine", "MINE"):
        with pytest.raises(UsageError, match="exists already"):
            make(tmp_path, name)
    assert os.listdir(tmp_path) == ["Mine"]


def test_a_folder_that_a_killed_run_left_before_it_wrote_anything_is_as_good_as_new(tmp_path):
    (tmp_path / "mine" / ".scratch").mkdir(parents=True)
    (tmp_path / "mine" / ".lock").write_text("")
    assert make(tmp_path, "mine") == tmp_path / "mine"


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "results").mkdir()
    for target in ("elsewhere", "nowhere"):
        (tmp_path / "results" / "mine").symlink_to(tmp_path / target)
        with pytest.raises(UsageError, match="exists already"):
            make(tmp_path / "results", "mine")
        (tmp_path / "results" / "mine").unlink()


def test_a_new_folder_is_made_durable_in_the_one_that_holds_it(tmp_path, monkeypatch):
    synced = []

    def fsync(handle, of=os.fstat):
        synced.append(of(handle).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    assert make(tmp_path / "results", "mine").is_dir()
    assert (tmp_path / "results").stat().st_ino in synced


def test_a_place_that_is_no_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be made"):
        make(tmp_path / "file", "mine")


def test_only_an_empty_folder_is_taken_away(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "full" / "more").mkdir(parents=True)
    for name in ("empty", "full", "none"):
        leave_empty(tmp_path / name)
    assert os.listdir(tmp_path) == ["full"]
