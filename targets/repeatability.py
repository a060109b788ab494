"""Measures the same machine several times and prints how far the figures are apart, pair by pair.

Runs of copycost and of plain pytest-benchmark take turns, so that both meet the same neighbours:

    python targets/repeatability.py --runs 4 --out /tmp/repeatability
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import copycost
from copycost.store.record import read_record

HERE = Path(__file__).parent
SIZES = "1..16M"
SMALL_COPY = 512 * 1024
UNSTEADY_FROM = 8 * 1024**2


def timed(command: list[str]) -> float:
    """Run a command to its end and return its wall time in seconds."""
    started = time.monotonic()
    subprocess.run(command, check=True, capture_output=True, cwd=HERE.parent)
    return time.monotonic() - started


def measure(out: Path, runs: int, budget: str) -> dict[str, list[float]]:
    """Measure by turns; return wall times in seconds for each method."""
    walls: dict[str, list[float]] = {"plain": [], "copycost": []}
    for number in range(1, runs + 1):
        plain = out / f"plain-{number}.json"
        command = [sys.executable, "-m", "pytest", "-q", "-c", str(HERE.parent / "benchmarks" / "pytest.ini")]
        walls["plain"].append(timed([*command, str(HERE / "plain_suite.py"), f"--benchmark-json={plain}"]))
        ours = ["run", "--dtype", "float64", "--size", SIZES, "--budget", budget, "--name", f"copycost-{number}"]
        where = ["--out", str(out), "--plots", str(out / "plots")]
        walls["copycost"].append(timed([sys.executable, "bench_runner.py", *ours, *where]))
        print(f"run {number} of {runs}: { ({name: round(times[-1], 1) for name, times in walls.items()}) }", flush=True)
    return walls


def plain_figures(path: Path) -> pd.DataFrame:
    """Return pytest-benchmark's medians, indexed by conversion and size."""
    entries = json.loads(path.read_text())["benchmarks"]
    rows = [(e["params"]["conversion"], e["params"]["size"], e["stats"]["median"]) for e in entries]
    return pd.DataFrame(rows, columns=["conversion", "size", "seconds"]).set_index(["conversion", "size"])


def our_figures(rounds: pd.DataFrame, clock: float | None, beside: bool = False) -> pd.DataFrame:
    """Return copycost's estimates, indexed by conversion and size.

    With `beside`, copies from 8 MiB that are not bound by page faults have their ratio to a plain copy for a figure:
    their time follows what neighbours leave of the shared cache.
    """
    cells = copycost.estimate(rounds, clock_reference=clock).set_index(["conversion", "size"])
    by_ratio = (cells["bytes"] >= UNSTEADY_FROM) & cells["copy_ratio"].notna() & (cells["page_faults"] < 1)
    if beside:
        cells["seconds"] = cells["seconds"].mask(by_ratio, cells["copy_ratio"])
    return cells[["seconds", "shares_memory", "bytes"]]


def distances(figures: list[pd.DataFrame]) -> list[pd.Series]:
    """Return for every pair of runs each cell's absolute log ratio."""
    return [np.log(one["seconds"] / other["seconds"]).abs() for one, other in itertools.combinations(figures, 2)]


def row(name: str, pairs: list[pd.Series], small: pd.Index) -> dict[str, str]:
    """Return one line of the table; each value is the median over pairs, then the lowest and highest."""

    def over_pairs(values: list[float], digits: int, scale: float = 1.0) -> str:
        middle, low, high = np.median(values) * scale, min(values) * scale, max(values) * scale
        return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"

    return {
        "figures": name,
        "cells more than 5% apart, %": over_pairs([float((pair > np.log(1.05)).mean()) for pair in pairs], 1, 100),
        "95th percentile": over_pairs([float(pair.quantile(0.95)) for pair in pairs], 3),
        "the same, zero-copy and up to 512 KiB": over_pairs(
            [float(pair[pair.index.isin(small)].quantile(0.95)) for pair in pairs], 3
        ),
    }


def main() -> None:
    """Measure unless the folder holds runs already, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--budget", default="54s")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if not (arguments.out / "walls.json").exists():
        walls = measure(arguments.out, arguments.runs, arguments.budget)
        (arguments.out / "walls.json").write_text(json.dumps(walls))
    walls = json.loads((arguments.out / "walls.json").read_text())

    names = [f"copycost-{number}" for number in range(1, len(walls["copycost"]) + 1)]
    rounds = [copycost.open(arguments.out / name).rounds for name in names]
    own = [our_figures(run, None) for run in rounds]
    common = float(np.median([copycost.estimate(run)["clock"].iloc[0] for run in rounds]))
    at_one_clock = [our_figures(run, common) for run in rounds]
    beside = [our_figures(run, common, beside=True) for run in rounds]
    first = own[0]
    small = first.index[first["shares_memory"].astype(bool) | (first["bytes"] <= SMALL_COPY)]
    plain = [plain_figures(arguments.out / f"plain-{number}.json") for number in range(1, len(names) + 1)]
    table = pd.DataFrame(
        [
            row("plain pytest-benchmark, median", distances(plain), small),
            row("copycost, each at its own clock", distances(own), small),
            row("copycost, at one clock (as exported)", distances(at_one_clock), small),
            row("copycost, copies from 8 MiB beside a plain copy", distances(beside), small),
        ]
    )
    print(table.set_index("figures").T.to_string())
    records = [read_record(arguments.out / name) for name in names]
    shares = [
        sum(p["timed_seconds"] for p in r["processes"]) / w for r, w in zip(records, walls["copycost"], strict=True)
    ]
    print(
        f"\nwall time of a run, s: copycost {sorted(round(w, 1) for w in walls['copycost'])}, "
        f"plain {sorted(round(w, 1) for w in walls['plain'])}"
    )
    print(f"share of the wall time inside timed rounds: {[f'{share:.0%}' for share in shares]}")
    print(f"processes: {[len(r['processes']) for r in records]}")
    apart = pd.concat(distances(at_one_clock), axis=1).median(axis=1).sort_values().tail(8)
    print("\ncells furthest apart (median over pairs, at one clock):")
    print(apart.to_string(header=False, float_format="%.3f"))


if __name__ == "__main__":
    main()
