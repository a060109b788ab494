"""Prints what measuring through a cluster costs over measuring on the host itself, taken by turns.

    python targets/cluster.py

Nothing else should run beside it. A scheduler and a worker are started; then one small run is made through them and
one by the same measuring code without Dask, again and again. The cost is what the whole command takes beside the run
that it makes (`wall_seconds` of its record), over the same without Dask.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from copycost.analyse.run import Run
from copycost.analyse.select import select_one

ROOT = Path(__file__).parents[1]
TARGET_SECONDS = 5.0
TYPED = {"preset": "quick", "processes": 3, "budget": "10min"}
OPTIONS = [word for name, value in TYPED.items() for word in (f"--{name}", str(value))]
ON_THE_HOST = """
import json, sys
from pathlib import Path
from rich.console import Console
from copycost.run.execution import execute
from copycost.run.progress import ProgressBar
from copycost.run.settings import settle
from copycost.analyse.select import select_one
from copycost.commands.show import run_document
from copycost.show.render import terminal
typed, out = json.loads(sys.argv[1]), Path(sys.argv[2])
settings = settle(**typed, name="host", out=out)
execute(settings, ProgressBar(settings, Console(stderr=True)))
print(terminal.render(run_document(select_one(settings.name, out))))
"""


def wall(words: list[str]) -> tuple[float, int]:
    """Run a command and return its wall time in seconds and the bytes of its own highest resident set."""
    started = time.monotonic()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(words, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, **quiet)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}: exit status {process.returncode}")
    return time.monotonic() - started, used.ru_maxrss * 1024


def dask(*words: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start a scheduler or a worker."""
    file = str(folder / "scheduler.json")
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *words, "--scheduler-file", file, "--no-dashboard"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def run_seconds(run: Run) -> float:
    """Return the seconds that the run itself took."""
    return float(run.record["wall_seconds"])


def quiet_share(run: Run) -> float:
    """Return the share of a run's rounds that were quiet."""
    return float(run.rounds["quiet"].mean())


def ratio(through: Run, own: Run) -> float:
    """Return the geometric mean of a run's figures over another's, at one clock."""
    key = ["conversion", "dtype", "size", "threads", "cache", "layout"]
    both = through.estimates.merge(own.estimates, on=key, suffixes=("", "_own"))
    logs = np.log(both["seconds"] / both["clock"]) - np.log(both["seconds_own"] / both["clock_own"])
    return float(np.exp(logs.mean()))


def main() -> None:
    """Take turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=5)
    turns = parser.parse_args().turns
    seconds: list[tuple[float, float]] = []
    beside: list[tuple[float, float]] = []
    shares: list[tuple[float, float]] = []
    ratios: list[float] = []
    peaks: list[float] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        scheduler = dask("scheduler", "--host", "127.0.0.1", "--port", "0", folder=folder)
        worker = dask("worker", "--host", "127.0.0.1", "--nthreads", "1", "--local-directory", scratch, folder=folder)
        try:
            while not (folder / "scheduler.json").exists():
                time.sleep(0.1)
            time.sleep(5)
            for turn in range(turns):
                out = folder / f"turn-{turn}"
                through = [
                    sys.executable,
                    "bench_runner.py",
                    "run",
                    "--cluster",
                    str(folder / "scheduler.json"),
                    *OPTIONS,
                ]
                taken, memory = wall([*through, "--name", "cluster", "--out", str(out)])
                own, _ = wall([sys.executable, "-c", ON_THE_HOST, json.dumps(TYPED), str(out)])
                (host,) = (path.parent for path in (out / "cluster").glob("*/run.json"))
                runs = select_one(str(host), out), select_one("host", out)
                seconds.append((taken, own))
                peaks.append(memory / 1e9)
                beside.append((taken - run_seconds(runs[0]), own - run_seconds(runs[1])))
                shares.append((quiet_share(runs[0]), quiet_share(runs[1])))
                ratios.append(ratio(*runs))
        finally:
            for process in (worker, scheduler):
                process.kill()
                process.wait()
    cost = [through - own for through, own in beside]
    print("| what | target | measured |")
    print("| --- | --- | --- |")
    print(
        f"| a cluster's run over the same run on its host | under {TARGET_SECONDS:.0f} s per host | {_of(cost, 's')} |"
    )
    print(f"| memory of the command that measures through the cluster | | {_of(peaks, 'GB')} |")
    print(f"| beside the run itself, through the cluster | | {_of([one for one, _ in beside], 's')} |")
    print(f"| beside the run itself, on the host | | {_of([own for _, own in beside], 's')} |")
    print(f"| whole run through the cluster | | {_of([one for one, _ in seconds], 's')} |")
    print(f"| whole run on the host itself | | {_of([own for _, own in seconds], 's')} |")
    print(f"| figures through the cluster over those on the host | 1 | {_of(ratios, '')} |")
    print(f"| rounds that were quiet, through the cluster | | {_of([one for one, _ in shares], '')} |")
    print(f"| rounds that were quiet, on the host itself | | {_of([own for _, own in shares], '')} |")


def _of(values: list[float], unit: str) -> str:
    digits = 1 if unit else 3
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} {unit}".strip() + f" ({low:.{digits}f} to {high:.{digits}f})"


if __name__ == "__main__":
    main()
