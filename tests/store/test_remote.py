import sys

import fsspec
import pytest

from copycost.errors import UsageError
from copycost.store.remote import Remote, RemoteFile, differs, is_address


@pytest.fixture
def store():
    files = fsspec.filesystem("memory")
    files.pipe("/shelf/run/x.json", b"12345")
    yield Remote("memory://shelf")
    files.rm("/shelf", recursive=True)


@pytest.mark.parametrize("text", ["s3://bucket/results", "gs://b", "memory://x", "abfs+x://y"])
def test_an_address_is_told_from_a_path(text):
    assert is_address(text)


@pytest.mark.parametrize("text", ["results", "C:\\results", "C:/results", "/a/b", "a:b", "latest", "run@arm", "://x"])
def test_a_path_is_no_address(text):
    assert not is_address(text)


def test_files_are_listed_and_read(store):
    (file,) = store.list()
    assert (file.name, file.bytes, store.read(file)) == ("run/x.json", 5, b"12345")
    assert store.holds(file, b"12345") and not store.holds(file, b"12346") and not store.holds(file, b"1234")
    assert store.look("run/none.json") is None


def test_a_file_that_is_larger_than_results_are_is_not_read(store):
    with pytest.raises(UsageError, match="larger than the 512 MiB"):
        store.read(RemoteFile("run/x.json", 2**40, {}))


def test_what_stands_for_a_folder_is_no_file(store, monkeypatch):
    marks = {path: {"type": "file", "size": 0} for path in ("/shelf", "/shelf/", "/shelf/run/")}
    file = {"/shelf/run/x.json": {"type": "file", "size": 5}}
    monkeypatch.setattr(store.files, "find", lambda *_, **__: marks | file)
    assert [file.name for file in store.list()] == ["run/x.json"]
    monkeypatch.setattr(store.files, "find", lambda *_, **__: {"/shelf/": marks["/shelf/"]})
    with pytest.raises(UsageError, match="holds no files"):
        store.list()


def test_the_address_of_a_file_is_that_file(store):
    assert [file.name for file in Remote("memory://shelf/run/x.json").list()] == [""]


def test_a_file_is_removed_and_what_stays_is_noticed(store, monkeypatch):
    store.write("run/y.json", b"1")
    store.remove("run/y.json")
    assert [file.name for file in store.below("run")] == ["run/x.json"] and store.below("none") == []
    monkeypatch.setattr(store.files, "rm_file", lambda path: None)
    with pytest.raises(UsageError, match="although it was removed"):
        store.remove("run/x.json")


def test_too_many_files_are_refused(store, monkeypatch):
    monkeypatch.setattr("copycost.store.remote.MOST_FILES", 0)
    with pytest.raises(UsageError, match="more than the 0"):
        store.list()


def test_what_has_not_arrived_is_noticed(store, monkeypatch):
    whole = store.files.pipe_file
    monkeypatch.setattr(store.files, "pipe_file", lambda path, data: whole(path, data[:-1]))
    with pytest.raises(UsageError, match="does not hold what was written"):
        store.write("run/y.json", b"12345")


def test_an_equal_checksum_is_enough_and_another_is_looked_into(store):
    equal = {"ETag": '"827ccb0eea8a706c4c34a16891f84e7b"'}
    assert store.holds(RemoteFile("not/there", 5, equal), b"12345")
    assert store.holds(RemoteFile("run/x.json", 5, {"ETag": '"00000000000000000000000000000000"'}), b"12345")
    assert store.holds(RemoteFile("not/there", 5, {"md5Hash": "gnzLDuqKcGxMNKFokfhOew=="}), b"12345")


def test_a_checksum_of_the_content_is_believed_when_it_differs():
    assert differs(RemoteFile("x", 5, {"md5Hash": "gnzLDuqKcGxMNKFokfhOew=="}), b"54321")
    assert not differs(RemoteFile("x", 5, {"md5Hash": "gnzLDuqKcGxMNKFokfhOew=="}), b"12345")
    assert not differs(RemoteFile("x", 5, {"ETag": '"00000000000000000000000000000000"'}), b"12345")


@pytest.mark.parametrize(
    ("address", "reason"), [("nothing://x", "not an address that can be read"), ("gs://b/x", "gcsfs")]
)
def test_an_address_that_cannot_be_opened_is_said_in_one_line(address, reason):
    with pytest.raises(UsageError, match=reason) as error:
        Remote(address)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("missing", ["fsspec.core", "s3fs"])
def test_without_the_extra_its_name_is_said(monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "s3", raising=False)
    with pytest.raises(UsageError, match=r"pip install 'copycost\[remote\]'") as error:
        Remote("s3://bucket/x")
    assert "\n" not in str(error.value)


def test_errors_of_the_store_are_one_line(store, monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("no\nroute")

    monkeypatch.setattr(store.files, "find", refuse)
    with pytest.raises(UsageError, match=r"memory://shelf: cannot be listed \(no route\)"):
        store.list()
