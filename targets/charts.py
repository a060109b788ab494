"""Prints how the charts meet their targets: whole-process times, and that the same results give the same bytes.

    python targets/charts.py results/reference

Nothing else should run beside it.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
REPEATS = 5


def plot(*arguments: str) -> float:
    """Run the plot command and return its wall time in seconds, from a cold start."""
    started = time.monotonic()
    command = [sys.executable, str(ROOT / "bench_runner.py"), "plot", *arguments]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return time.monotonic() - started


def median(*arguments: str) -> str:
    """Return the median wall time of a plot command, and the fastest and the slowest."""
    times = [plot(*arguments) for _ in range(REPEATS)]
    return f"{statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f})"


def fingerprints(folder: Path) -> dict[str, str]:
    """Return a hash of each SVG in a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.svg"))}


def same_bytes(run: str, scratch: Path) -> str:
    """Draw everything twice, in two processes, and return how many SVG files are the same."""
    for name in ("first", "second"):
        plot(run, "--out", str(scratch / name), "--chart", "all", "--format", "svg", "--theme", "light,dark")
    first, second = (fingerprints(scratch / name) for name in ("first", "second"))
    return f"{sum(first[name] == second.get(name) for name in first)} of {len(first)}"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="a run with the default grid")
    run = str(Path(parser.parse_args().run).resolve())
    with tempfile.TemporaryDirectory(prefix="copycost-charts-") as scratch:
        out = ("--out", str(Path(scratch) / "plots"))
        rows = [
            ("`plot RUN`, three charts", "under 3 s", median(run, *out)),
            (
                "all charts of the run, SVG and PNG, both themes",
                "under 15 s",
                median(run, *out, "--chart", "all", "--theme", "light,dark"),
            ),
            ("`plot --check` of those", "–", median("--check", run, "--plots", out[1])),
            ("SVG files that are the same when drawn again", "all", same_bytes(run, Path(scratch))),
        ]
    print("| what | target | measured |\n|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
