"""Prints how the main job meets its targets: whole-process times, memory, the size of its files.

    python targets/main_job.py --out /tmp/main-job

Nothing else should run beside it. It measures one default run and draws its charts.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from copycost.store.record import read_record
from copycost.units import format_bytes

ROOT = Path(__file__).parents[1]
REPEATS = 5


def wall(*arguments: str) -> float:
    """Run a command of bench_runner.py and return its wall time in seconds."""
    started = time.monotonic()
    subprocess.run([sys.executable, "bench_runner.py", *arguments], cwd=ROOT, check=True, capture_output=True)
    return time.monotonic() - started


def used_memory() -> int:
    """Return the bytes of memory in use on the machine, caches not counted."""
    fields = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    total, available = (int(fields[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
    return (total - available) * 1024


class Peak:
    """The most memory that the machine used beyond what it did at the start, looked at ten times a second."""

    def __enter__(self) -> Peak:
        """Start looking."""
        self.start = self.most = used_memory()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._look)
        self.thread.start()
        return self

    def _look(self) -> None:
        while not self.over.wait(0.1):
            self.most = max(self.most, used_memory())

    def __exit__(self, *_: object) -> None:
        """Stop looking."""
        self.over.set()
        self.thread.join()


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    with Peak() as peak:
        run_seconds = wall("run", "--name", "default", "--out", str(out), "--plots", str(out / "plots"))
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    record = read_record(out / "default")
    timed = sum(process["timed_seconds"] for process in record["processes"])
    files = sum(path.stat().st_size for path in (out / "default").iterdir())
    times = {
        name: [wall(*words) for _ in range(REPEATS)]
        for name, words in {
            "`--help`, s": ["--help"],
            "`list`, s": ["list"],
            "`plot` of that run, s": ["plot", str(out / "default"), "--out", str(out / "plots")],
            "`explain` of that run, s": ["explain", str(out / "default")],
        }.items()
    }
    print(f"default preset, whole process, s: {run_seconds:.1f}")
    print(
        f"inside timed rounds, of that: {timed / run_seconds:.0%}; of what the run itself took: "
        f"{timed / record['wall_seconds']:.0%}"
    )
    print(f"result files: {format_bytes(files)}")
    print(
        f"memory, whole machine, beyond the start: {format_bytes(peak.most - peak.start)}; "
        f"largest process: {format_bytes(largest)}"
    )
    for name, values in times.items():
        print(f"{name}: {statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})")


if __name__ == "__main__":
    main()
