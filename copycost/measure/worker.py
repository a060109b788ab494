"""The worker: what one measuring process keeps between visits, and the visit itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.catalogue.conversions import Conversion
from copycost.measure.allocator import Heap
from copycost.measure.core_watch import CoreWatch
from copycost.measure.page_frames import Pages, give_own
from copycost.measure.prepare import PreparedCell, Preparer, set_threads
from copycost.measure.probes import RoundLog
from copycost.measure.protocol import Protocol


class Worker:
    """Prepares cells and visits them."""

    def __init__(
        self,
        conversions: Mapping[str, Conversion],
        protocol: Protocol,
        device: str | None = None,
    ) -> None:
        """Bring the allocator to its state and start empty."""
        self.protocol = protocol
        self._heap = Heap(protocol.allocator)
        self._preparer = Preparer(conversions, protocol, self._heap, device)
        self._started = perf_counter()
        self._watch: CoreWatch | None = None

    def prepare(self, cell: Cell) -> PreparedCell:
        """Return the cell ready to be timed; see `Preparer.prepare`. Warnings are not shown, and are no errors."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self._preparer.prepare(cell)

    def learn(self, calibrations: Mapping[str, Mapping[str, Any]], rounds: Mapping[str, tuple[int, int]]) -> None:
        """Take over what other processes have found out of cells; see `Preparer.learn`."""
        self._preparer.learn(calibrations, rounds)

    def forget_sources(self) -> None:
        """Let sources be made again in every process that is forked from now on; see `Preparer.forget_sources`."""
        self._preparer.forget_sources()

    def begin_process(self, watch: CoreWatch, code: Pages) -> None:
        """Begin anew in a process that measures, with its own clock, copy of code, and watch over its core."""
        give_own(code)
        self._started, self._watch = perf_counter(), watch

    def visit(self, benchmark: Any, cell: Cell) -> None:
        """Time a few rounds of the cell with pytest-benchmark's fixture and record what was seen.

        Figures in `benchmark.stats` are seconds per call; what the probe saw goes into
        `benchmark.extra_info`, one entry a round.
        """
        prepared = self.prepare(cell)
        rounds, warmup = self._rounds(prepared)
        log = self._log(prepared)
        set_threads(cell.threads)
        # What bounds a figure need not be as steady as it: faulting in for them too takes a sixth of a process's time.
        self._heap.begin_visit(prepared.calibration.result_bytes if cell.direction != EMPTY_CALL.direction else None)
        prepared.around.begin_visit()
        if self._watch is not None:
            self._watch.begin_visit(warmup, rounds)
        at = perf_counter() - self._started
        log()
        with warnings.catch_warnings():
            # np.array(t) warns at every call; pytest would record each, and time would go there.
            warnings.simplefilter("ignore")
            try:
                benchmark.pedantic(
                    prepared.target,
                    args=(prepared.source,),
                    iterations=prepared.calibration.iterations,
                    rounds=rounds,
                    warmup_rounds=warmup,
                    teardown=log,
                )
            except BaseException:  # pytest-benchmark itself takes a SystemExit for the end of the session
                benchmark.has_error = True
                raise
        prepared.around.end_visit()
        benchmark.extra_info.update(_description(prepared))
        if benchmark.stats is None:  # --benchmark-disable: called once, nothing timed
            return
        _count_calls(benchmark.stats, prepared.calibration.block)
        benchmark.extra_info.update(visit=[0] * rounds, at=[round(at, 4)] * rounds, **log.of_rounds(warmup, rounds))

    def visit_seconds(self, prepared: PreparedCell) -> float:
        """Return about how long one visit of a prepared cell takes, plain copies beside it included."""
        beside = 2 if self._log(prepared).copy_from is not None else 1
        return sum(self._rounds(prepared)) * prepared.calibration.whole_seconds * beside

    def _rounds(self, prepared: PreparedCell) -> tuple[int, int]:
        """Return the rounds of one visit and those that warm it up."""
        calibration = prepared.calibration
        rounds = self.protocol.rounds(calibration.whole_seconds)
        warmup = self.protocol.warmup_rounds(calibration.call_seconds, calibration.calls, calibration.result_bytes)
        return rounds, max(warmup, int(prepared.around.warms_up))

    def _log(self, prepared: PreparedCell) -> RoundLog:
        """Return the visit's log, with a plain copy beside the rounds of copies that profit."""
        lowest, highest = self.protocol.copy_from_bytes, self.protocol.copy_to_bytes
        copies = prepared.calibration.shares_memory is False
        plain = prepared.plain_array() if prepared.around.copy_beside else None
        if not copies or plain is None or not lowest <= prepared.source_bytes <= highest:
            plain = None
        return RoundLog(
            copy_from=plain,
            copy_to=None if plain is None else self._preparer.destination(plain),
            end_round=self._end_round(prepared),
            next_round=None if self._watch is None else self._watch.next_round,
        )

    def _end_round(self, prepared: PreparedCell) -> Callable[[], None]:
        def end_round() -> None:
            prepared.around.end_round()
            self._heap.move()

        return end_round


def _count_calls(stats: Any, block_length: int) -> None:
    """Turn pytest-benchmark's seconds per block into seconds per call."""
    stats.iterations *= block_length
    stats.stats.data[:] = [float(f"{value / block_length:.6g}") for value in stats.stats.data]


def _description(prepared: PreparedCell) -> dict[str, Any]:
    calibration = prepared.calibration
    return {
        **prepared.cell.as_dict(),
        "expression": prepared.expression,
        "documented": prepared.documented,
        "source_bytes": prepared.source_bytes,
        "result_bytes": calibration.result_bytes,
        "result_dtype": calibration.result_dtype,
        "shares_memory": calibration.shares_memory,
        "block": calibration.block,
        "partial_gating": prepared.cell.threads > 1,
        **({} if calibration.set_up_seconds is None else {"set_up": True}),
    }
