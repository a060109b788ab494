"""The workbench: what one measuring process keeps between visits, and the visit itself."""

from __future__ import annotations

import warnings
from time import perf_counter
from types import MappingProxyType
from typing import Any, Callable, Mapping

from copycost.catalogue.cell import Cell
from copycost.catalogue.conversions import Conversion
from copycost.measure.allocator import Heap
from copycost.measure.engine import pedantic
from copycost.measure.protocol import Protocol
from copycost.measure.round_log import RoundLog
from copycost.measure.subjects import Subject, Subjects


class Workbench:
    """Prepares cells and visits them."""

    def __init__(
        self,
        conversions: Mapping[str, Conversion],
        protocol: Protocol,
        known: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    ) -> None:
        """Bring the allocator to its state and start empty.

        `known` has the calibrations of cells, by their id, that an earlier process found.
        """
        self.protocol = protocol
        self._heap = Heap(protocol.allocator)
        self._makes = Subjects(conversions, protocol, known, self._heap)
        self._ready: dict[Cell, Subject] = {}
        self._started = perf_counter()

    def prepare(self, cell: Cell) -> Subject:
        """Return the cell's subject, made at the first time; see `Subjects.make`."""
        if cell not in self._ready:
            _set_threads(cell.threads)
            self._ready[cell] = self._makes.make(cell)
        return self._ready[cell]

    def learn(self, cell: Cell, calibration: Mapping[str, Any]) -> None:
        """Take over what another process has found out about a cell."""
        self._makes.learn(cell, calibration)

    def begin_process(self) -> None:
        """Begin anew in a forked process: its own clock, its own pages for small sources."""
        self._started = perf_counter()
        self._makes.forget_small_sources()
        self._ready.clear()

    def visit(self, benchmark: Any, cell: Cell) -> None:
        """Time a few rounds of the cell with pytest-benchmark's fixture and record what was seen.

        Figures in `benchmark.stats` are seconds per call; what the probe saw goes into
        `benchmark.extra_info`, one entry a round.
        """
        subject = self.prepare(cell)
        rounds, warmup = self._rounds(subject)
        log = self._log(subject)
        _set_threads(cell.threads)
        self._heap.begin_visit()
        subject.around.begin_visit()
        at = perf_counter() - self._started
        log()
        with warnings.catch_warnings():
            # np.array(t) warns at every call; pytest would record each, and time would go there.
            warnings.simplefilter("ignore")
            pedantic(
                benchmark,
                subject.target,
                subject.source,
                iterations=subject.calibration.iterations,
                rounds=rounds,
                warmup_rounds=warmup,
                after_round=log,
            )
        subject.around.end_visit()
        benchmark.extra_info.update(_description(subject))
        if benchmark.stats is None:  # --benchmark-disable: called once, nothing timed
            return
        _count_calls(benchmark.stats, subject.calibration.block)
        benchmark.extra_info.update(visit=[0] * rounds, at=[round(at, 4)] * rounds, **log.of_rounds(warmup, rounds))

    def visit_seconds(self, subject: Subject) -> float:
        """Return about how long one visit of the subject takes, plain copies beside it included."""
        beside = 2 if self._log(subject).copy_from is not None else 1
        return sum(self._rounds(subject)) * subject.calibration.round_seconds * beside

    def _rounds(self, subject: Subject) -> tuple[int, int]:
        """Return the rounds of one visit and those that warm it up."""
        calibration = subject.calibration
        rounds = self.protocol.rounds(calibration.round_seconds)
        warmup = self.protocol.warmup_rounds(calibration.call_seconds, calibration.calls, calibration.result_bytes)
        return rounds, warmup

    def _log(self, subject: Subject) -> RoundLog:
        """Return the visit's log, with a plain copy beside the rounds of copies that profit."""
        lowest, highest = self.protocol.copy_from_bytes, self.protocol.copy_to_bytes
        copies = subject.calibration.shares_memory is False
        plain = subject.plain_array() if subject.around.copy_beside else None
        if not copies or plain is None or not lowest <= subject.source_bytes <= highest:
            return RoundLog(end_round=self._end_round(subject))
        return RoundLog(plain, self._makes.destination(plain), self._end_round(subject))

    def _end_round(self, subject: Subject) -> Callable[[], None]:
        def end_round() -> None:
            subject.around.end_round()
            self._heap.move()

        return end_round


def _set_threads(threads: int) -> None:
    import torch

    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)


def _count_calls(stats: Any, block_length: int) -> None:
    """Turn pytest-benchmark's seconds per block into seconds per call."""
    stats.iterations *= block_length
    stats.stats.data[:] = [float(f"{value / block_length:.6g}") for value in stats.stats.data]


def _description(subject: Subject) -> dict[str, Any]:
    calibration = subject.calibration
    return {
        **subject.cell.as_dict(),
        "expression": subject.expression,
        "documented": subject.documented,
        "source_bytes": subject.source_bytes,
        "result_bytes": calibration.result_bytes,
        "result_dtype": calibration.result_dtype,
        "shares_memory": calibration.shares_memory,
        "block": calibration.block,
        "partial_gating": subject.cell.threads > 1,
    }
