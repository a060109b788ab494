"""Preparing a cell: making its source, checking its result, counting the calls of a round."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from copycost.catalogue.bfloat16 import array_over, of_dtype, tensor_over
from copycost.catalogue.block import block, empty_block, loop, with_destination
from copycost.catalogue.cell import EMPTY_CALL, ITEM_BYTES, Cell
from copycost.catalogue.conversions import PINNED, CannotConvert, Conversion
from copycost.catalogue.device import BOUNDS, empty_caches, empty_pinned_cache, needs_device, synchroniser
from copycost.catalogue.evidence import examine, one_line
from copycost.catalogue.references import CONVERSION, DIRECTION, REFERENCES, Timed
from copycost.catalogue.sources import LAST_CACHE_BYTES, Rotation, cold_sources, nbytes, source
from copycost.measure.allocator import Heap
from copycost.measure.machine import caches
from copycost.measure.protocol import Calibration, Protocol, in_blocks, seconds_per_call
from copycost.measure.set_up import SetUp

#: Sources above this size are the beginning of a larger one: where their pages lie does not matter.
_SHARED_BYTES = 16 * 1024**2

_PAGE, _CACHE_LINE = 4096, 64


@dataclass(frozen=True)
class PreparedCell:
    """One cell ready to be timed: `target(source)` is the block of calls that a round repeats.

    `around` is what is done before, between and after its rounds.
    """

    cell: Cell
    expression: str
    documented: str | None
    source: Any
    source_bytes: int
    calibration: Calibration
    target: Callable[[Any], Any]
    around: Timed = CONVERSION

    def plain_array(self) -> Any:
        """Return the source as one NumPy array over the same memory, or None if it is not one."""
        if self.source is None or isinstance(self.source, (list, Rotation)):
            return None
        return array_over(self.source) if hasattr(self.source, "numpy") else self.source


class Preparer:
    """Prepares cells, and keeps what they have in common: sources and mapped memory."""

    def __init__(
        self,
        conversions: Mapping[str, Conversion],
        protocol: Protocol,
        heap: Heap,
        device: str | None = None,
    ) -> None:
        """Start with no sources and no calibrations; cells of a device need its name."""
        self._heap = heap
        self._device = device
        self._conversions = conversions
        self._protocol = protocol
        self._known: dict[str, Calibration] = {}
        self._rounds: dict[str, tuple[int, int]] = {}
        self._ready: dict[Cell, PreparedCell] = {}
        self._sources: dict[tuple[str, str, int, str], Any] = {}
        self._mapped: list[Any] = []
        self._last_cache = max([cache["bytes"] for cache in caches()], default=LAST_CACHE_BYTES)

    def prepare(self, cell: Cell) -> PreparedCell:
        """Return the cell ready to be timed; a second call returns the same.

        Raises:
            CannotConvert: the pair of conversion and dtype cannot work.
            WrongResult: the result does not hold the source's values.
        """
        if cell not in self._ready:
            set_threads(cell.threads)
            if cell == EMPTY_CALL:
                prepare = self._empty_call
            elif needs_device(cell):
                prepare = self._on_device
            elif cell.direction == DIRECTION:
                prepare = self._reference
            elif cell.cache == "cold":
                prepare = self._cold
            else:
                prepare = self._warm
            self._ready[cell] = prepare(cell)
        return self._ready[cell]

    def learn(self, calibrations: Mapping[str, Mapping[str, Any]], rounds: Mapping[str, tuple[int, int]]) -> None:
        """Take over what other processes have found out of cells, by their ids.

        Args:
            calibrations: those of another process of the arm; they are not made again.
            rounds: the calls in a block and the blocks in a round in another arm: cells are calibrated, and make the
                same rounds.
        """
        self._known |= {cell_id: Calibration(**calibration) for cell_id, calibration in calibrations.items()}
        self._rounds |= rounds

    def destination(self, array: Any) -> Any:
        """Return mapped memory of an array's shape and dtype; every array gets the same memory."""
        import numpy as np

        if not self._mapped or self._mapped[-1].nbytes < array.nbytes:
            # What is too small is kept: freeing it would teach a found heap where larger blocks belong.
            with self._heap.apart():
                self._mapped.append(np.ones(array.nbytes, dtype=np.uint8))
        return self._mapped[-1][: array.nbytes].view(array.dtype).reshape(array.shape)

    def forget_sources(self) -> None:
        """Let sources be made again when they are next needed.

        For a session that processes are forked from: where a source's physical pages lie decides which cache sets it
        shares, so every process draws them anew, and sessions that wait for their turn hold no memory. They are made,
        not copied: `t.numpy()` takes 6% longer on a tensor that came from `copy.deepcopy`.
        """
        self._ready.clear()
        self._sources.clear()
        self._mapped.clear()

    def _calibration(self, cell: Cell, calibrate: Callable[[], Calibration]) -> Calibration:
        if cell.id not in self._known:
            found = calibrate()
            block, iterations = self._rounds.get(cell.id, (found.block, found.iterations))
            self._known[cell.id] = replace(found, block=block, iterations=iterations)
        return self._known[cell.id]

    def _conversion(self, cell: Cell) -> Conversion:
        return of_dtype(self._conversions[cell.conversion], cell.dtype)

    def _empty_call(self, cell: Cell) -> PreparedCell:
        def calibrate() -> Calibration:
            seconds = seconds_per_call(empty_block(), None, self._protocol)
            return Calibration(1, max(1, round(self._protocol.round_seconds / seconds)), seconds)

        return PreparedCell(cell, "", None, None, 0, self._calibration(cell, calibrate), empty_block())

    def _warm(self, cell: Cell) -> PreparedCell:
        conversion = self._conversion(cell)
        if conversion.setup is not None:
            return self._set_up(cell, conversion)
        given = self._source(cell)

        def calls_in(calls: int) -> Callable[[Any], Any]:
            with self._heap.apart():
                return with_destination(block(conversion, calls), conversion, given)

        def calibrate() -> Calibration:
            evidence = examine(conversion, given)
            return Calibration(*in_blocks(calls_in, given, self._protocol), **asdict(evidence))

        calibration = self._calibration(cell, calibrate)
        around = CONVERSION if conversion.destination is None else replace(CONVERSION, warms_up=True)
        target, documented = calls_in(calibration.block), conversion.documented
        return PreparedCell(cell, conversion.expression, documented, given, nbytes(given), calibration, target, around)

    def _set_up(self, cell: Cell, conversion: Conversion) -> PreparedCell:
        """Return a conversion whose every call is set up before its round, as soon as the round before has ended."""
        given = self._source(cell)

        def calibrate() -> Calibration:
            evidence = examine(conversion, given)
            set_up = SetUp(conversion, given)
            calls, seconds = set_up.calibrate(self._protocol)
            return Calibration(calls, 1, seconds, **asdict(evidence), set_up_seconds=set_up.seconds)

        calibration = self._calibration(cell, calibrate)
        set_up = SetUp(conversion, given, calibration.block)
        around = Timed(lambda a: a, end_round=set_up, end_visit=set_up.clear, warms_up=True)
        target, documented = set_up.target, conversion.documented
        return PreparedCell(cell, conversion.expression, documented, given, nbytes(given), calibration, target, around)

    def _cold(self, cell: Cell) -> PreparedCell:
        conversion = self._conversion(cell)
        if conversion.setup is not None:
            raise CannotConvert("what sets up each call is measured with warm caches only")
        key = (cell.direction, cell.dtype, cell.size, "rotation")
        if key not in self._sources:
            with self._heap.apart():
                self._sources[key] = Rotation(cold_sources(cell, self._last_cache))
        rotation: Rotation = self._sources[key]
        with self._heap.apart():
            convert_all = with_destination(loop(conversion), conversion, rotation.sources[0])

        def calibrate() -> Calibration:
            evidence = examine(conversion, rotation.sources[0])
            few = rotation.sources[:64]
            seconds = seconds_per_call(convert_all, few, self._protocol) / len(few)
            return Calibration(max(1, round(self._protocol.round_seconds / seconds)), 1, seconds, **asdict(evidence))

        calibration = self._calibration(cell, calibrate)
        count = calibration.block

        def target(turns: Rotation) -> None:
            convert_all(turns.take(count))

        source_bytes = nbytes(rotation.sources[0])
        return PreparedCell(
            cell, conversion.expression, conversion.documented, rotation, source_bytes, calibration, target
        )

    def _reference(self, cell: Cell) -> PreparedCell:
        reference = REFERENCES[cell.conversion]
        array = self._source(replace(cell, direction="to_tensor"))
        timed = reference.prepare(array, self.destination(array), cell.threads)
        called = Conversion(cell.id, "to_tensor", reference.expression, "", "reference", timed.function)

        def calibrate() -> Calibration:
            timed.begin_visit()
            counted = in_blocks(partial(block, called), array, self._protocol, timed.most_calls)
            timed.end_round()
            timed.end_visit()
            result = nbytes(array) if reference.casts_to is None else array.size * ITEM_BYTES[reference.casts_to]
            return Calibration(*counted, False, reference.casts_to or str(array.dtype), result)

        calibration = self._calibration(cell, calibrate)
        target = block(called, calibration.block)
        return PreparedCell(cell, reference.expression, None, array, nbytes(array), calibration, target, timed)

    def _on_device(self, cell: Cell) -> PreparedCell:
        """Return a conversion to or from the device, or what bounds one, ready to be timed.

        A round of what does not wait has one call, which is waited for before the next round, and so has one that pins
        memory afresh: calls that follow each other would wait for each other. Every visit begins with the caches of
        the device's and of pinned memory empty, and its untimed rounds fill them.
        """
        device = self._device
        if device is None:
            raise CannotConvert("no device was given")
        if cell.cache != "warm" or cell.layout != "contiguous":
            raise CannotConvert("with a device, only contiguous sources in warm caches are measured")
        bound = BOUNDS.get(cell.conversion)
        try:
            wait = synchroniser(device)
            if bound is None:
                conversion = self._conversion(cell)
                given = self._elsewhere(cell, {"a": "", PINNED: PINNED}.get(conversion.variable, "device"))
            else:
                given = self._elsewhere(cell, PINNED) if cell.size else None
                copy = bound.prepare(given, self._elsewhere(cell, "device") if cell.size else None)
                function = _then(copy, wait)
                conversion = Conversion(cell.id, "to_tensor", bound.expression, "", "reference", function)
        except Exception as error:  # as where there is no such device, no pinned memory, or no memory left
            raise CannotConvert(one_line(error)) from error
        single = bound is None and (not conversion.waits or conversion.afresh)
        calls_in = partial(block, conversion)

        def end_round() -> None:
            wait()
            if conversion.afresh:
                empty_pinned_cache()

        def calibrate() -> Calibration:
            if bound is not None:
                return Calibration(*in_blocks(calls_in, given, self._protocol), False, cell.dtype, nbytes_of(given))
            evidence = asdict(examine(conversion, given))
            if not single:
                return Calibration(*in_blocks(calls_in, given, self._protocol), **evidence)
            once = calls_in(1)

            def waited(source: Any) -> None:  # which belongs to what a visit costs, though not to its figure
                once(source)
                end_round()

            return Calibration(1, 1, seconds_per_call(waited, given, self._protocol), **evidence)

        calibration = self._calibration(cell, calibrate)
        around = Timed(
            conversion.function or (lambda a: a),
            begin_visit=partial(empty_caches, device),
            end_round=end_round,
            end_visit=partial(empty_caches, device),
            warms_up=True,
        )
        target, documented = calls_in(calibration.block), conversion.documented if bound is None else None
        return PreparedCell(
            cell, conversion.expression, documented, given, nbytes_of(given), calibration, target, around
        )

    def _elsewhere(self, cell: Cell, where: str) -> Any:
        """Return a cell's array, or the tensor of its values in pinned memory or on the device.

        Of a dtype there is one tensor, and smaller sources are its beginning.
        """
        array = self._source(replace(cell, direction="to_tensor"))
        if not where:
            return array
        key = (where, cell.dtype, 0, "")
        kept = self._sources.get(key)
        if kept is None or len(kept) < cell.size:
            tensor = tensor_over(array, cell.dtype)
            self._sources[key] = kept = tensor.pin_memory() if where == PINNED else tensor.to(self._device)
        return kept[: cell.size]

    def _source(self, cell: Cell) -> Any:
        key = (cell.direction, cell.dtype, cell.size, cell.layout)
        if key not in self._sources:
            with self._heap.apart():
                self._sources[key] = self._beginning(cell) if cell.bytes > _SHARED_BYTES else self._placed(cell)
        return self._sources[key]

    def _placed(self, cell: Cell) -> Any:
        """Return a source, beside a found heap at a random place: results lie alike there in every process."""
        if not self._protocol.upwards or cell.layout != "contiguous" or cell.direction == "list_to_tensor":
            return source(cell)
        first = random.randrange(_PAGE // _CACHE_LINE) * (_CACHE_LINE // ITEM_BYTES[cell.dtype])
        return source(replace(cell, size=first + cell.size))[first:]

    def _beginning(self, cell: Cell) -> Any:
        """Return a large source; where a larger array exists, as its beginning, which saves memory."""
        if cell.direction == "to_tensor" and cell.layout == "contiguous":
            for (direction, dtype, size, layout), kept in self._sources.items():
                same = (direction, dtype, layout) == (cell.direction, cell.dtype, cell.layout)
                if same and size > cell.size:
                    return kept[: cell.size]
        return source(cell)


def _then(copy: Callable[[], Any] | None, wait: Callable[[], Any]) -> Callable[[Any], None]:
    """Return a copy that is waited for, or waiting alone."""
    if copy is None:
        return lambda _: wait()

    def both(_: Any) -> None:
        copy()
        wait()

    return both


def nbytes_of(given: Any) -> int:
    """Return the bytes of a source's elements; 0 of none."""
    return 0 if given is None else nbytes(given)


def set_threads(threads: int) -> None:
    """Let torch use so many threads."""
    import torch

    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
