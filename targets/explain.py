"""Prints how well the scaling model does, on made-up laws and on real runs, beside what is asked of it.

    python targets/explain.py results/reference --laws 100

A law of 1 to 4 regimes is drawn, rounds are made up that follow it with 3% noise between processes (13 sizes,
15 processes), and the fit has to find the law again. From a real run, every other size is left out and predicted;
a run of 25 sizes (`run --dtype float64 --size 1,2,4,…,16777216`) is fitted on the default grid and predicted between.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

import copycost
from copycost.analyse.breakdown import ADDS_UP, breakdown
from copycost.analyse.curves import curves
from copycost.analyse.law import Law
from copycost.analyse.law_fit import choose_law
from copycost.analyse.scaling import fit
from copycost.show.sections.explanation import LARGE

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.analyse.laws import draw_law, law_rounds

GRID_STEP = 4
NEAR = 0.05


@dataclass
class Score:
    """What became of the laws of one kind."""

    right_number: list[bool] = field(default_factory=list)
    accurate: list[bool] = field(default_factory=list)
    covered: dict[str, list[bool]] = field(default_factory=lambda: {"fixed": [], "bandwidth": [], "breakpoint": []})


def accurate(rows: pd.DataFrame, law: Law) -> bool:
    """Return whether breakpoints are within a grid step and costs within 5%."""
    borders = rows["from_bytes"].to_numpy(dtype=float)[1:]
    bandwidth = rows["gb_per_s"].to_numpy(dtype=float)
    return bool(
        np.all(np.abs(np.log(borders / law.borders)) <= np.log(GRID_STEP))
        and abs(rows["fixed_seconds"].iloc[0] / law.fixed - 1) <= NEAR
        and np.all(np.abs(bandwidth * law.slopes * 1e9 - 1) <= NEAR)
    )


def cover(score: Score, rows: pd.DataFrame, law: Law) -> None:
    """Note which intervals hold the truth; a jump's border has none but its gap, and is not counted."""
    first = rows.iloc[0]
    score.covered["fixed"].append(first["fixed_seconds_low"] <= law.fixed <= first["fixed_seconds_high"])
    for (_, row), slope in zip(rows.iterrows(), law.slopes, strict=True):
        score.covered["bandwidth"].append(row["gb_per_s_low"] <= 1e-9 / slope <= row["gb_per_s_high"])
    for (_, row), border in zip(rows.iloc[1:].iterrows(), law.borders, strict=True):
        if row["border"] == "kink":
            score.covered["breakpoint"].append(row["from_bytes_low"] <= border <= row["from_bytes_high"])


def made_up(regimes: int, jump: bool, laws: int) -> Score:
    """Return how the fit does on laws of one kind."""
    draw = np.random.default_rng([regimes, jump])
    score = Score()
    for number in range(laws):
        law = draw_law(draw, regimes, jump)
        rounds = law_rounds(law, seed=number)
        rows = fit(copycost.estimate(rounds), rounds)
        right = bool(rows["regimes"].iloc[0] == regimes)
        score.right_number.append(right)
        score.accurate.append(right and accurate(rows, law))
        if right:
            cover(score, rows, law)
    return score


def left_out(run: Path) -> np.ndarray:
    """Return the relative errors of predictions of every other size of a run, all curves together."""
    errors = []
    for curve in curves(copycost.estimate(copycost.open(run).rounds)):
        if len(curve.sizes) < 5:
            continue
        kept = np.arange(len(curve.sizes)) % 2 == 0
        kept[-1] = True
        law = choose_law(curve.sizes[kept], np.log(curve.seconds[kept]), curve.errors[kept], curve.fault_shares[kept])
        errors += list(np.abs(law.seconds(curve.sizes[~kept]) / curve.seconds[~kept] - 1))
    return np.array(errors)


def print_made_up(laws: int) -> None:
    """Print the table of made-up laws."""
    covered: dict[str, list[bool]] = {}
    print(f"made-up laws, {laws} of each kind: right number of regimes, and all within 5% and a grid step (asked: 95%)")
    for jump in (False, True):
        for regimes in range(2 if jump else 1, 5):
            score = made_up(regimes, jump, laws)
            kind = "last border a jump" if jump else "continuous"
            shares = f"{np.mean(score.right_number):6.1%}{np.mean(score.accurate):8.1%}"
            print(f"  {regimes} regimes, {kind:<19}{shares}", flush=True)
            for name, held in score.covered.items():
                covered.setdefault(name, []).extend(held)
    together = [one for held in covered.values() for one in held]
    shares = ", ".join(f"{name} {np.mean(held):.1%} of {len(held)}" for name, held in covered.items())
    print(f"95% intervals that hold the truth (asked: 92 to 98%): {np.mean(together):.1%} ({shares})")


def print_real(run: Path) -> None:
    """Print the targets of a real run."""
    errors = left_out(run)
    if len(errors):
        print(
            f"{run.name}: every other size left out and predicted, {len(errors)} figures: median error "
            f"{np.median(errors):.1%} (asked: 5%), 90th percentile {np.quantile(errors, 0.9):.1%} (asked: 15%)"
        )
    rounds = copycost.open(run).rounds
    parts = breakdown(copycost.estimate(rounds, references=True))
    sums = parts.loc[parts["bytes"] >= LARGE, "sum_share"].dropna()
    if len(sums):
        within = (sums - 1).abs() <= ADDS_UP
        print(
            f"{run.name}: the parts of copies from {LARGE // 1024} KiB on add up to within 10% for {within.sum()} of "
            f"{len(sums)} cells (asked: all): {sums.min():.0%} to {sums.max():.0%}"
        )
    started = time.perf_counter()
    subprocess.run([sys.executable, "bench_runner.py", "explain", run], check=True, stdout=subprocess.DEVNULL)
    print(f"{run.name}: explained in {time.perf_counter() - started:.2f} s from a cold start (asked: 3 s)")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="*")
    parser.add_argument("--laws", type=int, default=100)
    arguments = parser.parse_args()
    for run in arguments.runs:
        print_real(run)
    if arguments.laws:
        print_made_up(arguments.laws)


if __name__ == "__main__":
    main()
