"""Compares the net figure of a call with what freshly started programs find, each at addresses of the system's choice.

    python targets/fresh.py --out FOLDER

Half of the programs run before copycost does, half after it. Each makes the call 100 times in one function, 400 times
over, each time with the clock beside it, and its median is brought to the run's clock.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np

import copycost

ROOT = Path(__file__).parents[1]
SIZE = 4096
PROGRAMS = 10
CALLS = {"torch.from_numpy": "torch.from_numpy(a)", "t.numpy": "t.numpy()"}

PROGRAM = f"""
import sys
from statistics import median
from time import perf_counter

import numpy as np
import torch

sys.path.insert(0, {str(ROOT)!r})
from copycost.catalogue.block import block
from copycost.catalogue.conversions import CONVERSIONS
from copycost.measure.probes import probe

torch.set_num_threads(1)
source = {{"to_tensor": np.ones({SIZE}), "to_array": torch.ones({SIZE}, dtype=torch.float64)}}
for name in {list(CALLS)!r}:
    conversion = CONVERSIONS[name]
    calls, given, ratios = block(conversion, 100), source[conversion.direction], []
    for _ in range(400):
        calls(given)
        began = perf_counter()
        calls(given)
        took = perf_counter() - began
        ratios.append(took / 100 / probe().clock * 1e9)
    print(median(ratios))
"""


def programs(count: int) -> list[list[float]]:
    """Return, for each of so many fresh programs, the clocks that each call took."""
    command = [sys.executable, "-c", PROGRAM]
    told = [subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(count)]
    return [[float(line) for line in one.split()] for one in told]


def main() -> None:
    """Measure by turns and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    before = programs(PROGRAMS // 2)
    grid = ["--conversion", "torch.from_numpy,t.numpy", "--dtype", "float64", "--size", str(SIZE), "--budget", "60s"]
    command = [sys.executable, str(ROOT / "bench_runner.py"), "run", *grid, "--precision", "0.3%", "--name", "fresh"]
    subprocess.run([*command, "--out", str(out), "--plots", str(out / "plots")], check=True, stdout=subprocess.DEVNULL)
    found = np.array([*before, *programs(PROGRAMS - PROGRAMS // 2)])
    cells = copycost.open(str(out / "fresh")).cells.set_index("conversion")
    print(f"{'call':<22}{'net, ns':>10}{'interval':>10}{'programs, ns':>14}{'spread':>10}{'net / programs':>16}")
    for column, (name, call) in enumerate(CALLS.items()):
        cell = cells.loc[name]
        theirs = found[:, column] * cell["clock"] * 1e9
        half = (cell["ci_high"] - cell["ci_low"]) / 2 / cell["seconds"]
        net, mean = cell["net_seconds"] * 1e9, float(theirs.mean())
        print(
            f"{call:<22}{net:>10.1f}{f'±{half:.1%}':>10}{mean:>14.1f}{f'{theirs.std(ddof=1) / mean:.1%}':>10}"
            f"{net / mean:>16.4f}"
        )


if __name__ == "__main__":
    main()
