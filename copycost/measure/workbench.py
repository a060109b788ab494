"""The workbench: sources, evidence and calibrations of one measuring process, and the visit itself."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass, field
from time import perf_counter, perf_counter_ns
from types import MappingProxyType
from typing import Any, Callable, Mapping, Optional

from copycost.catalogue.block import block, empty_block
from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.catalogue.conversions import Conversion
from copycost.catalogue.evidence import examine
from copycost.catalogue.sources import nbytes, source
from copycost.measure import allocator
from copycost.measure.canary import Probe, probe
from copycost.measure.page_faults import minor_faults
from copycost.measure.protocol import Protocol

#: Sources above this size are shared by forked processes: where their pages lie does not matter.
_OWN_COPY_BYTES = 16 * 1024**2


@dataclass(frozen=True)
class Calibration:
    """How many calls make a round of one cell, and what its checked result was."""

    block: int
    iterations: int
    call_seconds: float
    shares_memory: Optional[bool] = None
    result_dtype: Optional[str] = None
    result_bytes: Optional[int] = None

    @property
    def calls(self) -> int:
        """Return the calls in a round."""
        return self.block * self.iterations


@dataclass
class Subject:
    """One cell ready to be timed."""

    cell: Cell
    conversion: Optional[Conversion]
    source: Any
    calibration: Calibration

    @property
    def source_bytes(self) -> int:
        """Return the bytes of the source's elements."""
        return 0 if self.source is None else nbytes(self.source)

    @property
    def target(self) -> Callable[[Any], None]:
        """Return the block of calls that a round repeats."""
        if self.conversion is None:
            return empty_block()
        return block(self.conversion, self.calibration.block)


@dataclass
class RoundLog:
    """What the probe saw after each round of one visit."""

    copy_from: Any = None
    copy_to: Any = None
    probes: list[Probe] = field(default_factory=list)
    faults: list[Optional[int]] = field(default_factory=list)
    copies: list[Optional[int]] = field(default_factory=list)

    def __call__(self, *_: Any) -> None:
        """Take the page-fault counter, the plain copy beside the round, and the canary."""
        self.faults.append(minor_faults())
        if self.copy_from is not None:
            import numpy as np

            start = perf_counter_ns()
            np.copyto(self.copy_to, self.copy_from)
            self.copies.append(perf_counter_ns() - start)
        self.probes.append(probe())
        # What the plain copy and the probe fault in is not the next round's.
        self.faults.append(minor_faults())


class Workbench:
    """Everything one process keeps between visits."""

    def __init__(
        self,
        conversions: Mapping[str, Conversion],
        protocol: Protocol,
        known: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    ) -> None:
        """Bring the allocator to its known state and start empty.

        `known` has the `Calibration` of cells, by their id, that an earlier process found.
        """
        self.conversions = conversions
        self.protocol = protocol
        self.known = known
        self.started = perf_counter()
        self._subjects: dict[Cell, Subject] = {}
        self._sources: dict[tuple[str, str, int, str], Any] = {}
        self._copy_destination: Any = None
        allocator.condition()

    def prepare(self, cell: Cell) -> Subject:
        """Return the cell's subject: source made, result checked, iterations calibrated.

        Raises:
            CannotConvert: the pair of conversion and dtype cannot work.
            WrongResult: the result does not hold the source's values.
        """
        if cell not in self._subjects:
            self._set_threads(cell)
            self._subjects[cell] = self._subject(cell)
        return self._subjects[cell]

    def own_pages(self) -> None:
        """Move small sources to memory of this process's own.

        Called by a process that was forked from a prepared one: where a source's physical pages lie
        decides which cache sets it shares, so every process draws them anew.
        """
        import copy

        self.started = perf_counter()
        with allocator.apart():
            for key, held in self._sources.items():
                if nbytes(held) <= _OWN_COPY_BYTES:
                    self._sources[key] = copy.deepcopy(held)
        for cell, subject in self._subjects.items():
            if cell != EMPTY_CALL:
                subject.source = self._source(cell)

    def visit(self, benchmark: Any, cell: Cell) -> None:
        """Time a few rounds of the cell with pytest-benchmark's fixture and record what was seen.

        Figures in `benchmark.stats` are seconds per call; what the probe saw goes into
        `benchmark.extra_info`, one entry a round.
        """
        subject = self.prepare(cell)
        self._set_threads(cell)
        allocator.trim()
        rounds, warmup = self._rounds(subject)
        log = self._log(subject)
        at = perf_counter() - self.started
        log()
        with warnings.catch_warnings():
            # np.array(t) warns at every call; pytest would record each, and time would go there.
            warnings.simplefilter("ignore")
            benchmark.pedantic(
                subject.target,
                args=(subject.source,),
                iterations=subject.calibration.iterations,
                rounds=rounds,
                warmup_rounds=warmup,
                teardown=log,
            )
        benchmark.extra_info.update(_description(subject))
        if benchmark.stats is None:  # --benchmark-disable: called once, nothing timed
            return
        _count_calls(benchmark.stats, subject.calibration.block)
        benchmark.extra_info.update(_evidence_of_rounds(log, warmup, rounds, at))

    def visit_seconds(self, subject: Subject) -> float:
        """Return about how long one visit of the subject takes, plain copies beside it included."""
        round_seconds = subject.calibration.call_seconds * subject.calibration.calls
        beside = 2 if self._log(subject).copy_from is not None else 1
        return sum(self._rounds(subject)) * round_seconds * beside

    def _rounds(self, subject: Subject) -> tuple[int, int]:
        """Return the rounds of one visit and those that warm it up."""
        calls, call_seconds = subject.calibration.calls, subject.calibration.call_seconds
        rounds = self.protocol.rounds(call_seconds * calls)
        return rounds, self.protocol.warmup_rounds(call_seconds, calls)

    def _log(self, subject: Subject) -> RoundLog:
        limits = self.protocol.copy_from_bytes, self.protocol.copy_to_bytes
        if subject.calibration.shares_memory is not False or not limits[0] <= subject.source_bytes <= limits[1]:
            return RoundLog()
        plain = _as_array(subject.source)
        if plain is None:
            return RoundLog()
        import numpy as np

        if self._copy_destination is None:
            with allocator.apart():
                self._copy_destination = np.ones(limits[1], dtype=np.uint8)
        destination = self._copy_destination[: plain.nbytes].view(plain.dtype)
        return RoundLog(copy_from=plain, copy_to=destination.reshape(plain.shape))

    def _subject(self, cell: Cell) -> Subject:
        if cell == EMPTY_CALL:
            return Subject(cell, None, None, self._calibrate(cell, None, None))
        conversion = self.conversions[cell.conversion]
        held = self._source(cell)
        if cell.id in self.known:
            calibration = Calibration(**self.known[cell.id])
        else:
            calibration = self._calibrate(cell, conversion, held)
        return Subject(cell, conversion, held, calibration)

    def _calibrate(
        self, cell: Cell, conversion: Optional[Conversion], held: Any
    ) -> Calibration:
        if conversion is None:
            seconds = _seconds_per_call(empty_block(), None, self.protocol)
            return Calibration(1, max(1, round(self.protocol.round_seconds / seconds)), seconds)
        evidence = examine(conversion, held)
        seconds = _seconds_per_call(block(conversion, 1), held, self.protocol)
        length, iterations = self.protocol.calls(seconds)
        if length > 1:  # measured in its block, a short call takes about half of what it took alone
            seconds = _seconds_per_call(block(conversion, length), held, self.protocol) / length
            length, iterations = self.protocol.calls(seconds)
        return Calibration(length, iterations, seconds, **asdict(evidence))

    def _source(self, cell: Cell) -> Any:
        key = (cell.direction, cell.dtype, cell.size, cell.layout)
        if key not in self._sources:
            with allocator.apart():
                self._sources[key] = source(cell)
        return self._sources[key]

    def _set_threads(self, cell: Cell) -> None:
        import torch

        if torch.get_num_threads() != cell.threads:
            torch.set_num_threads(cell.threads)


def _seconds_per_call(target: Callable[[Any], None], held: Any, protocol: Protocol) -> float:
    """Return the fastest of a few calls; the first ones fault pages in and count for nothing.

    A call that stays long ends the search after two: it is not the pages that make it long.
    """
    fastest = float("inf")
    for number in range(protocol.warmup_calls + 10):
        start = perf_counter()
        target(held)
        elapsed = perf_counter() - start
        if number > 0:
            fastest = min(fastest, elapsed)
        warm = number >= protocol.warmup_calls and elapsed > protocol.round_seconds
        if warm or (number > 0 and fastest > protocol.long_call_seconds):
            break
    return max(fastest, 1e-9)


def _count_calls(stats: Any, block_length: int) -> None:
    """Turn pytest-benchmark's seconds per block into seconds per call."""
    stats.iterations *= block_length
    stats.stats.data[:] = [float(f"{value / block_length:.6g}") for value in stats.stats.data]


def _description(subject: Subject) -> dict[str, Any]:
    conversion, calibration = subject.conversion, subject.calibration
    return {
        **subject.cell.as_dict(),
        "expression": conversion.expression if conversion else "",
        "documented": conversion.documented if conversion else None,
        "source_bytes": subject.source_bytes,
        "result_bytes": calibration.result_bytes,
        "result_dtype": calibration.result_dtype,
        "shares_memory": calibration.shares_memory,
        "block": calibration.block,
        "partial_gating": subject.cell.threads > 1,
    }


def _evidence_of_rounds(log: RoundLog, warmup: int, rounds: int, at: float) -> dict[str, Any]:
    """Return the per-round lists; the log also holds the look before and those at warm-up."""
    first = 1 + warmup
    looks = [log.probes[first - 1 + number : first + 1 + number] for number in range(rounds)]
    # Two counter readings a look: on entering, which ends a round, and on leaving, which starts one.
    faults = [
        _difference(log.faults[2 * (first + number)], log.faults[2 * (first + number) - 1])
        for number in range(rounds)
    ]
    record: dict[str, Any] = {
        "visit": [0] * rounds,
        "at": [round(at, 4)] * rounds,
        "canary_ns": [max(before.canary, after.canary) for before, after in looks],
        "clock_ns": [(before.clock + after.clock) // 2 for before, after in looks],
        "page_faults": faults,
    }
    if log.copies:
        record["copy_ns"] = log.copies[first : first + rounds]
    return record


def _difference(end: Optional[int], start: Optional[int]) -> Optional[int]:
    return None if end is None or start is None else end - start


def _as_array(held: Any) -> Any:
    """Return the source as a NumPy array over the same memory, or None for a list."""
    if isinstance(held, list):
        return None
    return held.numpy() if hasattr(held, "numpy") else held
