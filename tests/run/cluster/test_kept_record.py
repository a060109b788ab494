"""What becomes of cluster.json when a run fails before it has measured anything."""

import pytest

from copycost.errors import UsageError
from copycost.run.cluster import cluster_job as module
from copycost.run.cluster.cluster_job import Request, cluster_job
from copycost.run.cluster.cluster_record import FILE, ClusterRecord, HostEntry

TYPED = {"preset": "quick", "conversions": ["torch.tensor"]}


@pytest.fixture(autouse=True)
def _no_cluster(monkeypatch):
    class NoCluster:
        def __init__(self, *_):
            """Be no fleet."""

        async def measure(self):
            raise UsageError("cluster 'tcp://10.0.0.1:8786' does not answer")

    monkeypatch.setattr(module, "Fleet", NoCluster)


def failing(folder, **changes):
    with pytest.raises(UsageError, match="does not answer"):
        cluster_job(Request("tcp://10.0.0.1:8786", TYPED, out=folder, **changes))


@pytest.mark.parametrize("landed", [True, False])
def test_a_run_that_cannot_go_on_now_can_go_on_later(tmp_path, landed):
    host = HostEntry(1, "AMD EPYC", "kernel-1", "measuring", "AMD-EPYC")
    (tmp_path / "run" / "AMD-EPYC").mkdir(parents=True)
    if landed:  # and the record does not know it yet
        (tmp_path / "run" / "AMD-EPYC" / "process-0001.json").write_text("{}")
    ClusterRecord(tmp_path / "run", {**TYPED, "arms": []}, hosts=[host]).write()
    failing(tmp_path, resume="run")
    assert ClusterRecord.read(tmp_path / "run").hosts == [host]


def test_a_run_that_could_not_begin_leaves_nothing(tmp_path):
    failing(tmp_path, name="run")
    assert list(tmp_path.iterdir()) == []


def test_what_has_landed_of_a_run_that_broke_is_kept_with_its_record(tmp_path, monkeypatch):
    def broken(order, record, address, display):
        record.write()
        (record.folder / "AMD-EPYC").mkdir()
        (record.folder / "AMD-EPYC" / "process-0001.json").write_text("{}")
        raise UsageError("it does not answer any more")

    monkeypatch.setattr(module, "_measure", broken)
    with pytest.raises(UsageError):
        cluster_job(Request("tcp://10.0.0.1:8786", TYPED, "run", tmp_path))
    assert (tmp_path / "run" / FILE).is_file()
