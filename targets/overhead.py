"""Compares copycost's figures of very short calls with an unrolled `timeit`, side by side in one process.

    python targets/overhead.py

Both are taken by turns a few milliseconds apart; only turns in which the core was quiet count.
"""

from __future__ import annotations

import argparse
import timeit
from time import perf_counter
from types import SimpleNamespace

import numpy as np
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from pytest_benchmark.utils import NameWrapper

from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.catalogue.conversions import CORE, Conversion
from copycost.measure.protocol import Protocol
from copycost.measure.worker import Worker

ABS = Conversion("abs", "to_tensor", "abs(-1)", "copies", "user")
ABS_CELL = Cell("abs", "to_tensor", "float64", 1)
FROM_NUMPY_CELL = Cell("torch.from_numpy", "to_tensor", "float64", 4096)
CALLS_IN_A_STATEMENT = 10
QUIET = 1.10


def fixture() -> BenchmarkFixture:
    """Return pytest-benchmark's own fixture, with its defaults."""
    node = SimpleNamespace(name="overhead", nodeid="overhead")
    logger = SimpleNamespace(debug=lambda *_, **__: None)
    return BenchmarkFixture(
        node, disable_gc=True, timer=NameWrapper(perf_counter), min_rounds=5, min_time=5e-6, max_time=1.0,
        precision=None, confidence=None, warmup=False, warmup_iterations=0, calibration_precision=10,
        add_stats=lambda _: None, logger=logger, warner=None, disabled=False, cprofile=None,
        cprofile_loops=None, cprofile_dump=None,
    )  # fmt: skip


def visit(worker: Worker, cell: Cell) -> tuple[float, float]:
    """Return the median seconds per call of one visit, and the visit's median canary over its clock."""
    benchmark = fixture()
    worker.visit(benchmark, cell)
    info = benchmark.extra_info
    index = np.median(np.array(info["canary_ns"]) / np.array(info["clock_ns"]))
    return float(np.median(benchmark.stats.stats.data)), float(index)


def unrolled(statement: str, names: dict[str, object]) -> float:
    """Return timeit's median seconds per call of ten calls in one statement."""
    timer = timeit.Timer("; ".join([statement] * CALLS_IN_A_STATEMENT), globals=None, setup=_locals(names))
    number = max(1, int(2e-4 / (timer.timeit(200) / 200)))
    return float(np.median(timer.repeat(25, number))) / number / CALLS_IN_A_STATEMENT


_SHARED: dict[str, object] = {}


def _locals(names: dict[str, object]) -> str:
    """Return a setup statement that binds names inside timeit's function, so that they are local."""
    _SHARED.update(names)
    return "; ".join(["from __main__ import _SHARED", *(f"{name} = _SHARED[{name!r}]" for name in names)])


def main() -> None:
    """Take turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=150)
    turns = parser.parse_args().turns
    torch.set_num_threads(1)
    conversions = {"abs": ABS, **{conversion.name: conversion for conversion in CORE}}
    protocol = Protocol()
    block, iterations = protocol.calls(8.5e-9)
    known = {ABS_CELL.id: {"block": block, "iterations": iterations, "call_seconds": 8.5e-9}}
    worker = Worker(conversions, protocol)
    worker.learn(known, {})
    array = worker.prepare(FROM_NUMPY_CELL).source
    subjects = {
        "torch.from_numpy(a), 4,096 float64": (FROM_NUMPY_CELL, "f(a)", {"f": torch.from_numpy, "a": array}),
        "abs(-1)": (ABS_CELL, "f(-1)", {"f": abs}),
    }
    taken: dict[str, list[tuple[float, float, float, float]]] = {name: [] for name in subjects}
    for _ in range(turns):
        for name, (cell, statement, names) in subjects.items():
            empty, first = visit(worker, EMPTY_CALL)
            raw, second = visit(worker, cell)
            reference = unrolled(statement, names)
            _, third = visit(worker, EMPTY_CALL)
            per_call = empty / worker.prepare(cell).calibration.block
            taken[name].append((raw, max(0.0, raw - per_call), reference, max(first, second, third)))
    print(f"{'call':<36}{'raw, ns':>10}{'net, ns':>10}{'timeit, ns':>12}{'net - timeit, ns':>24}{'net / timeit':>24}")
    for name, rows in taken.items():
        values = np.array(rows)
        quiet = values[values[:, 3] <= QUIET * np.quantile(values[:, 3], 0.05)]
        raw, net, reference, _ = np.median(quiet, axis=0) * 1e9
        apart = (quiet[:, 1] - quiet[:, 2]) * 1e9
        ratio = quiet[:, 1] / quiet[:, 2]
        print(
            f"{name:<36}{raw:>10.2f}{net:>10.2f}{reference:>12.2f}{_middle(apart, 2):>24}{_middle(ratio, 3):>24}"
            f"   {len(quiet)} of {turns} turns quiet"
        )


def _middle(values: np.ndarray, digits: int) -> str:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


if __name__ == "__main__":
    main()
