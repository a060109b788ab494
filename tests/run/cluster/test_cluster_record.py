import pytest

from copycost.errors import UsageError
from copycost.run.cluster import cluster_record as module
from copycost.run.cluster.cluster_record import FILE, ClusterRecord, resumed
from copycost.run.privacy import file_told
from copycost.store.loading import load
from copycost.store.record import read_record
from tests.made_up import write_run

MACHINE = "AMD EPYC 2c 3f9a1c"


def new(folder, **asked):
    return ClusterRecord(folder, {"preset": "quick", "arms": [], **asked})


def met(record, number, machine=MACHINE, kernel=None):
    """Return the entry of a host whose folder has been named."""
    entry = record.entry(kernel or f"kernel-{number}", machine)
    record.name_folder(entry)
    return entry


def test_what_is_read_is_what_was_written(tmp_path):
    record = new(tmp_path)
    met(record, 1).status = record.status = "complete"
    record.write()
    assert ClusterRecord.read(tmp_path) == record


def test_a_folder_is_named_after_its_machine_and_unique(tmp_path):
    record = new(tmp_path)
    folders = [met(record, number).folder for number in (1, 2, 3)]
    assert folders == ["AMD-EPYC-2c-3f9a1c", "AMD-EPYC-2c-3f9a1c-2", "AMD-EPYC-2c-3f9a1c-3"]


@pytest.mark.parametrize("machine", ["../../etc", "Ünïcode µ 2c 3f9a1c", "", "x" * 300])
def test_no_machines_name_leads_out_of_the_runs_folder(tmp_path, machine):
    record = new(tmp_path)
    folder = tmp_path / met(record, 1, machine).folder
    assert folder.parent == tmp_path and folder.name and len(folder.name) <= 90
    assert folder.resolve().parent == tmp_path.resolve()


def test_a_host_is_known_again_by_its_mark(tmp_path):
    record = new(tmp_path)
    met(record, 1)
    second = met(record, 2)
    assert met(record, 2) is second
    assert len(record.hosts) == 2


def reread(record):
    record.write()
    return ClusterRecord.read(record.folder)


def test_a_host_that_was_started_anew_is_known_by_its_machine_id_when_the_run_goes_on(tmp_path):
    record = new(tmp_path)
    met(record, 1)
    record = reread(record)
    assert met(record, 1, kernel="another boot") is record.hosts[0]
    assert met(record, 2) is record.hosts[1]


def test_hosts_that_share_a_machine_id_are_not_taken_for_each_other(tmp_path):
    record = new(tmp_path)
    met(record, 1)
    met(record, 2)
    record = reread(record)
    assert met(record, 3, kernel="another boot") is record.hosts[2]


def test_arms_that_name_paths_are_kept_only_when_asked_for(tmp_path):
    arms = ["base", "new:python=/home/somebody/venv/bin/python"]
    record = new(tmp_path, arms=arms)
    assert reread(record).asked["arms"] is None
    assert record.asked["arms"] == arms
    assert reread(new(tmp_path, arms=arms, with_hostname=True)).asked["arms"] == arms
    assert reread(new(tmp_path, arms=["base", "thp:THP_MEM_ALLOC_ENABLE=1"])).asked["arms"] is not None


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": 2}', '{"schema": 1, "hosts": []}', '{"schema": 2, "hosts": [{"what": 1}]}']
)
def test_a_damaged_record_is_refused_by_name(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(UsageError, match=r"cluster\.json"):
        ClusterRecord.read(tmp_path)


def test_a_record_that_names_a_folder_elsewhere_is_refused(tmp_path):
    record = new(tmp_path)
    met(record, 1).folder = "../elsewhere"
    with pytest.raises(UsageError, match=r"cluster\.json"):
        reread(record)


@pytest.fixture
def sent(tmp_path):
    """What a host sends: the files of a run of several processes."""
    folder = write_run(tmp_path / "host" / "run", record={"status": "complete"})
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def record(tmp_path):
    folder = tmp_path / "results" / "fleet"
    folder.mkdir(parents=True)
    return new(folder)


def test_what_lands_is_an_ordinary_run_folder_that_says_what_else_ran_there(record, sent):
    entry = met(record, 1)
    entry.workers, entry.other_tasks = 3, 2
    assert record.land(entry, sent)["status"] == "complete"
    folder = record.folder / entry.folder
    assert read_record(folder)["cluster"] == {"workers": 3, "other_tasks": 2}
    assert load(folder)["process"].nunique() == entry.processes == len(sent) - 1
    assert [path.name for path in record.folder.iterdir()] == [entry.folder]


def test_an_incomplete_run_gives_way_to_that_of_a_resumed_one(record, sent):
    entry = met(record, 1)
    record.land(entry, {name: sent[name] for name in ("run.json", "process-0001.json")})
    record.land(entry, sent)
    assert entry.processes == len(sent) - 1 == len(list((record.folder / entry.folder).glob("process-*.json")))
    assert [path.name for path in record.folder.iterdir()] == [entry.folder]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"../../elsewhere.json": b"{}"}, "not a run's: '../../elsewhere.json'"),
        ({"/tmp/process-0001.json": b"{}"}, "not a run's"),
        ({"process-0001.json\n": b"{}"}, "not a run's"),
        ({"conftest.py": b"raise SystemExit"}, "not a run's"),
        ({"process-0001.json": "text"}, "is no run"),
        ({"run.json": b"{"}, "truncated"),
        ({"run.json": b'{"schema": 99}'}, "schema 99"),
    ],
)
def test_what_is_no_run_does_not_land(record, sent, changes, said):
    with pytest.raises(UsageError, match=said):
        record.land(met(record, 1), {**sent, **changes})
    assert not list(record.folder.iterdir()) and not list(record.folder.parent.parent.glob("*.json"))


@pytest.mark.parametrize("nothing", [None, [], "refused", {}])
def test_what_is_no_files_at_all_does_not_land(record, nothing):
    with pytest.raises(UsageError, match="no run"):
        record.land(met(record, 1), nothing)


def test_more_than_is_taken_from_a_host_does_not_land(record, sent, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_BYTES", sum(map(len, sent.values())) - 1)
    with pytest.raises(UsageError, match="MiB that are taken from a host"):
        record.land(met(record, 1), sent)


def kept(folder, status="incomplete", created="2026-01-01", conversions=None, **asked):
    folder.mkdir(parents=True)
    asked = {"preset": "quick", "arms": [], "conversions": ["torch.tensor"], "sizes": None, **asked}
    ClusterRecord(folder, asked, conversions, created, status).write()
    return folder


def test_a_run_is_found_by_name_by_folder_and_as_the_latest(tmp_path):
    kept(tmp_path / "first", created="2026-01-01")
    kept(tmp_path / "second", created="2026-01-02")
    kept(tmp_path / "third", created="2026-01-03", status="complete")
    assert resumed("first", tmp_path, {}).folder == tmp_path / "first"
    assert resumed(str(tmp_path / "first"), tmp_path / "elsewhere", {}).folder == tmp_path / "first"
    assert resumed("", tmp_path, {}).folder == tmp_path / "second"


def test_a_damaged_neighbour_does_not_hide_the_latest(tmp_path):
    kept(tmp_path / "first")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "cluster.json").write_text("{")
    assert resumed("", tmp_path, {}).folder == tmp_path / "first"


@pytest.mark.parametrize(("run", "said"), [("frist", "did you mean first"), ("", "nothing to resume")])
def test_a_run_that_is_not_there_is_refused(tmp_path, run, said):
    kept(tmp_path / "first", status="complete")
    with pytest.raises(UsageError, match=said):
        resumed(run, tmp_path, {})


def test_a_complete_run_is_refused(tmp_path):
    kept(tmp_path / "first", status="complete")
    with pytest.raises(UsageError, match="is complete"):
        resumed("first", tmp_path, {})


def test_what_was_typed_again_may_say_the_same(tmp_path):
    kept(tmp_path / "run")
    given = {"preset": "quick", "conversion": ("torch.tensor",), "cluster": "local:2", "wait": "9s", "out": tmp_path}
    assert resumed("run", tmp_path, given).asked["preset"] == "quick"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"preset": "full"}, "--preset full contradicts the run run, which has quick"),
        ({"conversion": ("torch.as_tensor",)}, "--conversion torch.as_tensor contradicts"),
        ({"size": "64"}, "--size 64 contradicts the run run, which has none"),
        ({"conversions": "mine.py"}, "--conversions contradicts"),
    ],
)
def test_what_contradicts_the_record_is_refused(tmp_path, given, said):
    kept(tmp_path / "run")
    with pytest.raises(UsageError, match=said):
        resumed("run", tmp_path, given)


def test_arms_with_paths_have_to_be_given_again(tmp_path):
    arms = ("base", "new:python=/opt/new/bin/python")
    kept(tmp_path / "run", arms=list(arms))
    with pytest.raises(UsageError, match="give every --arm again"):
        resumed("run", tmp_path, {})
    assert resumed("run", tmp_path, {"arm": arms}).asked["arms"] == list(arms)


def test_the_conversions_file_has_to_be_the_one_that_the_run_was_begun_with(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("x = 1\n")
    kept(tmp_path / "run", conversions=file_told(str(file)))
    with pytest.raises(UsageError, match="has to name the file again"):
        resumed("run", tmp_path, {})
    assert resumed("run", tmp_path, {"conversions": file}).conversions["name"] == "mine.py"
    other = tmp_path / "other.py"
    other.write_text("x = 2\n")
    with pytest.raises(UsageError, match="content differs"):
        resumed("run", tmp_path, {"conversions": other})
    with pytest.raises(UsageError, match="No such file"):
        resumed("run", tmp_path, {"conversions": tmp_path / "missing.py"})
