"""Faults for real: conversions that crash, hang and eat memory; runs that are killed; writers at once; a full disk."""

import json
import shutil
import subprocess
import sys
import threading

import pytest

import copycost
from copycost.errors import UsageError
from copycost.run import folder as run_folder
from copycost.run.execution import execute
from copycost.run.settings import Settings
from tests.commands.test_run import ROOT, bench_runner
from tests.run.fake_session import FakeClock, FakeSession
from tests.run.test_execution import CELLS, Watcher, settings

FAULTY = """
import ctypes, itertools, time
import numpy as np
import torch
from copycost import conversion

held, crash_calls, eat_calls = [], itertools.count(), itertools.count()

@conversion("crash.late")
def crash(a):
    if next(crash_calls) > 2000:
        ctypes.string_at(0)
    return torch.tensor(a)

@conversion("crash.now")
def crash_now(a):
    ctypes.string_at(0)

@conversion("hang")
def hang(a):
    time.sleep(3600)

@conversion("eat.late")
def eat(a):
    while next(eat_calls) > 2000:
        held.append(np.empty(2**26))  # never touched: how fast the machine gives pages does not matter
    return torch.tensor(a)

@conversion("raise")
def raises(a):
    raise ValueError("no such luck")

@conversion("good")
def good(a):
    return torch.tensor(a)
"""


def test_conversions_that_crash_hang_eat_and_raise_cost_their_own_cells_only(tmp_path):
    own = tmp_path / "faulty.py"
    own.write_text(FAULTY)
    names = ("crash.late", "crash.now", "hang", "eat.late", "raise", "good", "torch.from_numpy")
    done = bench_runner(
        "run", *(word for name in names for word in ("--conversion", name)), "--conversions", own,
        "--dtype", "float64", "--size", "16", "--no-references", "--processes", 1, "--budget", "10min",
        "--visit-timeout", "10s", "--memory-limit", "2G", "--name", "faults", "--out", tmp_path, "--plots", tmp_path,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    record = json.loads((tmp_path / "faults" / "run.json").read_text())
    assert record["status"] == "complete"
    failed = {entry["conversion"]: (entry["kind"], entry["given_up"]) for entry in record["failed"]}
    assert failed == {
        "crash.late": ("signal", False),  # it would be tried once more in a second process
        "crash.now": ("signal", True),
        "hang": ("time-out", True),
        "eat.late": ("memory", False),
        "raise": ("exception", True),
    }
    for name in failed:
        assert f"failed: {name}: " in done.stdout
    rounds = copycost.open(tmp_path / "faults").rounds
    counts = rounds.groupby("conversion", observed=True)["process"].nunique()
    assert set(counts.index) - {"empty call"} == {"good", "torch.from_numpy"}
    assert str(tmp_path) not in json.dumps(record)


def test_a_run_that_is_killed_again_and_again_ends_complete(tmp_path):
    folder, kept = tmp_path / "killed", {}
    options = ("--conversion", "torch.from_numpy", "--dtype", "float64", "--size", "1", "--no-references")
    limits = ("--processes", 3, "--layouts", "1", "--budget", "10min", "--precision", "0.1%")
    words = ("run", *options, *limits, "--name", "killed", "--out", tmp_path, "--plots", tmp_path / "plots")
    for number in (1, 2):
        command = [sys.executable, str(ROOT / "bench_runner.py"), *map(str, words)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr.readline().startswith(f"process {number},")
            process.kill()
        kept |= {file.name: file.read_bytes() for file in folder.glob("process-*.json")}
        assert len(kept) >= number
        words = ("run", "--resume", folder, "--plots", tmp_path / "plots")
    done = bench_runner(*words)
    assert done.returncode == 0, done.stderr
    assert "resumed 2 times" in done.stdout
    record = json.loads((folder / "run.json").read_text())
    assert record["status"] == "complete"
    files = {file.name: file.read_bytes() for file in folder.glob("process-*.json")}
    assert [entry["file"] for entry in record["processes"]] == sorted(files)
    assert len(files) == 3 and kept.items() <= files.items()
    assert not {".lock", ".scratch"} & {file.name for file in folder.iterdir()}


def begun(wanted: Settings, endings: list) -> None:
    clock = FakeClock()
    try:
        folder = run_folder.make(wanted.folder.parent, wanted.folder.name)
        assert folder == wanted.folder
        record = execute(wanted, Watcher(), open_session=FakeSession(CELLS, clock), clock=clock)
        endings.append(record.status)
    except UsageError as error:
        endings.append(str(error))


@pytest.mark.parametrize("attempt", range(5))
def test_of_two_runs_into_one_folder_one_is_refused(tmp_path, attempt):
    wanted, endings = settings(tmp_path / "run", processes=2), []
    wanted.folder.rmdir()
    both = [threading.Thread(target=begun, args=(wanted, endings)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert endings.count("complete") == 1
    (refused,) = [said for said in endings if said != "complete"]
    assert "exists already" in refused or "is being measured by" in refused
    assert {file.name for file in wanted.folder.iterdir()} == {"run.json", "process-0001.json", "process-0002.json"}
    assert copycost.open(wanted.folder).rounds["process"].nunique() == 2


FULL = """
import resource, sys
from pathlib import Path
from copycost.errors import UsageError
from copycost.run.execution import execute
from tests.run.fake_session import FakeClock, FakeSession
from tests.run.test_execution import CELLS, Watcher, settings

class Filling(Watcher):
    def process_ended(self, progress):
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))

clock = FakeClock()
try:
    execute(settings(Path(sys.argv[1])), Filling(), open_session=FakeSession(CELLS, clock), clock=clock)
except UsageError as error:
    print(error)
"""


def test_a_disk_that_is_full_leaves_what_was_measured(tmp_path):
    folder = tmp_path / "run"
    done = subprocess.run([sys.executable, "-c", FULL, str(folder)], capture_output=True, text=True, cwd=ROOT)
    assert "cannot be written (File too large)" in done.stdout and done.stdout.count("\n") == 1, done.stderr
    assert "1 processes are kept" in done.stdout
    assert {file.name for file in folder.iterdir()} == {"run.json", "process-0001.json"}
    assert copycost.open(folder).rounds["process"].nunique() == 1
    assert json.loads((folder / "run.json").read_text())["status"] == "running"


#: Taken for a library, a file says so and ends the program.
HOSTILE = "import os\nopen({seen!r}, 'a').write(__file__ + chr(10))\nos._exit(77)\n"


def test_no_file_of_the_current_folder_is_taken_for_a_library(tmp_path):
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in ("copycost", "benchmarks"):
        (clone / name).symlink_to(ROOT / name, target_is_directory=True)
    shutil.copy(ROOT / "bench_runner.py", clone)
    seen = tmp_path / "seen"
    libraries = {"numpy", "torch", "pytest", "_pytest", "pytest_benchmark", "cpuinfo", "click", "rich", "pandas"}
    for name in {*sys.stdlib_module_names, *libraries, "conftest"}:
        (clone / f"{name}.py").write_text(HOSTILE.format(seen=str(seen)))
    grid = ("--size", "1", "--dtype", "float64", "--no-references", "--conversion", "from_numpy", "--processes", "1")
    arms = ("--threads", "default", "--arm", "base", "--arm", f"other:python={sys.executable}")
    command = [sys.executable, "bench_runner.py", "run", *grid, *arms, "--name", "run", "--preset", "quick"]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True)
    assert not seen.exists(), seen.read_text()
    assert done.returncode == 0, done.stderr
    assert len(list((clone / "results" / "run").glob("process-*.json"))) == 2
