import fsspec
import pytest

from copycost.store.mirror import caches, mirrored


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    files = fsspec.filesystem("memory")
    for name in ("one/run.json", "one/process-0001.json", "two/run.json"):
        files.pipe(f"/shelf/{name}", name.encode())
    yield files
    files.rm("/shelf", recursive=True)


def test_a_tree_behind_an_address_is_a_folder_of_its_name(store):
    folder = mirrored("memory://shelf")
    assert folder.name == "shelf"
    assert (folder / "one" / "process-0001.json").read_text() == "one/process-0001.json"


def test_a_run_behind_an_address_is_a_run(store):
    folder = mirrored("memory://shelf/one/")
    assert folder.name == "one" and sorted(path.name for path in folder.iterdir()) == ["process-0001.json", "run.json"]


def test_a_file_behind_an_address_is_a_file(store):
    assert mirrored("memory://shelf/one/run.json").read_text() == "one/run.json"


def test_what_changed_there_changes_here_and_the_estimates_stay(store):
    folder = mirrored("memory://shelf")
    (folder / "one" / ".copycost").mkdir()
    (folder / "one" / ".copycost" / "cells.json").write_text("{}")
    store.pipe("/shelf/one/process-0001.json", b"new")
    store.rm("/shelf/two/run.json")
    assert mirrored("memory://shelf") == folder
    assert (folder / "one" / "process-0001.json").read_text() == "new"
    assert not (folder / "two" / "run.json").exists()
    assert (folder / "one" / ".copycost" / "cells.json").exists()


def test_each_address_has_a_place_of_its_own(store):
    assert mirrored("memory://shelf/one") != mirrored("memory://shelf")
    assert mirrored("memory://shelf").is_relative_to(caches())


def test_without_a_variable_caches_are_where_the_system_has_them(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert caches() == tmp_path / ".cache"
    monkeypatch.setattr("sys.platform", "darwin")
    assert caches() == tmp_path / "Library" / "Caches"
