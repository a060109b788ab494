"""The fleet over a fake client: which hosts it finds, waits for, refuses and gives up."""

import asyncio

import pytest
from distributed.comm import CommClosedError

from copycost.run.cluster import fleet as fleet_module
from copycost.run.cluster.cluster_record import ClusterRecord, HostEntry
from copycost.run.cluster.fleet import Fleet
from tests.made_up import write_run
from tests.run.cluster.fake_cluster import FakeClient, FakeLink, facts, order, worker

UNFIT = {"numpy": "1.0"}
REASON = "numpy 1.0, not 2.4.6"


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch):
    monkeypatch.setattr(fleet_module, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(fleet_module, "_NOTICED_SECONDS", 0.1)


class Told(list):
    """What was told of hosts, as (label, status, reason)."""

    def __call__(self, entry, host, event):
        self.append((host.label, event["status"], event["reason"]))


def measured(record, client, patience=600.0, **asked):
    """Measure a fleet and return what was told of its hosts."""
    told = Told()
    fleet = Fleet(order(record.folder, patience, **asked), record, FakeLink(client, patience), 0, told)
    asyncio.run(fleet.measure())
    return told


def test_a_worker_that_dies_while_it_is_examined_is_no_host_and_is_examined_when_it_is_back(tmp_path):
    class Dying(FakeClient):
        died = None

        async def identity(self, n_workers):
            if self.died is not None and self.looks > self.died + 50:
                self.found = {worker(1): facts(1, **UNFIT)}
            return await super().identity(n_workers)

        def answer(self, function, address):
            if self.died is None:
                self.died, self.found = self.looks, {}
                return CommClosedError("in <TCP (closed)>: Stream is closed")
            return super().answer(function, address)

    record = ClusterRecord(tmp_path, {})
    measured(record, Dying({worker(1): facts(1)}))
    assert [(entry.status, entry.reason, entry.machine) for entry in record.hosts] == [
        ("refused", REASON, facts(1)["machine"]["machine"])
    ]


def test_a_worker_that_stays_and_never_answers_is_refused_without_its_address_in_the_record(tmp_path):
    record = ClusterRecord(tmp_path, {})
    told = measured(record, FakeClient({worker(1): OSError(f"timed out: {worker(1)}")}))
    (entry,) = record.hosts
    assert entry.status == "refused" and "cannot be examined: OSError: timed out" in entry.reason
    assert "10.0.0.1" not in entry.reason and worker(1) in told[0][2]


@pytest.mark.parametrize(
    ("asked", "kept"),
    [({}, "ImportError: libx.so on <host>"), ({"with_hostname": True}, "ImportError: /srv/secret/libx.so on node-1")],
)
def test_a_refusals_reason_is_kept_with_folders_and_names_only_when_asked_for(tmp_path, asked, kept):
    record = ClusterRecord(tmp_path, {})
    fault = "ImportError: /srv/secret/libx.so on node-1"
    told = measured(record, FakeClient({worker(1): facts(1, fault=fault)}), **asked)
    assert record.hosts[0].reason == kept and told[0][2] == fault


def resumed(folder, *entries):
    """Return the record of a run that goes on."""
    return ClusterRecord(folder, {}, hosts=[HostEntry(number, *entry) for number, entry in enumerate(entries, 1)])


def test_a_resumed_run_reports_hosts_that_did_not_come(tmp_path):
    record = resumed(tmp_path, ("absent", "kernel-7", "waiting"), ("done", "kernel-8", "complete"))
    told = measured(record, FakeClient({worker(1): facts(1, **UNFIT)}), patience=0.05)
    assert [entry.status for entry in record.hosts] == ["lost", "complete", "refused"]
    assert record.hosts[0].reason.startswith("none of its workers came within")
    assert ("absent", "lost", record.hosts[0].reason) in told
    assert ClusterRecord.read(tmp_path).hosts == record.hosts


def test_a_resumed_run_waits_for_hosts_that_are_to_come(tmp_path):
    class Growing(FakeClient):
        async def identity(self, n_workers):
            if self.looks == 20:
                self.found[worker(2)] = facts(2, **UNFIT)
            return await super().identity(n_workers)

    record = resumed(tmp_path, (facts(2)["machine"]["machine"], "kernel-2", "interrupted"))
    measured(record, Growing({worker(1): facts(1, machine="another", **UNFIT)}))
    assert [(entry.status, entry.reason) for entry in record.hosts] == [("refused", REASON)] * 2


@pytest.mark.parametrize("changes", [{}, UNFIT])
def test_a_host_that_was_complete_stays_so_whatever_is_noted_of_it(tmp_path, changes):
    write_run(tmp_path / "AMD", record={"status": "complete"})
    record = resumed(tmp_path, (facts(1)["machine"]["machine"], "kernel-1", "measuring", "AMD"))
    measured(record, FakeClient({worker(1): facts(1, **changes)}))
    assert [(entry.status, entry.reason) for entry in record.hosts] == [("complete", None)]
