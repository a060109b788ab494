"""Prints what thousands of runs take, beside what is asked of it.

    python targets/thousands.py --runs 1000 --machines 200 --folder /tmp/fleet

Run folders are made up from the reference run (5 MB each), of machines of five kinds whose differences are known.
Each figure is of a fresh process; "memory" is its highest resident set and, where it has worker processes, that of
each of them too, all together. Files of other suites are read beside `pytest-benchmark compare`, by turns.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from targets.fleet_of_runs import MadeUpRun, plan, templates, write_run

ROOT = Path(__file__).parents[1]
TURNS = 7
PLAIN_FILES, PLAIN_BENCHMARKS, PLAIN_ROUNDS = 12, 65, 710
_CHILD = """
import json, resource, sys, time
def main():
    start = time.perf_counter()
    import copycost
    cells = copycost.open(sys.argv[1]).cells
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(who.ru_utime + who.ru_stime for who in both)
    print(json.dumps([time.perf_counter() - start, cpu, *(who.ru_maxrss for who in both)]))
main()
"""

# Both by turns in one process that has loaded all their modules: what is left is reading and comparing.
_BOTH = """
import contextlib, io, json, statistics, sys, time
from pathlib import Path
import pandas, scipy.special
from pytest_benchmark.cli import main as theirs
from copycost.analyse.run_comparison import compare_runs
from copycost.analyse.select import select_sides
turns, before, after, *files = sys.argv[1:]
seconds = {"theirs": [], "ours": []}
for turn in range(int(turns) + 1):
    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        sys.argv = ["pytest-benchmark", "compare", *files]
        theirs()
    middle = time.perf_counter()
    compare_runs(*select_sides((before, after), Path("results"))).cells
    if turn:
        seconds["theirs"].append(middle - start)
        seconds["ours"].append(time.perf_counter() - middle)
print(json.dumps({name: statistics.median(values) for name, values in seconds.items()}))
"""


@dataclass(frozen=True)
class Took:
    """What a process took: seconds, those of processors, and bytes of its own and of its largest worker."""

    seconds: float
    processor_seconds: float
    own_bytes: int
    worker_bytes: int

    @property
    def time(self) -> str:
        """Return its time as text; on a machine that does other things too, the second figure says more."""
        return f"{self.seconds:.1f} s ({self.processor_seconds:.0f} s of processors)"

    @property
    def memory(self) -> str:
        """Return its memory as text, that of all workers with it."""
        cores = len(os.sched_getaffinity(0))
        together = self.own_bytes + (cores * self.worker_bytes if self.worker_bytes else 0)
        parts = f" ({self.own_bytes / 1e6:.0f} MB and {self.worker_bytes / 1e6:.0f} MB a worker)"
        return f"{together / 1e9:.2f} GB" + (parts if self.worker_bytes else "")


def main() -> None:
    """Make the runs, take the figures and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--machines", type=int, default=200)
    parser.add_argument("--folder", type=Path, help="Where the runs are made; they are removed afterwards.")
    parser.add_argument("--keep", action="store_true", help="Leave the runs, and use those that are there.")
    parser.add_argument("--only-plain", action="store_true", help="Only the files of other suites.")
    arguments = parser.parse_args()
    home = arguments.folder or Path(tempfile.mkdtemp(prefix="thousands-"))
    try:
        print("| what | target | measured |\n|---|---|---|")
        lines = plain(home / "plain")
        if not arguments.only_plain:
            lines = [*of_trees(home / "runs", arguments.runs, arguments.machines), *lines]
        for line in lines:
            print("| " + " | ".join(line) + " |")
    finally:
        if not arguments.keep:
            shutil.rmtree(home, ignore_errors=True)


def of_trees(folder: Path, runs: int, machines: int) -> list[tuple[str, str, str]]:
    """Return the lines about trees of runs."""
    made = plan(runs, machines)
    files = templates()
    for run in made:
        if not (folder / run.name / "run.json").is_file():
            write_run(folder, run, files)
    steps = [size for size in (10, 100) if size < runs] + [runs]
    first: dict[int, Took] = {}
    again: dict[int, Took] = {}
    for size in steps:
        tree = _part(folder, [run.name for run in made[:size]])
        _forget(folder)
        first[size], again[size] = _load(tree), _load(tree)
    ranked, took, peak = _ranked(folder, made)
    growth = ", ".join(
        f"{size}: {1e3 * first[size].seconds / size:.0f} ms a run ({1e3 * first[size].processor_seconds / size:.0f} of "
        "processors)"
        for size in steps
    )
    memory = ", ".join(f"{size}: {first[size].memory}" for size in steps)
    return [
        (f"{runs:,} runs, first load", "under 90 s, under 2 GB", f"{first[runs].time}, {first[runs].memory}"),
        ("the same, loaded again", "under 5 s, under 1 GB", f"{again[runs].time}, {again[runs].memory}"),
        (
            f"`machines`, {machines} machines",
            "those with a slower core ranked behind, under 10 s",
            f"{ranked}, {took:.1f} s, {peak / 1e9:.2f} GB",
        ),
        ("growth of the first load, time", "linear or better", growth),
        ("growth of the first load, memory", "flat for each run", memory),
    ]


def plain(folder: Path) -> list[tuple[str, str, str]]:
    """Return the lines about other suites' files."""
    sides = _plain_files(folder)
    every = [str(path) for side in sides for path in sorted(side.iterdir())]
    size = sum(Path(path).stat().st_size for path in every) / 1e6
    theirs = [sys.executable, "-m", "pytest_benchmark", "compare", *every]
    ours = [sys.executable, str(ROOT / "bench_runner.py"), "compare", *map(str, sides)]
    seconds: dict[str, list[float]] = {"theirs": [], "ours": []}
    peaks = {"theirs": 0, "ours": 0}
    for turn in range(TURNS + 1):
        for name, command in (("theirs", theirs), ("ours", ours)):
            _, taken, peak = _timed(command, folder)
            peaks[name] = max(peaks[name], peak)
            if turn:  # the first warms the disk's cache
                seconds[name].append(taken)
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    both = [sys.executable, "-c", _BOTH, str(TURNS), *map(str, sides), *every]
    loaded = json.loads(subprocess.run(both, check=True, capture_output=True, text=True, cwd=ROOT).stdout)
    what = f"{len(every)} plain pytest-benchmark files ({size:.0f} MB) read and compared"
    target = "at least as fast as `pytest-benchmark compare`"
    memory = f", {peaks['ours'] / 1e6:.0f} MB to {peaks['theirs'] / 1e6:.0f} MB"
    return [(what, target, _beside(middle) + memory), ("the same, all modules loaded before", target, _beside(loaded))]


def _beside(seconds: dict[str, float]) -> str:
    return f"{seconds['ours']:.2f} s to {seconds['theirs']:.2f} s"


def _timed(command: list[str], folder: Path) -> tuple[str, float, int]:
    """Return what a command prints, the seconds that it takes, and the bytes of its highest resident set."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, cwd=folder)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        if process.returncode:
            raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
        out.seek(0)
        return out.read(), seconds, used.ru_maxrss * 1024


def _load(tree: Path) -> Took:
    done = subprocess.run([sys.executable, "-c", _CHILD, tree], check=True, capture_output=True, text=True, cwd=ROOT)
    seconds, processors, own, workers = json.loads(done.stdout)
    return Took(seconds, processors, own * 1024, workers * 1024)


def _ranked(folder: Path, made: list[MadeUpRun]) -> tuple[str, float, int]:
    """Return what `machines` says of machines with a slower core, its seconds, and the bytes of its memory."""
    command = [sys.executable, str(ROOT / "bench_runner.py"), "machines", str(folder), "--format", "json"]
    printed, seconds, peak = _timed(command, ROOT)
    relative = {row["run"]: row["relative"] for row in json.loads(printed)["ranking"]}
    true = {run.machine_name: run.kind for run in made}
    first, slower = ([relative.get(name, np.nan) for name, kind in true.items() if kind == each] for each in (0, 1))
    right = relative.keys() == true.keys() and max(first) < min(slower)
    return f"{len(relative)} machines, {'ranked so' if right else 'not ranked so'}", seconds, peak


def _part(folder: Path, names: list[str]) -> Path:
    """Return a tree of links to some of the runs."""
    tree = folder.with_name(f"first-{len(names)}")
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    for name in names:
        (tree / name).symlink_to(folder / name, target_is_directory=True)
    return tree


def _forget(folder: Path) -> None:
    for kept in folder.glob("*/.copycost"):
        shutil.rmtree(kept)


def _plain_files(folder: Path) -> list[Path]:
    """Make files as pytest-benchmark writes them, of a suite of which the second half of the files is 4% slower."""
    shutil.rmtree(folder, ignore_errors=True)
    draw = np.random.default_rng(0)
    true = np.exp(draw.uniform(np.log(2e-7), np.log(2e-3), PLAIN_BENCHMARKS))
    info = {"node": "host", "system": "Linux", "cpu": {"brand_raw": "CPU", "count": 2}, "python_version": "3.11.2"}
    for number in range(PLAIN_FILES):
        side = folder / ("before" if number < PLAIN_FILES // 2 else "after")
        side.mkdir(parents=True, exist_ok=True)
        factor = 1.0 if side.name == "before" else 1.04
        entries = [_entry(place, seconds * factor, draw) for place, seconds in enumerate(true)]
        moment = f"2026-01-{number + 1:02d}T00:00:00"
        content = {"machine_info": info, "commit_info": {"id": "x"}, "benchmarks": entries, "datetime": moment}
        (side / f"{number + 1:04d}_made_up.json").write_text(json.dumps(content | {"version": "5.3.1"}, indent=4))
    return [folder / "before", folder / "after"]


def _entry(place: int, seconds: float, draw: np.random.Generator) -> dict[str, Any]:
    data = np.round(seconds * np.exp(np.abs(draw.normal(0, 0.03, PLAIN_ROUNDS))), 12)
    low, q1, median, q3, high = (float(value) for value in np.quantile(data, [0, 0.25, 0.5, 0.75, 1]))
    mean = float(data.mean())
    stats = {"min": low, "max": high, "mean": mean, "stddev": float(data.std()), "rounds": len(data), "median": median}
    stats |= {"iqr": q3 - q1, "q1": q1, "q3": q3, "iqr_outliers": 0, "stddev_outliers": 0, "outliers": "0;0"}
    stats |= {"ld15iqr": low, "hd15iqr": high, "ops": 1 / mean, "total": float(data.sum()), "iterations": 1}
    name = f"test_made_up[{place}]"
    return {
        "group": None,
        "name": name,
        "fullname": f"tests/test_made_up.py::{name}",
        "params": {"place": place},
        "param": str(place),
        "extra_info": {},
        "options": {"disable_gc": False, "timer": "perf_counter", "min_rounds": 5, "max_time": 1.0},
        "stats": stats | {"data": data.tolist()},
    }


if __name__ == "__main__":
    main()
