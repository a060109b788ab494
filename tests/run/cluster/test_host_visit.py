"""The visit of hosts over a fake client: how attempts fail, and what is kept of them."""

import asyncio

import pytest

from copycost.run.cluster import fleet, host_visit, link
from copycost.run.cluster.cluster_record import ClusterRecord
from copycost.run.cluster.errands import Collected
from copycost.run.cluster.fleet import Fleet
from copycost.run.cluster.hosted import COMPLETE, INCOMPLETE, REFUSED
from copycost.run.cluster.parcel import Parcel
from copycost.store.record import read_record
from tests.made_up import write_run
from tests.run.cluster.fake_cluster import FakeClient, FakeFuture, FakeLink, facts, order, worker


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch):
    for module in (fleet, host_visit, link):
        monkeypatch.setattr(module, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(host_visit, "_NOTICED_SECONDS", 0.0)


@pytest.fixture
def collected(tmp_path):
    """What a host has measured: an unfinished run."""
    folder = write_run(tmp_path / "host" / "run", record={"status": "running"})
    files = tuple(Parcel.of(path) for path in sorted(folder.glob("process-*.json")))
    return Collected(files, Parcel.of(folder / "run.json"))


def ending(status, **event):
    return {"event": event, "status": status, "last_words": ""}


def measured(folder, client, tell=lambda *_: None, patience=600.0, **asked):
    """Measure a fleet and return its entries by their marks."""
    record = ClusterRecord(folder, {})
    folder.mkdir()
    asyncio.run(Fleet(order(folder, patience, **asked), record, FakeLink(client, patience), 0, tell).measure())
    return {entry.mark: entry for entry in record.hosts}


def test_a_task_that_fails_is_tried_again_and_ends_nothing_of_other_hosts(tmp_path):
    ended = {worker(1): ValueError("Expecting value:\nline 1"), worker(2): ending(COMPLETE)}
    entries = measured(tmp_path / "run", FakeClient({worker(1): facts(1), worker(2): facts(2)}, ended))
    lost, complete = entries["kernel-1"], entries["kernel-2"]
    assert (lost.status, lost.attempts, lost.reason) == (
        "lost",
        3,
        "its task failed: ValueError: Expecting value: line 1",
    )
    assert (complete.status, complete.attempts) == ("complete", 1)


def test_the_scheduler_may_go_while_a_host_with_three_workers_is_left(tmp_path):
    class Vanishing(FakeClient):
        async def run(self, function, *arguments, workers, on_error):
            if self.status == "closing":
                self.status = "closed"
                raise RuntimeError("ConnectionPool is closed")
            return await self.scheduler.answered(function, workers)

        async def answered(self, function, workers):
            return {one: self.answer(function, one) for one in workers}

        def submit(self, function, name, **_):
            self.status = "closing"
            return FakeFuture(self, OSError("gone"))

    client = Vanishing({worker(1, port): facts(1) for port in (1, 2, 3)})
    entry = measured(tmp_path / "run", client, patience=0.05)["kernel-1"]
    assert (entry.status, entry.reason) == ("lost", "the scheduler was lost")


def test_what_has_landed_is_in_the_record_at_once(tmp_path, collected):
    noted = []

    def tell(entry, host, event):
        if event["event"] == "again":
            noted.append(ClusterRecord.read(tmp_path / "run").hosts[0].processes)

    client = FakeClient({worker(1): facts(1)}, {worker(1): ending(INCOMPLETE)}, collected)
    entry = measured(tmp_path / "run", client, tell)["kernel-1"]
    assert noted == [len(collected.files)] * 3
    assert (entry.status, entry.processes) == ("incomplete", len(collected.files))


@pytest.mark.parametrize(
    ("asked", "kept"),
    [({}, "no room in x.bin on <host>"), ({"with_hostname": True}, "no room in /srv/a b/x.bin on node-1")],
)
def test_a_reason_is_kept_with_folders_and_names_only_when_asked_for(tmp_path, collected, asked, kept):
    reason = "no room in /srv/a b/x.bin on node-1"
    client = FakeClient({worker(1): facts(1)}, {worker(1): ending(REFUSED, reason=reason)}, collected)
    told = []
    entry = measured(tmp_path / "run", client, lambda entry, host, event: told.append(event), **asked)["kernel-1"]
    record = read_record(tmp_path / "run" / entry.folder)
    assert entry.status == "refused" and entry.reason == record["failed"][-1]["error"] == kept
    assert told[-1]["reason"] == reason
