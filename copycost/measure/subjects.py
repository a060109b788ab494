"""Subjects: cells made ready to be timed, with their sources, evidence and calibrations."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Callable, Mapping, Optional

from copycost.catalogue.block import block, empty_block, loop
from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.catalogue.conversions import Conversion
from copycost.catalogue.dtypes import ITEM_BYTES
from copycost.catalogue.evidence import examine
from copycost.catalogue.references import CONVERSION, DIRECTION, REFERENCES, Timed
from copycost.catalogue.rotation import LAST_CACHE_BYTES, Turns, rotation
from copycost.catalogue.sources import nbytes, source
from copycost.measure.allocator import Heap
from copycost.measure.calibration import Calibration, in_blocks, seconds_per_call
from copycost.measure.machine import caches
from copycost.measure.protocol import Protocol

#: Sources above this size are shared by forked processes: where their pages lie does not matter.
_OWN_BYTES = 16 * 1024**2

_PAGE, _CACHE_LINE = 4096, 64


@dataclass(frozen=True)
class Subject:
    """One cell ready to be timed: `target(source)` is the block of calls that a round repeats.

    `around` is what is done before, between and after its rounds.
    """

    cell: Cell
    expression: str
    documented: Optional[str]
    source: Any
    source_bytes: int
    calibration: Calibration
    target: Callable[[Any], Any]
    around: Timed = CONVERSION

    def plain_array(self) -> Any:
        """Return the source as one NumPy array over the same memory, or None if it is not one."""
        if self.source is None or isinstance(self.source, (list, Turns)):
            return None
        return self.source.numpy() if hasattr(self.source, "numpy") else self.source


class Subjects:
    """Makes subjects, and keeps what they have in common: sources and mapped memory."""

    def __init__(
        self,
        conversions: Mapping[str, Conversion],
        protocol: Protocol,
        known: Mapping[str, Mapping[str, Any]],
        heap: Heap,
    ) -> None:
        """Start with no sources; `known` has calibrations by cell id, which are not made again."""
        self._heap = heap
        self._conversions = conversions
        self._protocol = protocol
        self._known = {cell: Calibration(**found) for cell, found in known.items()}
        self._sources: dict[tuple[str, str, int, str], Any] = {}
        self._mapped: list[Any] = []
        self._last_cache = max([found["bytes"] for found in caches()], default=LAST_CACHE_BYTES)

    def make(self, cell: Cell) -> Subject:
        """Return the cell's subject: source made, result checked, iterations calibrated.

        Raises:
            CannotConvert: the pair of conversion and dtype cannot work.
            WrongResult: the result does not hold the source's values.
        """
        if cell == EMPTY_CALL:
            make = self._empty_call
        elif cell.direction == DIRECTION:
            make = self._reference
        elif cell.cache == "cold":
            make = self._cold
        else:
            make = self._warm
        subject = make(cell)
        self._known[cell.id] = subject.calibration
        return subject

    def learn(self, cell: Cell, calibration: Mapping[str, Any]) -> None:
        """Take over a cell's calibration from another process."""
        self._known[cell.id] = Calibration(**calibration)

    def destination(self, array: Any) -> Any:
        """Return mapped memory of an array's shape and dtype; every array gets the same memory."""
        import numpy as np

        if not self._mapped or self._mapped[-1].nbytes < array.nbytes:
            # What is too small is kept: freeing it would teach a found heap where larger blocks belong.
            with self._heap.apart():
                self._mapped.append(np.ones(array.nbytes, dtype=np.uint8))
        return self._mapped[-1][: array.nbytes].view(array.dtype).reshape(array.shape)

    def forget_small_sources(self) -> None:
        """Let small sources be made again when they are next needed.

        For a process that was forked from a prepared one: where a source's physical pages lie
        decides which cache sets it shares, so every process draws them anew. They are made, not
        copied: `t.numpy()` takes 6% longer on a tensor that came from `copy.deepcopy`.
        """
        self._sources = {
            key: held for key, held in self._sources.items() if isinstance(held, Turns) or nbytes(held) > _OWN_BYTES
        }

    def _empty_call(self, cell: Cell) -> Subject:
        calibration = self._known.get(cell.id)
        if calibration is None:
            seconds = seconds_per_call(empty_block(), None, self._protocol)
            iterations = max(1, round(self._protocol.round_seconds / seconds))
            calibration = Calibration(1, iterations, seconds)
        return Subject(cell, "", None, None, 0, calibration, empty_block())

    def _warm(self, cell: Cell) -> Subject:
        conversion = self._conversions[cell.conversion]
        held = self._source(cell)
        calibration = self._known.get(cell.id)
        if calibration is None:
            evidence = examine(conversion, held)
            counted = in_blocks(partial(block, conversion), held, self._protocol)
            calibration = Calibration(*counted, **asdict(evidence))
        target = block(conversion, calibration.block)
        return Subject(cell, *_words(conversion), held, nbytes(held), calibration, target)

    def _cold(self, cell: Cell) -> Subject:
        conversion = self._conversions[cell.conversion]
        key = (cell.direction, cell.dtype, cell.size, "rotation")
        if key not in self._sources:
            with self._heap.apart():
                self._sources[key] = Turns(rotation(cell, self._last_cache))
        turns: Turns = self._sources[key]
        convert_all = loop(conversion)
        calibration = self._known.get(cell.id)
        if calibration is None:
            evidence = examine(conversion, turns.sources[0])
            few = turns.sources[:64]
            seconds = seconds_per_call(convert_all, few, self._protocol) / len(few)
            count = max(1, round(self._protocol.round_seconds / seconds))
            calibration = Calibration(count, 1, seconds, **asdict(evidence))
        count = calibration.block

        def target(turns: Turns) -> None:
            convert_all(turns.take(count))

        source_bytes = nbytes(turns.sources[0])
        return Subject(cell, *_words(conversion), turns, source_bytes, calibration, target)

    def _reference(self, cell: Cell) -> Subject:
        reference = REFERENCES[cell.conversion]
        array = self._source(replace(cell, direction="to_tensor"))
        timed = reference.prepare(array, self.destination(array), cell.threads)
        called = Conversion(
            name=f"{cell.id}",
            direction="to_tensor",
            expression=reference.expression,
            documented="",
            family="reference",
            function=timed.function,
        )
        calibration = self._known.get(cell.id)
        if calibration is None:
            timed.begin_visit()
            counted = in_blocks(partial(block, called), array, self._protocol, timed.most_calls)
            timed.end_round()
            timed.end_visit()
            result = nbytes(array) if reference.casts_to is None else array.size * ITEM_BYTES[reference.casts_to]
            calibration = Calibration(*counted, False, reference.casts_to or str(array.dtype), result)
        target = block(called, calibration.block)
        return Subject(cell, reference.expression, None, array, nbytes(array), calibration, target, timed)

    def _source(self, cell: Cell) -> Any:
        key = (cell.direction, cell.dtype, cell.size, cell.layout)
        if key not in self._sources:
            with self._heap.apart():
                self._sources[key] = self._beginning(cell) if self._is_large(cell) else self._placed(cell)
        return self._sources[key]

    def _placed(self, cell: Cell) -> Any:
        """Return a source; beside a found heap, where results lie alike in every process, at a place drawn for it."""
        if not self._protocol.upwards or cell.layout != "contiguous" or cell.direction == "list_to_tensor":
            return source(cell)
        first = random.randrange(_PAGE // _CACHE_LINE) * (_CACHE_LINE // ITEM_BYTES[cell.dtype])
        return source(replace(cell, size=first + cell.size))[first:]

    def _beginning(self, cell: Cell) -> Any:
        """Return a large array that is the beginning of a larger one, where there is one: it saves memory."""
        if cell.direction == "to_tensor" and cell.layout == "contiguous":
            for (direction, dtype, size, layout), held in self._sources.items():
                same = (direction, dtype, layout) == (cell.direction, cell.dtype, cell.layout)
                if same and size > cell.size:
                    return held[: cell.size]
        return source(cell)

    def _is_large(self, cell: Cell) -> bool:
        return cell.size * ITEM_BYTES[cell.dtype] > _OWN_BYTES


def _words(conversion: Conversion) -> tuple[str, str]:
    return conversion.expression, conversion.documented
