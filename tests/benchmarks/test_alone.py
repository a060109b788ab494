"""`python -m pytest benchmarks` alone, with pytest-benchmark's own options, in real processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FEW = "float64-64- and (tensor or numpy)"


def pytest_benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "benchmarks", "-k", FEW, *arguments]
    # pytest-benchmark times nothing in a worker of pytest-xdist, which this test may be run by.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    path = tmp_path_factory.mktemp("alone") / "measured.json"
    done = pytest_benchmarks(f"--benchmark-json={path}")
    assert done.returncode == 0, done.stdout + done.stderr
    return path


def test_the_file_has_a_benchmark_for_each_cell(measured):
    content = json.loads(measured.read_text())
    names = {entry["extra_info"]["conversion"] for entry in content["benchmarks"]}
    assert names == {"torch.from_numpy", "torch.tensor", "torch.Tensor", "t.numpy", "t.clone.numpy"}
    for entry in content["benchmarks"]:
        assert entry["stats"]["rounds"] == len(entry["stats"]["data"])
        assert entry["stats"]["median"] * entry["stats"]["iterations"] < 1.0  # seconds per call
        assert all(isinstance(value, str | int) for value in entry["params"].values())
    assert content["copycost"]["schema"] == 1


def test_pytest_benchmarks_own_tools_read_it(measured):
    command = [sys.executable, "-m", "pytest_benchmark", "compare", str(measured)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "test_array_to_tensor[torch.tensor-float64-64-1-warm-contiguous]" in done.stdout


def test_disabled_benchmarks_call_each_conversion_and_time_nothing():
    done = pytest_benchmarks("--benchmark-disable")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout


def test_figures_are_compared_with_earlier_ones(tmp_path):
    storage = f"--benchmark-storage={tmp_path}"
    assert pytest_benchmarks(storage, "--benchmark-autosave").returncode == 0
    done = pytest_benchmarks(storage, "--benchmark-compare")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NOW" in done.stdout
