"""Work on many runs spread over the cores, in processes that are made for it."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import ModuleType
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

FEWEST = 8
"""Jobs that are worth another process: one takes as long to start as some five runs to read."""
_MOST_PROCESSES = 16
_AHEAD = 4
"""Jobs for each process that wait or are finished: their results must not pile up."""


def in_processes(work: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[Result]:
    """Return the results of jobs, in their order; done here where they are few or there is one core.

    Args:
        work: a function of one of this package's modules; it must not raise.
        jobs: what it is called with, one after the other.
    """
    count = min(_cores(), _MOST_PROCESSES, len(jobs) // (FEWEST // 2))
    if count < 2 or multiprocessing.parent_process() is not None:
        yield from map(work, jobs)
        return
    done = 0
    try:
        for result in _spread(work, jobs, count):
            yield result
            done += 1
    except BrokenProcessPool:
        # A process was ended from outside, most often for its memory: the rest is done one by one.
        yield from map(work, jobs[done:])


def _spread(work: Callable[[Job], Result], jobs: Sequence[Job], count: int) -> Iterator[Result]:
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_settle_in)
    try:
        waiting: list[Future[Result]] = []
        for job in jobs:
            with _without_main():
                waiting.append(pool.submit(work, job))
            if len(waiting) >= _AHEAD * count:
                yield waiting.pop(0).result()
        while waiting:
            yield waiting.pop(0).result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Start processes that do not run the caller's script again, whether it guards against that or not."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _settle_in() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted too, and ends the pool
    # Parsed files are many objects and no cycles: looking for some costs a sixth of the time.
    gc.set_threshold(1_000_000, 10, 10)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
