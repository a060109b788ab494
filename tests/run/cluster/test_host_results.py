"""What becomes of hosts whose tasks end in some other way, on a real scheduler and workers within this process."""

import pytest
from distributed import Client, LocalCluster

from copycost.errors import UsageError
from copycost.run.cluster import cluster_run as module
from copycost.run.cluster.cluster_record import ClusterRecord, HostEntry
from copycost.run.cluster.cluster_run import ClusterRun
from copycost.run.cluster.hosts import facts
from tests.made_up import write_run

OWN = facts()
RANDOM = {"address_layouts": "random"}


@pytest.fixture(scope="module")
def client():
    options = {"processes": False, "n_workers": 2, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(protocol="tcp", **options) as cluster, Client(cluster, set_as_default=False) as client:
        yield client


class Told(list):
    """Lines that last."""

    def __call__(self, line, lasting):
        self.append(line) if lasting else None


def measured(client, record, task=None, wait=600.0, expected=2, monkeypatch=None):
    """Measure with another task than the one that measures, and return what was told."""
    if task is not None:
        monkeypatch.setattr(module, "measure_host", task)
    told = Told()
    ClusterRun(client, record, None, wait, expected, told).measure()
    return told


def test_a_host_of_several_workers_is_measured_once_and_lands(client, tmp_path, monkeypatch):
    folder = write_run(tmp_path / "host" / "run", record={"status": "complete"})
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    (tmp_path / "fleet").mkdir()
    record = ClusterRecord(tmp_path / "fleet", RANDOM)
    measured(client, record, lambda job: files, monkeypatch=monkeypatch)
    (entry,) = record.hosts
    assert (entry.status, entry.workers, entry.processes) == ("complete", 2, len(files) - 1)
    assert entry.node is None and entry.address is None
    assert ClusterRecord.read(tmp_path / "fleet").hosts == record.hosts and record.status == "complete"


def failing(job):
    raise ValueError("Expecting value:\nline 1")


@pytest.mark.parametrize(
    ("task", "status", "reason"),
    [
        (failing, "lost", "ValueError: Expecting value: line 1"),
        (lambda job: "threads 1000 is more than 2", "refused", "threads 1000 is more than 2"),
        (lambda job: {"../x.json": b"{}"}, "lost", "it sent a file that is not a run's: '../x.json'"),
    ],
    ids=["fails", "refuses", "sends what is no run"],
)
def test_a_task_that_brings_nothing_says_why(client, tmp_path, monkeypatch, task, status, reason):
    record = ClusterRecord(tmp_path, RANDOM)
    told = measured(client, record, task, monkeypatch=monkeypatch)
    (entry,) = record.hosts
    assert (entry.status, entry.reason, entry.folder, entry.processes) == (status, reason, None, 0)
    assert told[-1].endswith(f"{status}: {reason}") and record.status == "incomplete"


@pytest.mark.parametrize(("asked", "kept"), [({}, "no libx.so"), ({"with_hostname": True}, "no /srv/secret/libx.so")])
def test_a_reason_is_kept_with_folders_only_when_asked_for(client, tmp_path, monkeypatch, asked, kept):
    record = ClusterRecord(tmp_path, {**RANDOM, **asked})
    told = measured(client, record, lambda job: "no /srv/secret/libx.so", monkeypatch=monkeypatch)
    (entry,) = record.hosts
    assert entry.reason == kept and told[-1].endswith("no /srv/secret/libx.so")
    assert (entry.address is not None) == bool(asked)


def test_a_resumed_run_reports_hosts_that_did_not_come_and_leaves_those_that_are_complete(client, tmp_path):
    machine = OWN["machine"]["machine"]
    absent = HostEntry(1, "absent", "kernel-7")
    done = HostEntry(2, machine, OWN["kernel"], "complete", "AMD", processes=3)
    record = ClusterRecord(tmp_path, RANDOM, hosts=[absent, done])
    told = measured(client, record, wait=0.5)
    assert (absent.status, done.status) == ("lost", "complete")
    assert absent.reason == "none of its workers came within 0.5 s"
    assert any("complete" in line for line in told) and any("absent: lost" in line for line in told)


def test_a_cluster_without_workers_is_refused(tmp_path):
    options = {"processes": False, "n_workers": 0, "dashboard_address": "127.0.0.1:0"}
    with (
        LocalCluster(protocol="tcp", **options) as cluster,
        Client(cluster, set_as_default=False) as client,
        pytest.raises(UsageError, match=r"no workers after 0\.5 s"),
    ):
        measured(client, ClusterRecord(tmp_path, RANDOM), wait=0.5)
