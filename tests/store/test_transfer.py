import fsspec
import pytest
import s3fs

from copycost.errors import UsageError
from copycost.store import transfer
from copycost.store.remote import Remote
from copycost.store.transfer import pull, push
from copycost.store.tree import places
from tests.made_up import Law, core_cells, made_up_rounds, write_run
from tests.store.s3_server import BUCKET, serving

ADDRESS = f"s3://{BUCKET}/results"

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utc:DeprecationWarning")


@pytest.fixture(scope="module")
def server():
    with pytest.MonkeyPatch.context() as patch, serving(patch) as running:
        yield running


@pytest.fixture(autouse=True)
def empty(server):
    for key in server.listed():
        server.client.delete_object(Bucket=BUCKET, Key=key)
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture
def tree(tmp_path):
    rounds = made_up_rounds(Law(processes=2, visits=1), core_cells((16,), ("float32",)))
    write_run(tmp_path / "tree" / "one", rounds)
    write_run(tmp_path / "tree" / "fleet" / "AMD EPYC 2c 1", rounds)
    return tmp_path / "tree"


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.json")}


def content_there(server):
    return {key.removeprefix("results/"): server.get(key) for key in server.listed()}


def test_a_tree_goes_and_comes_back_the_same(server, tree, tmp_path):
    sent = push(places(tree), ADDRESS)
    assert sent.files == 6 and sent.bytes == sum(map(len, content(tree).values()))
    assert "results/fleet/AMD EPYC 2c 1/run.json" in server.listed()
    fetched = pull(ADDRESS, tmp_path / "back")
    assert (fetched.files, fetched.bytes) == (sent.files, sent.bytes)
    assert content(tmp_path / "back") == content(tree)


def test_what_is_there_and_equal_is_not_moved_again(tree, tmp_path):
    push(places(tree), ADDRESS)
    again = push(places(tree), ADDRESS)
    assert (again.files, again.equal) == (0, 6)
    pull(ADDRESS, tmp_path / "back")
    again = pull(ADDRESS, tmp_path / "back")
    assert (again.files, again.equal) == (0, 6)


def test_a_transfer_that_was_cut_off_goes_on_where_it_was(server, tree, tmp_path, monkeypatch):
    write = Remote.write
    went = []

    def fail_at_the_third(self, name, data):
        if len(went) == 2:
            raise UsageError("the wire was cut")
        went.append(name)
        write(self, name, data)

    monkeypatch.setattr(Remote, "write", fail_at_the_third)
    with pytest.raises(UsageError, match="wire"):
        push(places(tree), ADDRESS)
    # The record goes last: what is there is not taken for a run yet.
    assert not any(key.endswith("run.json") for key in server.listed())
    monkeypatch.setattr(Remote, "write", write)
    assert push(places(tree), ADDRESS).equal == 2
    (tmp_path / "back" / "one").mkdir(parents=True)
    (tmp_path / "back" / "one" / "process-0001.json").write_bytes((tree / "one" / "process-0001.json").read_bytes())
    assert pull(ADDRESS, tmp_path / "back").equal == 1


def test_a_file_that_differs_is_overwritten_only_when_asked(server, tree, tmp_path):
    push(places(tree), ADDRESS)
    own = (tree / "one" / "process-0001.json").read_bytes()
    server.put("results/one/process-0001.json", own[:-2] + b" }")
    with pytest.raises(UsageError, match=r"process-0001\.json: is there and differs .* --replace"):
        push(places(tree), ADDRESS)
    with pytest.raises(UsageError, match=r"process-0001\.json: is there and differs .* --replace"):
        pull(ADDRESS, tree)
    assert (tree / "one" / "process-0001.json").read_bytes() == own
    # The record goes too: it was removed before, while there were files of two states.
    assert push(places(tree), ADDRESS, replace=True).files == 2
    assert server.get("results/one/process-0001.json") == own
    assert content_there(server) == content(tree)


def shorter(folder):
    """Measure a run anew with one process less than it had."""
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    return write_run(folder, made_up_rounds(Law(processes=1, visits=1), core_cells((4,), ("float64",))))


def test_a_replaced_run_has_nothing_of_the_one_before(server, tree, tmp_path):
    push(places(tree), ADDRESS)
    pull(ADDRESS, tmp_path / "back")
    shorter(tree / "one")
    sent = push(places(tree), ADDRESS, replace=True)
    assert (sent.files, sent.equal, sent.removed) == (2, 3, 1) and "1 of other processes removed" in sent.told("sent")
    assert content_there(server) == content(tree)
    fetched = pull(ADDRESS, tmp_path / "back", replace=True)
    assert (fetched.files, fetched.equal, fetched.removed) == (2, 3, 1)
    assert content(tmp_path / "back") == content(tree)


def test_without_being_asked_nothing_of_a_run_is_replaced_or_removed(server, tree, tmp_path):
    push(places(tree), ADDRESS)
    pull(ADDRESS, tmp_path / "back")
    before = content(tree)
    shorter(tree / "one")
    with pytest.raises(UsageError, match="--replace"):
        push(places(tree), ADDRESS)
    assert content_there(server) == before
    with pytest.raises(UsageError, match="--replace"):
        pull(ADDRESS, tree)
    assert "one/process-0002.json" in content(tmp_path / "back") and len(content(tree / "one")) == 2


def test_a_replacement_that_is_cut_off_leaves_no_whole_run(server, tree, tmp_path, monkeypatch):
    push(places(tree), ADDRESS)
    pull(ADDRESS, tmp_path / "back")
    shorter(tree / "one")

    def fail(*_):
        raise UsageError("the wire was cut")

    with monkeypatch.context() as patch:
        patch.setattr(Remote, "write", fail)
        with pytest.raises(UsageError, match="wire"):
            push(places(tree), ADDRESS, replace=True)
    assert "results/one/run.json" not in server.listed() and "results/one/process-0001.json" in server.listed()
    push(places(tree), ADDRESS, replace=True)
    with monkeypatch.context() as patch:
        patch.setattr(Remote, "read", fail)
        with pytest.raises(UsageError, match="wire"):
            pull(ADDRESS, tmp_path / "back", replace=True)
    assert not (tmp_path / "back" / "one" / "run.json").exists()
    pull(ADDRESS, tmp_path / "back", replace=True)
    assert content(tmp_path / "back") == content(tree)


def test_a_record_alone_is_replaced_at_once(server, tree):
    push(places(tree), ADDRESS)
    record = tree / "one" / "run.json"
    record.write_text(record.read_text() + "\n")
    sent = push(places(tree), ADDRESS, replace=True)
    assert (sent.files, sent.equal) == (1, 5)


def test_what_a_web_console_makes_for_a_folder_is_no_file(server, tree, tmp_path):
    server.put("results/", b"")
    with pytest.raises(UsageError, match="holds no files"):
        pull(ADDRESS, tmp_path / "back")
    push(places(tree), ADDRESS)
    server.put("results/one/", b"")
    fetched = pull(ADDRESS, tmp_path / "back")
    assert (fetched.files, fetched.others) == (6, 0)
    assert content(tmp_path / "back") == content(tree)


def test_the_address_of_one_run_gives_a_folder_of_its_name(tree, tmp_path):
    push(places(tree), ADDRESS)
    pull(f"{ADDRESS}/fleet/AMD EPYC 2c 1/", tmp_path / "back")
    assert sorted(content(tmp_path / "back"))[-1] == "AMD EPYC 2c 1/run.json"
    pull(f"{ADDRESS}/one/process-0001.json", tmp_path / "file")
    assert list(content(tmp_path / "file")) == ["process-0001.json"]


@pytest.mark.parametrize("key", ["../../outside.json", "run//process-0001.json", "/absolute.json", "run\\..\\x.json"])
def test_a_name_that_could_lead_elsewhere_ends_it_before_anything_is_written(server, tmp_path, key):
    server.put("results/fine/run.json", b"{}")
    server.put(f"results/{key}", b"{}")
    with pytest.raises(UsageError, match="written safely"):
        pull(ADDRESS, tmp_path / "back")
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_folder_does_not_lead_out_of_it(server, tmp_path):
    server.put("results/run/x.json", b"{}")
    (tmp_path / "outside").mkdir()
    (tmp_path / "back").mkdir()
    (tmp_path / "back" / "run").symlink_to(tmp_path / "outside", target_is_directory=True)
    with pytest.raises(UsageError, match="leads out of"):
        pull(ADDRESS, tmp_path / "back")
    assert list((tmp_path / "outside").iterdir()) == []


def test_names_that_differ_in_case_alone_are_refused(server, tmp_path):
    server.put("results/run/x.json", b"{}")
    server.put("results/Run/x.json", b"[]")
    with pytest.raises(UsageError, match="where case does not count"):
        pull(ADDRESS, tmp_path / "back")


def test_only_results_are_fetched_and_caches_are_not_sent(server, tree, tmp_path):
    (tree / "one" / ".copycost").mkdir()
    (tree / "one" / ".copycost" / "cells.json").write_text("{}")
    push(places(tree), ADDRESS)
    assert not any(".copycost" in key for key in server.listed())
    server.put("results/one/notes.txt", b"hello")
    server.put("results/one/.copycost/cells.json", b"{}")
    assert pull(ADDRESS, tmp_path / "back").others == 2
    assert sorted(content(tmp_path / "back")) == sorted(name for name in content(tree) if ".copycost" not in name)


def test_a_file_that_is_not_as_it_was_told_is_not_kept(server, tmp_path, monkeypatch):
    server.put("results/run/x.json", b"{}")
    listed = Remote.list

    def grown(self):
        found = listed(self)
        server.put("results/run/x.json", b"[1, 2, 3]")
        return found

    monkeypatch.setattr(Remote, "list", grown)
    with pytest.raises(UsageError, match=r"2 bytes long and is not any more|no longer exists"):
        pull(ADDRESS, tmp_path / "back")
    assert content(tmp_path) == {}


def test_what_does_not_fit_on_the_disk_is_not_begun(server, tmp_path, monkeypatch):
    server.put("results/run/x.json", b"{}")
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda _: transfer.shutil._ntuple_diskusage(9, 8, 1))
    with pytest.raises(UsageError, match="are to come"):
        pull(ADDRESS, tmp_path / "back")


@pytest.mark.parametrize("work", [lambda path: pull("s3://no-such-bucket/x", path), lambda path: pull(ADDRESS, path)])
def test_nothing_behind_an_address_is_said_in_one_line(tmp_path, work):
    with pytest.raises(UsageError, match="holds no files"):
        work(tmp_path / "back")


def test_a_bucket_that_is_not_there_is_said_in_one_line(tree):
    with pytest.raises(UsageError, match="bucket does not exist") as error:
        push(places(tree), "s3://no-such-bucket/results")
    assert "\n" not in str(error.value)


def test_an_address_without_json_has_no_results(server, tmp_path):
    server.put("results/readme.txt", b"hello")
    with pytest.raises(UsageError, match="no JSON files"):
        pull(ADDRESS, tmp_path / "back")


def test_any_store_of_fsspec_will_do(tree, tmp_path):
    for address in (f"file://{tmp_path}/store", "memory://store"):
        assert push(places(tree), address).files == 6
        assert push(places(tree), address).equal == 6
        pull(address, tmp_path / address.partition(":")[0])
    assert content(tmp_path / "file") == content(tmp_path / "memory") == content(tree)
    assert not [path for path in (tmp_path / "store").rglob("*") if path.suffix == ".part"]
    fsspec.filesystem("memory").rm("/store", recursive=True)
