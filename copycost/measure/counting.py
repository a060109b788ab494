"""Counting the instructions of calls: a program that valgrind's callgrind runs.

    valgrind --tool=callgrind --instr-atstart=no --collect-atstart=no --callgrind-out-file=OUT \\
        python safe_path.py copycost.measure.counting PLAN OUT

Callgrind counts what the processor is told to do, not how long it takes, so that a neighbour changes nothing. It starts
and stops counting at requests that torch makes for us; until torch is imported it does not even look, which makes
importing four times as fast. What it does not see: the kernel, and so page faults; caches
and memory; instructions that it cannot emulate, such as AVX-512, in whose place libraries use others.

One JSON event a line goes to standard output: ``started``, for each cell ``preparing`` and ``counted``, then ``ready``.
"""

from __future__ import annotations

import gc
import os
import random
import re
import statistics
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from copycost.catalogue.bfloat16 import of_dtype
from copycost.catalogue.block import block, empty_block, with_destination
from copycost.catalogue.cell import Cell
from copycost.catalogue.conversions import Conversion
from copycost.catalogue.sources import source
from copycost.errors import told
from copycost.measure.allocator import Heap
from copycost.measure.beside import begin, conversions_of
from copycost.measure.prepare import set_threads

#: Calls that are counted together, and before them when a block is new: then the interpreter has specialised its code.
_CALLS, _WARMUP_BLOCKS = 5, 20

#: Above so many bytes one call is counted at a time: each takes some hundred times longer here.
_LARGE_BYTES = 1024**2

#: So many counts are averaged, each on another heap: how an allocator comes by a block is up to 2% of a short call. The
#: figure is the middle one of some averages: that it tidies up now and then is no part of a call.
_HEAPS, _AVERAGES, _LARGE_AVERAGES = 4, 9, 1

#: Blocks that are held, a third of which are made anew before each count; the interpreter keeps those of up to 512
#: bytes in pools of its own.
_BLOCKS, _LARGEST_BLOCKS = 600, (480, 480, 4096)

_TOTALS = re.compile(rb"^(?:totals|summary): (\d+)", re.MULTILINE)


class Counter:
    """Counts instructions of calls with callgrind, in the process that it runs.

    Args:
        file: the name of callgrind's files without their numbers.
    """

    def __init__(self, file: Path) -> None:
        """Find the requests; nothing is counted yet.

        Raises:
            RuntimeError: this torch was built without them.
        """
        import torch

        if not getattr(torch._C, "_valgrind_supported_platform", bool)():
            raise RuntimeError("this torch cannot tell valgrind when to count")
        self._toggle: Callable[[], None] = torch._C._valgrind_toggle
        self._end: Callable[[], None] = torch._C._valgrind_toggle_and_dump_stats
        self._file = file
        self._dumps = 0

    def look(self) -> None:
        """Have callgrind look at every instruction from now on, by valgrind's own way of being told so.

        Raises:
            RuntimeError: it could not be told.
        """
        asked = subprocess.Popen(["vgdb", f"--pid={os.getpid()}", "instrumentation", "on"], stdout=sys.stderr)
        while asked.poll() is None:  # valgrind hears it while the program runs, and not while it waits
            pass
        if asked.returncode:
            raise RuntimeError(f"valgrind could not be told to count: vgdb ended with exit status {asked.returncode}")

    def count(self, target: Callable[[Any], Any], source: Any, heaps: int, stir: Callable[[], object]) -> float:
        """Return the instructions of one call, and of the requests around it: the mean over so many heaps.

        Args:
            target: is called, once uncounted before each count.
            source: what it is given.
            heaps: how many counts to make.
            stir: changes what is on the heap; called before each count.
        """
        toggle = self._toggle
        try:
            for _ in range(heaps):
                stir()
                target(source)
                toggle()
                try:
                    target(source)
                finally:
                    toggle()
        finally:  # what was counted so far must not be the next cell's
            toggle()
            self._end()
            self._dumps += 1
        file = self._file.with_name(f"{self._file.name}.{self._dumps}")
        found = _TOTALS.findall(file.read_bytes())
        file.unlink()
        return int(found[-1]) / heaps


class Stirring:
    """Makes and frees blocks, so that no count rests on the one heap that importing has left, or the cells before."""

    def __init__(self, heap: Heap) -> None:
        """Hold blocks of all sizes."""
        self._heap = heap
        self._held = [bytes(random.randrange(_LARGEST_BLOCKS[number % 3])) for number in range(_BLOCKS)]

    def __call__(self) -> None:
        """Make a third of the blocks anew, and move the heap's end."""
        for number in random.choices(range(_BLOCKS), k=_BLOCKS // 3):
            self._held[number] = bytes(random.randrange(_LARGEST_BLOCKS[number % 3]))
        self._heap.move()


def count_cell(conversion: Conversion, cell: Cell, heap: Heap, counter: Counter, stir: Stirring) -> float:
    """Return the instructions of one call of a conversion, without those of counting itself.

    Args:
        conversion: is called.
        cell: a warm one, whose torch has one thread.
        heap: is brought to its state before.
        counter: counts.
        stir: changes the heap between counts.

    Raises:
        RuntimeError: each call of the conversion is set up.
    """
    if conversion.setup is not None:
        raise RuntimeError("each call is set up, which would be counted")
    with heap.apart():
        given = source(cell)
    large = cell.bytes > _LARGE_BYTES
    calls, averages = (1, _LARGE_AVERAGES) if large else (_CALLS, _AVERAGES)
    with heap.apart():
        target = with_destination(block(conversion, calls), conversion, given)
    heap.begin_visit()
    for _ in range(1 if large else _WARMUP_BLOCKS):
        target(given)
    counts = [counter.count(target, given, _HEAPS, stir) for _ in range(averages)]
    return (statistics.median(counts) - counter.count(empty_block(), given, _HEAPS, stir)) / calls


def main(plan_file: str, callgrind_file: str) -> None:
    """Count every cell of a plan, one event a line on standard output.

    Args:
        plan_file: of a `MeasurePlan`, as JSON.
        callgrind_file: the name of callgrind's files without their numbers.
    """
    plan, tell = begin(plan_file)
    conversions = conversions_of(plan)
    heap = Heap(plan.protocol.allocator)
    set_threads(1)
    random.seed(0)  # the same heaps in every process
    gc.disable()
    warnings.simplefilter("ignore")
    stir = Stirring(heap)
    counter = Counter(Path(callgrind_file))
    tell("started")
    counter.look()
    for cell in sorted(plan.cells, key=lambda cell: -cell.size):
        tell("preparing", cell=cell.id, pid=os.getpid())
        try:
            counted = count_cell(of_dtype(conversions[cell.conversion], cell.dtype), cell, heap, counter, stir)
        except BaseException as error:  # a user's conversion may raise whatever there is, SystemExit too
            tell("failed", cell=cell.id, error=told(error))
        else:
            tell("counted", cell=cell.id, instructions=round(counted, 1))
    tell("ready")


if __name__ == "__main__":
    main(*sys.argv[1:])
