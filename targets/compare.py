"""Prints how well comparisons hold: wrong verdicts where nothing differs, slowdowns put in on purpose, a known answer.

    python targets/compare.py --out FOLDER                                            # all parts
    python targets/compare.py --out FOLDER --part power --repeats 1 --budget 60s   # one of them, shorter

All parts but the last go the whole way: `run` and `compare` as they are typed. Runs that the folder holds already are
compared anew and not measured again. Nothing else should run beside it. The parts:

    same        a grid under two labels, without references, which are not compared
    power       `targets/injected.py`: the core conversions with extra work in every call, up to 512 KiB, in two arms:
                none and a share of what each cell takes, 0 to 10%, for each of two budgets
    hugepages   torch.tensor with and without THP_MEM_ALLOC_ENABLE=1, on a heap as it is found
    made-up     comparisons of made-up rounds that follow one law
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import timeit
from binascii import crc_hqx
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

import copycost
from copycost.analyse.run_comparison import MARGIN
from copycost.analyse.verdicts import FALSE_DISCOVERIES, FASTER, SAME, SLOWER
from copycost.store.record import read_record

sys.path.insert(0, str(Path(__file__).parents[1]))
from targets.injected import CORE, PREFIX, VARIABLE
from tests.made_up import Law, core_cells, made_up_rounds

ROOT = Path(__file__).parents[1]
SMALL_COPY = 512 * 1024
WIDE = "5%"
SLOWDOWNS = {0.0: "at most 1%", 0.01: "", 0.02: "", 0.05: "at least 90%", 0.1: "at least 99%"}
BUDGETS = ("120s", "240s")
HUGEPAGE_SIZES = "1,64,1K,4K,32K,256K,1M,8M,16M"
MIB = 1024**2
# Of what `python targets/spread.py` finds on a shared virtual machine.
LIKE_A_REAL_ONE = Law(processes=10, visits=2, offset=0.005, drift=0.05, contended=0.2)
Rows = list[tuple[str, str, str]]


@dataclass(frozen=True)
class Job:
    """Where runs are kept, and how many and how long they are; None for what each part takes by itself."""

    out: Path
    preset: str
    repeats: int | None
    budget: str | None
    comparisons: int

    def run(self, name: str, *words: str, budget: str) -> Path:
        """Measure a run unless it is there already, and return its folder."""
        folder = self.out / name
        if not (folder / "run.json").exists():
            where = ("--name", name, "--out", str(self.out), "--plots", str(self.out / "plots"))
            bench_runner("run", *words, *where, "--budget", self.budget or budget)
            record = read_record(folder)
            print(f"{name}: {record['wall_seconds']:.0f} s, {len(record['processes'])} processes", file=sys.stderr)
        return folder

    def runs(self, name: str, repeats: int, *words: str, budget: str) -> list[Path]:
        """Measure so many runs."""
        count = self.repeats or repeats
        return [self.run(f"{name}-{number}", *words, budget=budget) for number in range(1, count + 1)]

    def compare(self, runs: list[Path], a: str, b: str, *words: str) -> pd.DataFrame:
        """Return the cells of two arms of each run, without a noise profile."""
        frames = []
        for run in runs:
            sides = (f"{run}@{a}", f"{run}@{b}", "--results", str(self.out / "nothing"))
            frames.append(
                pd.DataFrame(json.loads(bench_runner("compare", *sides, "--format", "json", *words))["cells"])
            )
        return pd.concat(frames, ignore_index=True)


def bench_runner(*words: str) -> str:
    """Return what a command prints on standard output."""
    done = subprocess.run([sys.executable, "bench_runner.py", *words], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"bench_runner.py {' '.join(words)}: exit status {done.returncode}\n{done.stderr[-1000:]}")
    return done.stdout


def same(job: Job) -> Rows:
    """Compare identical conditions under two labels."""
    words = ("--preset", job.preset, "--no-references", "--arm", "one", "--arm", "other")
    runs = job.runs("same", 10, *words, budget="120s")
    usual = job.compare(runs, "one", "other")
    wide = job.compare(runs, "one", "other", "--margin", WIDE)
    wrong, is_same = usual["verdict"].isin([FASTER, SLOWER]), wide["verdict"].eq(SAME)
    small = wide["shares_memory"].eq(True) | (wide["bytes"] <= SMALL_COPY)
    tell("called changed", usual[wrong])
    tell("small and not called the same", wide[small & ~is_same])
    where = f"{job.preset} grid, {len(runs)} repeats"
    return [
        (f"the same conditions under two labels, {where}: wrong faster or slower", "at most 1%", share(wrong)),
        (f"*same* at a {WIDE} margin, zero-copy and copies up to 512 KiB", "at least 90%", share(is_same[small])),
    ]


def power(job: Job) -> Rows:
    """Find slowdowns that were put in on purpose: a row for each, and for each budget of two arms together."""
    grid = ["--conversions", str(ROOT / "targets" / "injected.py"), "--size", "1..64K", "--no-references"]
    grid += [word for name in CORE for word in ("--conversion", PREFIX + name)]
    cells = copycost.estimate(copycost.open(job.run("power-costs", *grid, budget="60s")).rounds)
    none = f"none:{VARIABLE}={extra_work(job, cells, 'none', 0.0)}"
    rows = []
    for budget in [job.budget] if job.budget else BUDGETS:
        for part, target in SLOWDOWNS.items():
            arm = f"slower-{part:.0%}".rstrip("%")
            slower = f"{arm}:{VARIABLE}={extra_work(job, cells, arm, part)}"
            runs = job.runs(f"power-{budget}-{arm}", 1, *grid, "--arm", none, "--arm", slower, budget=budget)
            # What is smaller than the margin may be called the same, and rightly so.
            words = ("--margin", f"{50 * part:g}%") if 0 < part < 2 * MARGIN else ()
            found = job.compare(runs, "none", arm, *words)
            hits = found["verdict"].isin([SLOWER] if part else [SLOWER, FASTER])
            low, middle, high = np.quantile(found["ratio"].astype(float), [0.05, 0.5, 0.95])
            print(f"{budget}, {part:.0%}: ratios {middle:.3f} (90% of them {low:.3f} to {high:.3f})", file=sys.stderr)
            tell(f"{part:.0%} put in", found[hits if not part else ~hits])
            what = f"{part:.0%} slower: found" if part else "nothing changed: called slower or faster"
            rows.append((f"two arms, {budget} together, {what}", target, share(hits)))
    return rows


def extra_work(job: Job, cells: pd.DataFrame, arm: str, part: float) -> Path:
    """Write how many bytes take a share of each cell's cost, and return the file."""
    once, twice = (
        min(timeit.repeat(lambda data=bytes(n): crc_hqx(data, 0), number=50, repeat=400)) for n in (1024, 2048)
    )
    extra: dict[str, dict[str, dict[str, int]]] = {}
    for _, cell in cells.iterrows():
        # The clock is the same work over 1 KiB, so that seconds at its reference turn into bytes without a watch.
        seconds_per_byte = cell["clock"] * (twice / once - 1) / 1024
        sizes = extra.setdefault(cell["conversion"], {}).setdefault(cell["dtype"], {})
        sizes[str(cell["size"])] = round(part * cell["seconds"] / seconds_per_byte)
    path = (job.out / f"extra-{arm}.json").resolve()
    path.write_text(json.dumps(extra), encoding="utf-8")
    return path


def hugepages(job: Job) -> Rows:
    """Compare an answer that is known."""
    words = ("--allocator", "found", "--arm", "base", "--arm", "thp:THP_MEM_ALLOC_ENABLE=1", "--no-references")
    grid = ("--conversion", "torch.tensor", "--dtype", "float32,float64", "--size", HUGEPAGE_SIZES, "--threads", "1")
    runs = job.runs("hugepages", 2, *words, *grid, budget="180s")
    machine = read_record(runs[0])["machine"]
    if machine["hugepages"] != "madvise" or "glibc" not in (machine["libc"] or ""):
        said = f"not known here: hugepages {machine['hugepages']}, {machine['libc']}"
        return [("THP_MEM_ALLOC_ENABLE=1 against base", "a known answer", said)]
    cells = job.compare(runs, "base", "thp")
    size, verdict = cells["bytes"], cells["verdict"]
    large, slowed, small = size >= 64 * MIB, size.isin([2 * MIB, 8 * MIB]), size <= MIB / 4
    tell("not as known", cells[(large & (verdict != FASTER)) | (slowed & (verdict != SLOWER))])
    tell("small and called changed", cells[small & verdict.isin([FASTER, SLOWER])])
    what = "THP_MEM_ALLOC_ENABLE=1 against base, torch.tensor, one thread"
    return [
        (f"{what}: 64 MiB and more *faster*", "always", share(verdict[large].eq(FASTER))),
        (f"{what}: 2 and 8 MiB *slower*", "always", share(verdict[slowed].eq(SLOWER))),
        (f"{what}: up to 256 KiB wrong faster or slower", "never", share(verdict[small].isin([FASTER, SLOWER]))),
    ]


def made_up(job: Job) -> Rows:
    """Compare made-up rounds of one law; no margin hides a cell from being tested."""
    cells = core_cells(sizes=(1, 4096), dtypes=("float64",))
    rows = []
    for what, number in (("arms of one run", alternating), ("two runs", None)):
        with_one = np.zeros(job.comparisons, dtype=bool)
        wrong = np.zeros(job.comparisons)
        for seed in range(job.comparisons):
            a = made_up_rounds(LIKE_A_REAL_ONE, cells, 2 * seed)
            b = made_up_rounds(replace(LIKE_A_REAL_ONE, arm="other"), cells, 2 * seed + 1)
            if number is None:
                b = b.assign(run="other")
            else:
                a, b = (side.assign(process=number(side["process"], own)) for own, side in enumerate((a, b)))
            changed = copycost.compare(a, b, margin=1e-6)["verdict"].isin([FASTER, SLOWER])
            with_one[seed], wrong[seed] = changed.any(), changed.mean()
        found = f"{with_one.mean():.1%} of them have one, {wrong.mean():.2%} of the cells are"
        target = f"at most {FALSE_DISCOVERIES + 0.01:.0%}"
        rows.append((f"{job.comparisons} comparisons of made-up {what}: wrong faster or slower", target, found))
    return rows


def alternating(process: pd.Series, own: int) -> pd.Series:
    """Return the numbers of one of two arms' processes that take turns, another one first in every second turn."""
    return 2 * process - (process + own) % 2


def share(hits: pd.Series) -> str:
    """Return a share as text, such as ``93.3% (126 of 135)``."""
    return f"{hits.mean():.1%} ({int(hits.sum())} of {len(hits)})"


def tell(what: str, cells: pd.DataFrame) -> None:
    """Name cells beside the table, on standard error."""
    for _, row in cells.iterrows():
        interval = f"{row['ci_low']:.3f} to {row['ci_high']:.3f}" if row["ci_low"] else "no interval"
        cell = f"{row['conversion']} {row['dtype']} {row['bytes']} B"
        print(f"{what}: {cell}: {row['ratio']:.3f} ({interval}) {row['verdict']} {row['flags']}", file=sys.stderr)


PARTS: dict[str, Callable[[Job], Rows]] = {
    "same": same,
    "power": power,
    "hugepages": hugepages,
    "made-up": made_up,
}


def main() -> None:
    """Measure what is asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs")
    parser.add_argument("--part", action="append", choices=list(PARTS), help="only this part; may be repeated")
    parser.add_argument("--repeats", type=int, help="runs of a part (10 same, 1 power, 2 hugepages)")
    parser.add_argument("--preset", default="default", help="grid of the part same")
    parser.add_argument("--budget", help="of each run (120s same, 120s and 240s power, 180s hugepages)")
    parser.add_argument("--comparisons", type=int, default=1000, help="of made-up rounds")
    typed = parser.parse_args()
    if typed.comparisons < 1 or (typed.repeats is not None and typed.repeats < 1):
        parser.error("repeats and comparisons are at least 1")
    try:
        typed.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--out {typed.out}: {error.strerror}")
    job = Job(typed.out.resolve(), typed.preset, typed.repeats, typed.budget, typed.comparisons)
    rows = [row for part in typed.part or PARTS for row in PARTS[part](job)]
    print("| what | target | measured |\n|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
