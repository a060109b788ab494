"""A run with a device, from the command line to the files: a made-up one everywhere, CUDA where there is one.

The made-up device fails in a process that was forked from one that has used it, as CUDA does: that anything was
measured means that it was touched in measuring processes only.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[2]
DEVICES = ["made_up", *(["cuda"] if torch.cuda.is_available() else [])]
WANTED = "torch.from_numpy.to,torch.from_numpy.to+sync,t.cpu.numpy+sync,pinned.to"
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests/made_up_device")])}


def command(*words, cwd):
    line = [sys.executable, str(ROOT / "bench_runner.py"), "run", *words]
    return subprocess.run(line, capture_output=True, text=True, cwd=cwd, env=ENVIRONMENT, timeout=600)


@pytest.fixture(scope="module", params=DEVICES)
def run(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("device")
    options = ["--conversion", WANTED, "--size", "64,1M", "--layouts", "1", "--processes", "1", "--name", "run"]
    told = command("--device", request.param, *options, cwd=folder)
    assert (folder / "results" / "run" / "run.json").exists(), told.stderr
    record = json.loads((folder / "results" / "run" / "run.json").read_text())
    (file,) = sorted((folder / "results" / "run").glob("process-*.json"))
    entries = {entry["param"]: entry for entry in json.loads(file.read_text())["benchmarks"]}
    return request.param, told, record, entries


def test_both_figures_are_measured_beside_what_bounds_them(run):
    device, told, _record, entries = run
    measured = {name.partition("-float32-")[0] for name in entries if "float32-64-" in name}
    wanted = {"torch.from_numpy.to", "torch.from_numpy.to+sync", "t.cpu.numpy+sync"}
    pinned = {"pinned.to", "plain copy to the device", "plain copy from the device"}
    assert measured == wanted | (pinned if device == "cuda" else set())
    assert any(name.startswith("empty synchronisation") for name in entries)
    for name, entry in entries.items():
        info = entry["extra_info"]
        if info["direction"] != "reference":
            assert info["shares_memory"] is False
            assert info["expression"].endswith("; synchronize()") == ("+sync" in name)
        if info["direction"] in ("to_device", "from_device"):  # others would wait for each other's copies
            assert entry["stats"]["iterations"] == 1
    assert "NumPy → device, until the call returns" in told.stdout
    assert "NumPy → device, until the data is there" in told.stdout


def test_out_of_device_memory_costs_the_cells_that_do_not_fit(run):
    device, told, record, _entries = run
    failed = {(entry["conversion"], entry["size"], entry["kind"]) for entry in record["failed"]}
    if device == "cuda":
        assert not failed and told.returncode == 0
        return
    wanted = ("torch.from_numpy.to", "torch.from_numpy.to+sync", "t.cpu.numpy+sync")
    assert failed == {(name, 1024**2, "memory") for name in wanted}
    assert told.returncode == 1 and "made_up out of memory" in told.stdout
    assert {entry["conversion"] for entry in record["skipped"]} >= {"pinned.to"}  # it has no pinned memory


def test_the_device_is_a_fact_of_the_machine_and_of_the_plan(run):
    device, _, record, _ = run
    assert record["plan"]["device"] == record["machine"]["device"] == device
    assert (record["machine"]["pinned_memory_cache"] is not None) == (device == "cuda")
    assert record["status"] == "complete"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--device", "meta"], "device 'meta' cannot be used here: NotImplementedError"),
        (["--device", "none:9"], "device 'none:9' cannot be used here: "),
        (["--device", "made_up", "--cache", "cold"], "--cache 'cold' is not measured with --device"),
        (["--device", "made_up", "--layout", "strided"], "--layout 'strided' is not measured with --device"),
        (["--device", "made_up", "--counts"], "leave it or --device out"),
        (["--device", "made_up", "--first-calls"], "leave it or --device out"),
        (["--device", "made_up", "--cluster", "local:2"], "leave out --cluster, or --device"),
    ],
)
def test_what_cannot_be_measured_is_one_line_and_leaves_nothing(words, said, tmp_path):
    told = command(*words, cwd=tmp_path)
    assert told.returncode == 2 and said in told.stderr and told.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
