"""A cluster's run with real parts: a scheduler, workers, and what can happen to them."""

import glob
import json
import signal
import time
import warnings

import psutil
import pytest
from distributed import Client

from copycost.run.cluster.cluster_record import ClusterRecord
from copycost.store.loading import load
from copycost.store.record import read_record
from tests.run.cluster.real_cluster import GatedRun, RealCluster, address_in, measuring, wait_until

PROCESSES = 3
LIMITS = (
    *("--processes", str(PROCESSES), "--layouts", "1"),
    *("--budget", "10min", "--precision", "0.1%", "--visit-timeout", "10min"),
)


@pytest.fixture
def cluster(tmp_path):
    folder = tmp_path / "dask"
    folder.mkdir()
    started = RealCluster(folder)
    yield started
    started.close()


@pytest.fixture
def run(tmp_path):
    return GatedRun(tmp_path)


def by_address(folder):
    """Return the entries of a run's hosts by the last number of their loopback addresses."""
    return {entry.mark.rpartition(".")[2]: entry for entry in ClusterRecord.read(folder).hosts}


def is_whole(folder, processes=PROCESSES):
    """Say whether a host's folder is a complete run that has every process once."""
    record = read_record(folder)
    numbers = [process["file"] for process in record["processes"]]
    rounds = load(folder)
    return (
        record["status"] == "complete"
        and numbers == [f"process-{number:04d}.json" for number in range(1, processes + 1)]
        and sorted(rounds["process"].unique()) == list(range(1, processes + 1))
        and set(rounds["conversion"]) == {"gated", "empty call"}
    )


def test_a_worker_that_is_killed_is_replaced_and_a_host_that_does_not_fit_is_refused(cluster, run, tmp_path):
    other = tmp_path / "other" / "numpy-1.0.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 1.0\n")
    pair = [cluster.worker(2, "--nthreads", "1") for _ in range(2)]
    cluster.worker(3, "--nthreads", "1", environment={"PYTHONPATH": str(other.parent)})
    cluster.worker(4, "--nthreads", "2", "--resources", "copycost=1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the versions that differ
        client = Client(address_in(cluster.file), set_as_default=False)
    with client:
        client.wait_for_workers(4)
        busy = next(address for address in client.scheduler_info()["workers"] if "//127.0.0.4:" in address)
        somebodys = client.submit(time.sleep, 3600, workers=[busy], pure=False)
        wait_until(lambda: any(client.processing()[busy]))
        running = run.start(str(cluster.file), "--name", "fleet", *LIMITS)
        wait_until(lambda: run.waiting, running)
        wait_until(lambda: any(map(measuring, pair)), running)
        killed = next(worker for worker in pair if measuring(worker))
        orphans = measuring(killed)
        killed.kill()
        run.go_on()
        _, told = running.communicate()
        del somebodys
    folder = tmp_path / "results" / "fleet"
    hosts = by_address(folder)
    assert running.returncode == 1, told
    assert {number: entry.status for number, entry in hosts.items()} == {
        "2": "complete",
        "3": "refused",
        "4": "complete",
    }
    assert hosts["3"].reason.startswith("numpy 1.0, not ") and "refused: numpy 1.0, not " in told
    assert hosts["4"].other_tasks == 1 and hosts["2"].other_tasks == 0
    for number in ("2", "4"):
        assert is_whole(folder / hosts[number].folder)
    assert read_record(folder / hosts["4"].folder)["cluster"]["other_tasks"] == 1
    assert hosts["3"].folder is None and len({hosts["2"].folder, hosts["4"].folder}) == 2
    psutil.wait_procs(orphans, timeout=600)
    assert not any(orphan.is_running() for orphan in orphans)
    assert all(entry.node is None and entry.address is None for entry in hosts.values())


def test_an_interrupted_run_leaves_nothing_behind_and_goes_on(cluster, run, tmp_path):
    workers = [cluster.worker(number, "--nthreads", "1") for number in (2, 3)]
    running = run.start(str(cluster.file), "--name", "run", *LIMITS)
    first, second = land_the_first(run, running)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate()
    folder = tmp_path / "results" / "run"
    hosts = by_address(folder)
    assert running.returncode == 130 and "--resume run" in told
    assert (hosts[first].status, hosts[second].status) == ("complete", "interrupted")
    assert ClusterRecord.read(folder).status == "interrupted"
    wait_until(lambda: not any(map(measuring, workers)))
    # The worker clears up after the process; `Path.glob` fails on a folder that goes while it looks.
    wait_until(lambda: not glob.glob("**/copycost-*", root_dir=cluster.folder, recursive=True))
    before = run.landed[0].read_bytes()

    run.go_on()
    going_on = run.start(str(cluster.file), "--resume", "run")
    said, told = going_on.communicate()
    assert going_on.returncode == 0, told
    hosts = by_address(folder)
    assert is_whole(folder / hosts[first].folder) and is_whole(folder / hosts[second].folder)
    assert (folder / hosts[first].folder / "run.json").read_bytes() == before
    assert ClusterRecord.read(folder).status == "complete"
    assert "gated" in said and f"results: {folder}" in said


def land_the_first(run, running):
    """Let the first of two hosts that take turns finish; return both numbers once the second is at the gate."""
    wait_until(lambda: run.waiting, running)
    run.go_on(run.waiting[0])
    wait_until(lambda: len(run.landed) == 1 and len(run.waiting) == 2, running)
    return run.waiting


def test_a_run_goes_on_when_the_scheduler_is_started_anew(cluster, run, tmp_path):
    cluster.worker(2, "--nthreads", "1")
    running = run.start(str(cluster.file), "--name", "run", *LIMITS)
    wait_until(lambda: run.waiting, running)
    cluster.restart()
    cluster.worker(2, "--nthreads", "1")
    run.go_on()
    _, told = running.communicate()
    entry = by_address(tmp_path / "results" / "run")["2"]
    assert running.returncode == 0, told
    assert entry.status == "complete" and "Traceback" not in told
    assert is_whole(tmp_path / "results" / "run" / entry.folder)


def test_what_came_back_stays_when_the_scheduler_is_gone(cluster, run, tmp_path):
    workers = [cluster.worker(number, "--nthreads", "1") for number in (2, 3)]
    running = run.start(str(cluster.file), "--name", "run", "--wait", "5s", *LIMITS)
    first, second = land_the_first(run, running)
    cluster.scheduler.kill()
    _, told = running.communicate()
    folder = tmp_path / "results" / "run"
    hosts = by_address(folder)
    assert running.returncode == 1 and is_whole(folder / hosts[first].folder), told
    assert (hosts[second].status, hosts[second].reason) == ("lost", "the scheduler was lost"), told
    assert "lost: the scheduler was lost" in told and "Traceback" not in told
    assert ClusterRecord.read(folder).status == "incomplete"
    wait_until(lambda: all(worker.poll() is not None for worker in workers))  # Dask's end with their scheduler


def test_a_host_of_which_no_worker_comes_back_is_lost(cluster, run, tmp_path):
    worker = cluster.worker(2, "--nthreads", "1")
    running = run.start(str(cluster.file), "--name", "run", "--wait", "2s", *LIMITS)
    wait_until(lambda: run.waiting, running)
    worker.kill()
    _, told = running.communicate()
    assert running.returncode == 1 and "Traceback" not in told
    assert "lost: its worker was lost, and none came back within 2 s" in told and "nothing was measured" in told
    assert not list((tmp_path / "results").iterdir())


def test_a_stopped_worker_holds_up_neither_its_host_nor_the_others(cluster, run, tmp_path):
    pair, alone = [cluster.worker(2, "--nthreads", "1") for _ in range(2)], cluster.worker(3, "--nthreads", "1")
    running = run.start(str(cluster.file), "--name", "run", "--wait", "2s", *LIMITS)
    wait_until(lambda: any(map(measuring, pair)) and measuring(alone), running)
    stopped = [alone, next(worker for worker in pair if measuring(worker))]
    for worker in stopped:
        worker.send_signal(signal.SIGSTOP)
    run.go_on()
    _, told = running.communicate()
    folder = tmp_path / "results" / "run"
    hosts = by_address(folder)
    assert running.returncode == 1 and "Traceback" not in told
    assert (hosts["2"].status, hosts["3"].status) == ("complete", "lost")
    assert is_whole(folder / hosts["2"].folder)
    assert "lost: nothing was heard of its worker tcp://127.0.0.3:" in told
    assert "127.0.0.3" not in hosts["3"].reason  # names and addresses are not kept


def test_a_stopped_scheduler_ends_the_run(cluster, run, tmp_path):
    cluster.worker(2, "--nthreads", "1")
    running = run.start(str(cluster.file), "--name", "run", "--wait", "2s", *LIMITS)
    wait_until(lambda: run.waiting, running)
    cluster.scheduler.send_signal(signal.SIGSTOP)
    _, told = running.communicate()
    assert running.returncode == 1 and "Traceback" not in told
    assert "lost: the scheduler has said nothing for 10 s" in told


@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_local_cluster_leaves_no_process_and_no_temporary_file(run, tmp_path, monkeypatch, ended_by):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    running = run.start("local:1", "--name", "run", *LIMITS)
    wait_until(lambda: (run.folder / "waits-host").exists(), running)
    started = psutil.Process(running.pid).children(recursive=True)
    if ended_by == signal.SIGINT:  # as a terminal does: to all of the group
        for process in psutil.Process(running.pid).children():
            process.send_signal(ended_by)
    running.send_signal(ended_by)
    _, told = running.communicate()
    left, folder = psutil.wait_procs(started, timeout=600)[1], tmp_path / "results" / "run"
    assert not left and not list(temporary.iterdir()) and "Traceback" not in told
    if ended_by != signal.SIGKILL:
        assert running.returncode == 130 and not folder.exists()
        return
    run.go_on()
    going_on = run.start("local:1", "--resume", "run")
    _, told = going_on.communicate()
    (entry,) = ClusterRecord.read(folder).hosts
    assert going_on.returncode == 0, told
    assert is_whole(folder / entry.folder) and not list(temporary.iterdir())
    assert {path.name for path in folder.iterdir()} == {"cluster.json", entry.folder}


def test_a_cluster_that_does_not_answer_is_refused_and_leaves_nothing(run, tmp_path):
    refused = run.start("tcp://127.0.0.1:9", "--name", "run", "--wait", "1s")
    _, told = refused.communicate()
    assert refused.returncode == 2
    assert len(told.splitlines()) == 1 and "cluster 'tcp://127.0.0.1:9' does not answer" in told
    assert not list((tmp_path / "results").iterdir())


def test_what_every_host_refuses_is_refused_as_it_would_be_here(cluster, run, tmp_path):
    cluster.worker(2, "--nthreads", "1")
    refused = run.start(str(cluster.file), "--name", "run", "--size", "1e13")
    _, told = refused.communicate()
    assert refused.returncode == 2
    assert "size 10000000000000 would need " in told.splitlines()[-1]
    assert not list((tmp_path / "results").iterdir())


def test_a_cluster_to_try_out_needs_no_worker(run, tmp_path):
    run.go_on()
    running = run.start("local:1", "--name", "run", "--processes", "1", "--budget", "10min")
    _, told = running.communicate()
    assert running.returncode == 0, told
    (entry,) = ClusterRecord.read(tmp_path / "results" / "run").hosts
    assert is_whole(tmp_path / "results" / "run" / entry.folder, processes=1)
    assert json.loads((tmp_path / "results" / "run" / "cluster.json").read_text())["conversions"]["name"] == "gated.py"
