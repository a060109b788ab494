import numpy as np
import pytest

from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.catalogue.conversions import CONVERSIONS as ALL_CONVERSIONS
from copycost.catalogue.conversions import CORE
from copycost.catalogue.references import REFERENCES
from copycost.measure.protocol import Protocol
from copycost.measure.worker import Worker

CONVERSIONS = {conversion.name: conversion for conversion in CORE}
COPY = Cell("torch.tensor", "to_tensor", "float64", 64)
LARGE_COPY = Cell("t.clone.numpy", "to_array", "float64", 2**18)
SHARE = Cell("torch.from_numpy", "to_tensor", "float64", 2**18)


class Stats:
    def __init__(self, iterations):
        self.iterations = iterations
        self.stats = self
        self.data = []


class FakeBenchmark:
    """pytest-benchmark's fixture without its clock: every round takes a known time."""

    round_seconds = 1e-3

    def __init__(self):
        self.extra_info = {}
        self.stats = None
        self.calls = 0

    def pedantic(self, target, args, iterations, rounds, warmup_rounds, teardown):
        self.stats = Stats(iterations)
        for number in range(warmup_rounds + rounds):
            for _ in range(iterations):
                target(*args)
            if number >= warmup_rounds:
                self.stats.data.append(self.round_seconds / iterations)
            teardown(*args)


@pytest.fixture
def worker():
    return Worker(CONVERSIONS, Protocol(visit_seconds=1e-3, max_rounds=5))


@pytest.mark.parametrize("cell", [EMPTY_CALL, COPY, LARGE_COPY, SHARE], ids=lambda cell: cell.id)
def test_figures_are_seconds_per_call(worker, cell):
    benchmark = FakeBenchmark()
    worker.visit(benchmark, cell)
    calls = benchmark.stats.iterations
    assert calls % benchmark.extra_info["block"] == 0
    assert benchmark.stats.data == pytest.approx([1e-3 / calls] * len(benchmark.stats.data), rel=1e-5)


@pytest.mark.parametrize("cell", [EMPTY_CALL, COPY, LARGE_COPY, SHARE], ids=lambda cell: cell.id)
def test_every_round_has_its_canary_clock_and_faults(worker, cell):
    benchmark = FakeBenchmark()
    worker.visit(benchmark, cell)
    for key in ("visit", "at", "canary_ns", "clock_ns", "page_faults"):
        assert len(benchmark.extra_info[key]) == len(benchmark.stats.data)
    assert min(benchmark.extra_info["canary_ns"]) > 0


def test_a_plain_copy_is_timed_beside_large_copies_only(worker):
    taken = {}
    for cell in (COPY, LARGE_COPY, SHARE):
        benchmark = FakeBenchmark()
        worker.visit(benchmark, cell)
        taken[cell] = benchmark.extra_info.get("copy_ns")
    assert taken[COPY] is None
    assert taken[SHARE] is None  # a copy would evict what the next zero-copy round finds cached
    assert len(taken[LARGE_COPY]) >= 2 and min(taken[LARGE_COPY]) > 0


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("torch.tensor", "memmap"),
        ("torch.tensor", "read-only"),
        ("torch.from_numpy.stack", "list:64"),
        ("t.detach.clone.numpy", "requires-grad"),
        ("t.clone.numpy", "strided"),
    ],
)
def test_every_kind_of_source_is_visited_with_a_plain_copy_beside_where_it_is_one_array(name, layout):
    worker = Worker(ALL_CONVERSIONS, Protocol(visit_seconds=1e-3, max_rounds=3))
    cell = Cell(name, ALL_CONVERSIONS[name].direction, "float64", 2**17, layout=layout)
    benchmark = FakeBenchmark()
    worker.visit(benchmark, cell)
    told = benchmark.extra_info
    assert (told["layout"], told["shares_memory"], told["source_bytes"]) == (layout, False, 2**20)
    assert ("copy_ns" in told) is not layout.startswith("list")


def test_what_a_cell_shares_travels_with_it(worker):
    for cell, shares in ((COPY, False), (SHARE, True)):
        benchmark = FakeBenchmark()
        worker.visit(benchmark, cell)
        assert benchmark.extra_info["shares_memory"] is shares


def test_a_canary_of_one_core_says_that_gating_is_partial(worker):
    for threads in (1, 2):
        benchmark = FakeBenchmark()
        worker.visit(benchmark, Cell("torch.tensor", "to_tensor", "float64", 64, threads))
        assert benchmark.extra_info["partial_gating"] is (threads > 1)


def test_a_forked_process_draws_the_pages_of_its_sources_anew(worker):
    before = worker.prepare(COPY)
    worker.forget_sources()
    after = worker.prepare(COPY)
    assert after.source is not before.source
    np.testing.assert_array_equal(after.source, before.source)
    assert after.calibration == before.calibration


@pytest.mark.parametrize("name", list(REFERENCES))
def test_a_reference_is_measured_like_a_conversion(worker, name):
    benchmark = FakeBenchmark()
    worker.visit(benchmark, Cell(name, "reference", "float64", 2**18))
    assert benchmark.extra_info["source_bytes"] == 2**21
    assert benchmark.extra_info["direction"] == "reference"
    assert ("copy_ns" in benchmark.extra_info) == name.startswith("torch copy")


def test_a_round_that_keeps_its_results_has_no_more_calls_than_are_kept(worker):
    benchmark = FakeBenchmark()
    worker.visit(benchmark, Cell("allocate", "reference", "float64", 2**17))
    assert 1 <= benchmark.stats.iterations <= 4


def test_memory_that_was_copied_to_is_never_freed(worker):
    worker.visit(FakeBenchmark(), LARGE_COPY)
    smaller = worker._preparer.destination(np.ones(2**18))
    smaller[:] = 7.0
    worker._preparer.destination(np.ones(2**20))
    assert (smaller == 7.0).all() and worker._preparer.destination(np.ones(2**20)).nbytes == 2**23


def test_a_cold_cell_takes_its_sources_in_turn(worker):
    cell = Cell("torch.tensor", "to_tensor", "float64", 4096, cache="cold")
    prepared = worker.prepare(cell)
    first = prepared.source.take(1)[0]
    assert len(prepared.source.sources) * first.nbytes >= 2 * 1024**2
    benchmark = FakeBenchmark()
    worker.visit(benchmark, cell)
    assert benchmark.stats.iterations == prepared.calibration.block
    assert benchmark.extra_info["cache"] == "cold"


def test_a_large_array_is_the_beginning_of_a_larger_one_and_a_small_one_is_not(worker):
    def array(size):
        return worker.prepare(Cell("torch.from_numpy", "to_tensor", "float64", size)).source

    largest, large, small = array(2**22), array(2**21 + 2**20), array(64)
    assert np.shares_memory(large, largest) and len(large) == 2**21 + 2**20
    assert not np.shares_memory(small, largest)


def test_sources_beside_a_found_heap_lie_at_places_that_are_drawn():
    def begins(allocator, direction):
        cells = [Cell("torch.tensor", direction, "float64", 512)] * 40
        made = [Worker(CONVERSIONS, Protocol(allocator=allocator))._preparer._source(cell) for cell in cells]
        assert all(len(source) == 512 for source in made)
        bases = [source.base if hasattr(source, "base") else source._base for source in made]
        return {0 if base is None else len(base) - 512 for base in bases}

    for direction in ("to_tensor", "to_array"):
        assert begins("steady", direction) == {0}
        drawn = begins("found", direction)
        assert len(drawn) > 10 and all(first % 8 == 0 and first < 512 for first in drawn)  # 64 bytes, one page
