import pytest

from copycost.errors import UsageError
from copycost.run.cluster.cluster_record import FILE, ClusterRecord
from copycost.run.cluster.hosts import Host

MACHINE = "AMD EPYC 2c 3f9a1c"


def new(folder, **asked):
    return ClusterRecord(folder, {"preset": "quick", "arms": [], **asked})


def host(number, machine=MACHINE, kernel=None):
    facts = {"node": f"node-{number}.example", "machine": {"machine": machine}}
    return Host(kernel or f"kernel-{number}", f"10.0.0.{number}", facts)


def landed(record, number, **changes):
    """Return the entry of a host whose results have landed."""
    entry = record.entry(host(number, **changes), with_hostname=False)
    record.folder_of(entry)
    return entry


def test_what_is_read_is_what_was_written(tmp_path):
    record = new(tmp_path)
    landed(record, 1).status = record.status = "complete"
    record.write()
    assert ClusterRecord.read(tmp_path) == record


def test_a_folder_is_named_after_its_machine_and_unique(tmp_path):
    record = new(tmp_path)
    folders = [landed(record, number).folder for number in (1, 2, 3)]
    assert folders == ["AMD-EPYC-2c-3f9a1c", "AMD-EPYC-2c-3f9a1c-2", "AMD-EPYC-2c-3f9a1c-3"]


@pytest.mark.parametrize("machine", ["../../etc", "Ünïcode µ 2c 3f9a1c", "", "x" * 300])
def test_no_machines_name_leads_out_of_the_runs_folder(tmp_path, machine):
    record = new(tmp_path)
    folder = record.folder_of(record.entry(host(1, machine), with_hostname=False))
    assert folder.parent == tmp_path and folder.name and len(folder.name) <= 90
    assert folder.resolve().parent == tmp_path.resolve()


def test_a_host_is_known_again_by_its_mark(tmp_path):
    record = new(tmp_path)
    landed(record, 1)
    second = landed(record, 2)
    assert landed(record, 2) is second
    assert len(record.hosts) == 2


def reread(record):
    record.write()
    return ClusterRecord.read(record.folder)


def test_a_host_that_was_started_anew_is_known_by_its_machine_id_when_the_run_goes_on(tmp_path):
    record = new(tmp_path)
    landed(record, 1)
    record = reread(record)
    assert landed(record, 1, kernel="another boot") is record.hosts[0]
    assert landed(record, 2) is record.hosts[1]


def test_hosts_that_share_a_machine_id_are_not_taken_for_each_other(tmp_path):
    record = new(tmp_path)
    landed(record, 1)
    landed(record, 2)
    record = reread(record)
    assert landed(record, 3, kernel="another boot") is record.hosts[2]


def test_names_and_addresses_are_kept_only_when_asked_for(tmp_path):
    record = new(tmp_path)
    landed(record, 1)
    record.write()
    text = (tmp_path / FILE).read_text()
    assert "node-1" not in text and "10.0.0.1" not in text
    record.entry(host(1), with_hostname=True)
    record.write()
    text = (tmp_path / FILE).read_text()
    assert "node-1.example" in text and "10.0.0.1" in text


def test_arms_that_name_paths_are_kept_only_when_asked_for(tmp_path):
    arms = ["base", "new:python=/home/somebody/venv/bin/python"]
    record = new(tmp_path, arms=arms)
    assert reread(record).asked["arms"] is None
    assert record.asked["arms"] == arms
    assert reread(new(tmp_path, arms=arms, with_hostname=True)).asked["arms"] == arms
    assert reread(new(tmp_path, arms=["base", "thp:THP_MEM_ALLOC_ENABLE=1"])).asked["arms"] is not None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 2}', '{"schema": 1, "hosts": [{"number": 1}]}'])
def test_a_damaged_record_is_refused_by_name(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(UsageError, match=r"cluster\.json"):
        ClusterRecord.read(tmp_path)
