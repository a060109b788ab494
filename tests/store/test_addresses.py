import http.server
import json
import socket
import sys
import threading
from functools import partial

import fsspec
import pytest
import s3fs

import copycost
from copycost.cli import main
from copycost.errors import UsageError
from copycost.store import addresses
from copycost.store.addresses import caches, fetched, is_address
from copycost.store.loading import load
from copycost.store.places import places
from tests.made_up import Law, core_cells, made_up_rounds, write_run
from tests.store.s3_server import BUCKET, serving

ADDRESS = f"s3://{BUCKET}/results"

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utc:DeprecationWarning")


@pytest.fixture(autouse=True)
def cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return tmp_path / "caches"


@pytest.fixture
def store():
    files = fsspec.filesystem("memory")
    for name in ("one/run.json", "one/process-0001.json", "two/run.json"):
        files.pipe(f"/shelf/{name}", name.encode())
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]


@pytest.fixture(scope="module")
def server():
    with pytest.MonkeyPatch.context() as patch, serving(patch) as running:
        yield running


@pytest.fixture
def bucket(server):
    for key in server.listed():
        server.client.delete_object(Bucket=BUCKET, Key=key)
    s3fs.S3FileSystem.clear_instance_cache()
    return server


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("text", ["s3://bucket/results", "gs://b", "memory://x", "abfs+x://y"])
def test_an_address_is_told_from_a_path(text):
    assert is_address(text)


@pytest.mark.parametrize("text", ["results", "C:\\results", "C:/results", "/a/b", "a:b", "latest", "run@arm", "://x"])
def test_a_path_is_no_address(text):
    assert not is_address(text)


def test_a_tree_behind_an_address_is_a_folder_of_its_name(store):
    folder = fetched("memory://shelf")
    assert folder.name == "shelf"
    names = ("one/run.json", "one/process-0001.json", "two/run.json")
    assert content(folder) == {name: name.encode() for name in names}


def test_a_run_behind_an_address_is_a_run(store):
    folder = fetched("memory://shelf/one/")
    assert folder.name == "one" and sorted(path.name for path in folder.iterdir()) == ["process-0001.json", "run.json"]


def test_a_file_behind_an_address_is_a_file(store):
    assert fetched("memory://shelf/one/run.json").read_text() == "one/run.json"


def test_what_changed_there_changes_here_and_the_estimates_stay(store):
    folder = fetched("memory://shelf")
    (folder / "one" / ".copycost").mkdir()
    (folder / "one" / ".copycost" / "cells.json").write_text("{}")
    store.pipe("/shelf/one/process-0001.json", b"new")
    store.rm("/shelf/two/run.json")
    assert fetched("memory://shelf") == folder
    assert content(folder) == {
        "one/run.json": b"one/run.json",
        "one/process-0001.json": b"new",
        "one/.copycost/cells.json": b"{}",
    }


@pytest.fixture
def opened(store, monkeypatch):
    """Return the names of the files that were opened in the store."""
    names = []
    whole = store.open

    def noting(path, *rest, **named):
        names.append(path.removeprefix("/shelf/"))
        return whole(path, *rest, **named)

    monkeypatch.setattr(store, "open", noting)
    return names


def test_only_what_has_changed_is_fetched_again(store, opened):
    folder = fetched("memory://shelf")
    assert len(opened) == 3
    opened.clear()
    fetched("memory://shelf")
    assert opened == []
    store.pipe("/shelf/one/run.json", b"one/run.JSON")  # as long as before
    (folder / "two" / "run.json").unlink()
    opened.clear()
    fetched("memory://shelf")
    assert sorted(opened) == ["one/run.json", "two/run.json"]


def test_a_store_that_tells_nothing_of_its_files_is_read_each_time(store, opened, monkeypatch):
    find = store.find

    def short(*words, **named):
        return {path: {"type": "file", "size": info["size"]} for path, info in find(*words, **named).items()}

    monkeypatch.setattr(store, "find", short)
    fetched("memory://shelf")
    fetched("memory://shelf")
    assert len(opened) == 6


def test_fetching_that_was_cut_off_goes_on_where_it_was(store, opened, monkeypatch):
    noting = store.open

    def cut(path, *rest, **named):
        if path.endswith("two/run.json"):
            raise RuntimeError("the wire was cut")
        return noting(path, *rest, **named)

    with monkeypatch.context() as patch:
        patch.setattr(store, "open", cut)
        with pytest.raises(UsageError, match="the wire was cut"):
            fetched("memory://shelf")
    opened.clear()
    fetched("memory://shelf")
    assert opened == ["two/run.json"]


def test_a_note_that_was_damaged_costs_time_and_nothing_else(store, opened, cache_folder):
    fetched("memory://shelf")
    (note,) = cache_folder.rglob(".versions.json")
    note.write_text("{")
    opened.clear()
    fetched("memory://shelf")
    assert len(opened) == 3 and len(json.loads(note.read_text())) == 3


def test_each_address_has_a_place_of_its_own(store):
    assert fetched("memory://shelf/one") != fetched("memory://shelf")
    assert fetched("memory://shelf").is_relative_to(caches())


def test_without_a_variable_caches_are_where_the_system_has_them(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert caches() == tmp_path / ".cache"
    monkeypatch.setattr("sys.platform", "darwin")
    assert caches() == tmp_path / "Library" / "Caches"


def test_a_file_that_is_larger_than_results_are_is_not_read(store, opened, monkeypatch):
    monkeypatch.setattr(addresses, "LARGEST_BYTES", 11)
    with pytest.raises(UsageError, match="larger than the 0 MiB"):
        fetched("memory://shelf/one")
    assert opened == []
    unknown = {"/shelf/one/run.json": {"type": "file", "size": None}}
    monkeypatch.setattr(store, "find", lambda *_, **__: unknown)
    with pytest.raises(UsageError, match="larger than the 0 MiB"):
        fetched("memory://shelf/one")


def test_too_many_files_are_refused(store, monkeypatch):
    monkeypatch.setattr(addresses, "MOST_FILES", 0)
    with pytest.raises(UsageError, match="more than the 0"):
        fetched("memory://shelf")


def test_a_file_that_is_not_as_it_was_told_is_not_kept(store, monkeypatch, cache_folder):
    for size in (2, 20):
        wrong = {"/shelf/one/run.json": {"type": "file", "size": size}}
        monkeypatch.setattr(store, "find", lambda *_, wrong=wrong, **__: wrong)
        with pytest.raises(UsageError, match=f"was {size} bytes long and is not any more"):
            fetched("memory://shelf/one")
    assert not list(cache_folder.rglob("run.json"))


def test_what_does_not_fit_on_the_disk_is_not_begun(store, opened, monkeypatch):
    usage = addresses.shutil._ntuple_diskusage(9, 8, 1)
    monkeypatch.setattr(addresses.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(UsageError, match="are to come"):
        fetched("memory://shelf")
    assert opened == []


def test_a_cache_that_cannot_be_written_is_said_in_one_line(store, tmp_path):
    (tmp_path / "caches").write_text("a file")
    with pytest.raises(UsageError, match="cannot be written"):
        fetched("memory://shelf")


@pytest.mark.parametrize(
    ("address", "reason"), [("nothing://x", "not an address that can be read"), ("gs://b/x", "gcsfs")]
)
def test_an_address_that_cannot_be_opened_is_said_in_one_line(address, reason):
    with pytest.raises(UsageError, match=reason) as error:
        fetched(address)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("missing", ["fsspec.core", "s3fs"])
def test_without_the_package_its_name_is_said(monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "s3", raising=False)
    with pytest.raises(UsageError, match=r"pip install (fsspec )?s3fs") as error:
        fetched("s3://bucket/x")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("method", "what"), [("find", "listed"), ("open", "read")])
def test_errors_of_the_store_are_one_line(store, monkeypatch, method, what):
    def refuse(*_, **__):
        raise RuntimeError("no\nroute")

    monkeypatch.setattr(store, method, refuse)
    with pytest.raises(UsageError, match=rf"memory://shelf: cannot be {what} \(no route\)"):
        fetched("memory://shelf")


def test_a_tree_in_a_bucket_is_read_and_its_estimates_are_kept(bucket, tmp_path):
    rounds = made_up_rounds(Law(processes=2, visits=1), core_cells((16,), ("float32",)))
    for name in ("one", "fleet/AMD EPYC 2c 1"):
        run = write_run(tmp_path / name, rounds)
        for file, data in content(run).items():
            bucket.put(f"results/{name}/{file}", data)
    cells = copycost.open(ADDRESS).cells
    assert cells["run"].unique().tolist() == ["fleet/AMD EPYC 2c 1", "one"]
    folder = fetched(ADDRESS)
    assert (folder / "one" / ".copycost" / "cells.parquet").is_file()
    kept = (folder / "one" / ".copycost" / "cells.parquet").stat().st_mtime_ns
    assert copycost.open(ADDRESS).cells.equals(cells)
    assert (folder / "one" / ".copycost" / "cells.parquet").stat().st_mtime_ns == kept
    assert fetched(f"{ADDRESS}/fleet/AMD EPYC 2c 1/").name == "AMD EPYC 2c 1"


def test_what_changed_in_a_bucket_is_fetched(bucket):
    bucket.put("results/run/x.json", b"{}")
    assert content(fetched(ADDRESS)) == {"run/x.json": b"{}"}
    bucket.put("results/run/x.json", b"[]")
    assert content(fetched(ADDRESS)) == {"run/x.json": b"[]"}


def test_what_a_web_console_makes_for_a_folder_is_no_file(bucket):
    bucket.put("results/", b"")
    with pytest.raises(UsageError, match="holds no files"):
        fetched(ADDRESS)
    bucket.put("results/one/", b"")
    bucket.put("results/one/x.json", b"{}")
    assert content(fetched(ADDRESS)) == {"one/x.json": b"{}"}


@pytest.mark.parametrize("key", ["../../outside.json", "run//process-0001.json", "/absolute.json", "run\\..\\x.json"])
def test_a_name_that_could_lead_elsewhere_ends_it_before_anything_is_written(bucket, tmp_path, key):
    bucket.put("results/fine/run.json", b"{}")
    bucket.put(f"results/{key}", b"{}")
    with pytest.raises(UsageError, match="written safely"):
        fetched(ADDRESS)
    assert list(tmp_path.iterdir()) == []


def test_names_that_differ_in_case_alone_are_refused(bucket):
    bucket.put("results/run/x.json", b"{}")
    bucket.put("results/Run/x.json", b"[]")
    with pytest.raises(UsageError, match="where case does not count"):
        fetched(ADDRESS)


def test_only_results_are_fetched(bucket):
    for name in ("run.json", "notes.txt", ".copycost/cells.json", ".hidden.json", "more.jsonl", "more.ndjson"):
        bucket.put(f"results/one/{name}", b"{}")
    assert sorted(content(fetched(ADDRESS))) == ["one/more.jsonl", "one/more.ndjson", "one/run.json"]


@pytest.mark.parametrize("address", ["s3://no-such-bucket/x", ADDRESS])
def test_nothing_behind_an_address_is_said_in_one_line(bucket, address):
    with pytest.raises(UsageError, match="holds no files"):
        fetched(address)


def test_an_address_without_json_has_no_results(bucket):
    bucket.put("results/readme.txt", b"hello")
    with pytest.raises(UsageError, match="no JSON files"):
        fetched(ADDRESS)


def test_any_store_of_fsspec_will_do(tmp_path):
    (tmp_path / "store" / "one").mkdir(parents=True)
    (tmp_path / "store" / "one" / "run.json").write_bytes(b"{}")
    assert content(fetched(f"file://{tmp_path}/store")) == {"one/run.json": b"{}"}


class Pages(http.server.SimpleHTTPRequestHandler):
    """A folder as pages, of which the server tells the sizes or not, or 0 where it is only asked for the size."""

    told = "size"

    def log_message(self, *_):
        pass

    def send_header(self, keyword, value):
        if keyword == "Content-Length" and self.told != "size":
            if self.told == "nothing" or self.command == "GET":
                return
            value = "0"
        super().send_header(keyword, value)


@pytest.fixture(params=["size", "nothing", "0"])
def pages(request, tmp_path):
    """The address of a server with a run and a file."""
    handler = type("Told", (Pages,), {"told": request.param})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=tmp_path / "pages")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("query", ["", "?raw=true"])
def test_a_file_and_a_run_on_a_web_server_are_read_whole(pages, tmp_path, query):
    run = tmp_path / "pages" / "shelf" / "run"
    law = Law(noise=0.1, processes=2, visits=40)  # more than a server sends at once
    write_run(run, made_up_rounds(law, core_cells(), seed=1))
    file = fetched(f"{pages}/shelf/run/process-0001.json{query}")
    assert file.name == "process-0001.json"
    assert file.read_bytes() == (run / file.name).read_bytes()
    if not query:
        for address in (f"{pages}/shelf/run", f"{pages}/shelf/run/"):
            assert len(load(fetched(address))) == len(load(run))
        assert fetched(pages).name == "results"
        assert [place.name for place in places(fetched(f"{pages}/shelf"))] == ["run"]


def test_what_a_web_server_has_not_is_said_in_one_line(pages, tmp_path, capsys):
    (tmp_path / "pages" / "empty").mkdir(parents=True)
    (tmp_path / "pages" / "page.html").write_text("<html>nothing</html>")
    for path in ("missing.json", "empty/", "page.html"):
        assert main(["show", f"{pages}/{path}"]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_web_server_that_is_not_there_is_not_called_empty(capsys):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert main(["show", f"http://127.0.0.1:{port}/run"]) == 2
    said = capsys.readouterr().err
    assert "cannot be listed (Cannot connect" in said and said.count("\n") == 1
