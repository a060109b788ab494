"""Compares the memcpy ceiling with an independent tool, `perf bench mem memcpy` (Debian's linux-perf), by turns.

    python targets/ceiling.py --turns 5

NumPy asks the kernel for huge pages from 4 MiB on, so perf is given them too, by glibc's own switch; the figure
without them stands beside it.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import copycost

ROOT = Path(__file__).parents[1]
SIZES = {8: "1M", 32: "4M", 128: "16M"}
REPEATS = 9
HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}


def perf(mebibytes: int, environment: dict[str, str]) -> float:
    """Return the median GB/s of several runs of perf's plain memcpy between two arrays of a size."""
    loops = str(max(5, 2048 // mebibytes))
    command = ["perf", "bench", "mem", "memcpy", "-f", "default", "-s", f"{mebibytes}MB", "-l", loops]
    rates = []
    for _ in range(REPEATS):
        done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
        found = re.search(r"([0-9.]+) GB/sec", done.stdout)
        if found is None:
            raise SystemExit(f"perf said something else than expected: {done.stdout[:200]!r}")
        rates.append(float(found[1]) * 1024**3 / 1e9)  # perf's GB is 1024^3 bytes
    return statistics.median(rates)


def ceilings(turn: int, folder: Path) -> dict[int, float]:
    """Measure for a few seconds and return the ceiling's GB/s by size in MiB."""
    name = f"turn-{turn}"
    words = ["run", "--conversion", "torch.from_numpy", "--dtype", "float64", "--size", ",".join(SIZES.values())]
    where = ["--budget", "12s", "--name", name, "--out", str(folder), "--plots", str(folder / "plots")]
    subprocess.run([sys.executable, "bench_runner.py", *words, *where], cwd=ROOT, check=True, capture_output=True)
    cells = copycost.estimate(copycost.open(folder / name).rounds, references=True)
    mapped = cells[cells["conversion"] == "plain copy (mapped)"]
    return {int(row.bytes) // 1024**2: row.bytes / row.seconds / 1e9 for row in mapped.itertuples()}


def main() -> None:
    """Take turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=5)
    turns = parser.parse_args().turns
    taken: dict[int, list[tuple[float, float, float]]] = {size: [] for size in SIZES}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(turns):
            ours = ceilings(turn, Path(folder))
            for size in SIZES:
                taken[size].append((ours[size], perf(size, HUGE_PAGES), perf(size, {})))
    print(f"{'MiB':>4}{'ceiling, GB/s':>15}{'perf, huge pages':>18}{'perf':>8}{'ceiling / perf with huge pages':>38}")
    for size, rows in taken.items():
        ratios = [ours / other for ours, other, _ in rows]
        middle = [statistics.median(column) for column in zip(*rows, strict=True)]
        spread = f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"
        print(f"{size:>4}{middle[0]:>15.2f}{middle[1]:>18.2f}{middle[2]:>8.2f}{spread:>38}")


if __name__ == "__main__":
    main()
