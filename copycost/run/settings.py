"""The settings of a run, validated before anything is measured."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.catalogue.conversions import CORE, EXTENDED, Conversion, select_conversions
from copycost.catalogue.device import DEVICE_DTYPES, device_conversions, device_references
from copycost.catalogue.grid import PRESETS, cells, check_memory, parse_dtypes, parse_sizes, parse_threads
from copycost.catalogue.references import reference_cells
from copycost.catalogue.sandbox import LIMITABLE
from copycost.catalogue.sources import parse_source_layouts
from copycost.errors import UsageError, nearest
from copycost.measure import allocator as allocators
from copycost.measure.machine import available_bytes
from copycost.measure.protocol import Protocol
from copycost.run import folder as run_folder
from copycost.run.address_layout import why_not_fixed
from copycost.run.arms import BASE, Arm, parse_arms
from copycost.run.privacy import file_told
from copycost.units import parse_bytes, parse_seconds, parse_share

RANDOM = "random"

MOST_LAYOUTS = 1000
_RANDOM_SESSIONS = 5

CACHES = ("warm", "cold")

#: The clock and the canary are read to some parts in a thousand; nothing finer can be promised.
FINEST_PRECISION = 0.001

#: Seconds that one visit, or preparing one cell, may take; the longest take a few.
VISIT_TIMEOUT = 60.0

SHORTEST_TIMEOUT = 1.0

#: macOS has fork, but not for what libraries of a forked process do there.
_CAN_FORK = hasattr(os, "fork") and sys.platform != "darwin"

#: What a measuring process may have of the memory that is available when the run begins.
_MEMORY_SHARE = 0.8


@dataclass(frozen=True)
class Settings:
    """The settings of a run; seconds for times, shares for precision.

    ``layouts`` has the address layout of each session, by its number; None where the system draws it. A budget that
    ``stretches`` is made longer where it is too short for every session. ``counts`` says whether calls are counted too,
    ``first_calls`` whether first ones are timed in fresh processes.
    ``device`` is the device's name, None where only the CPU is measured.
    """

    folder: Path
    preset: str
    cells: tuple[Cell, ...]
    precision: float
    budget: float
    processes: int | None
    layouts: tuple[int | None, ...]
    layout_reason: str | None
    conversions_file: str | None
    arms: tuple[Arm, ...] = (BASE,)
    allocator: str = allocators.STEADY
    visit_timeout: float = VISIT_TIMEOUT
    memory_limit: int | None = None
    with_hostname: bool = False
    stretches: bool = False
    counts: bool = False
    first_calls: bool = False
    device: str | None = None

    @property
    def user_conversions(self) -> frozenset[str]:
        """Return the names of the user's own conversions on the grid."""
        of_device = device_conversions(self.device) if self.device else []
        known = {conversion.name for conversion in (*CORE, *EXTENDED, *of_device)}
        names = {cell.conversion for cell in self.cells if cell.direction != EMPTY_CALL.direction}
        return frozenset(names - known) if self.conversions_file else frozenset()

    @property
    def protocol(self) -> Protocol:
        """Return how every cell is measured."""
        return Protocol(allocator=self.allocator)

    @property
    def forks(self) -> bool:
        """Return whether processes are forked from a prepared session; else each is started afresh.

        A forked process has what preparing has left on the heap, which a steady heap is cleared of.
        """
        return _CAN_FORK and self.allocator == allocators.STEADY

    @property
    def name(self) -> str:
        """Return the run's name: its folder's."""
        return self.folder.name

    def method(self) -> dict[str, str]:
        """Return the fields that the settings add to the method's fingerprint."""
        chosen = RANDOM if None in self.layouts else "chosen"
        return {"address_layout": chosen, "start": "fork" if self.forks else "fresh"}

    def as_record(self) -> dict[str, Any]:
        """Return the settings as they stand in run.json; the user's file by its name and its content's digest."""
        record = asdict(self)
        record["conversions_file"] = self.conversions_file and file_told(self.conversions_file)
        del record["folder"], record["arms"], record["stretches"]
        record["cells"] = [cell.as_dict() for cell in self.cells]
        return record


def settle(
    *,
    preset: str = "default",
    family: str | None = None,
    conversions: Sequence[str] = (),
    conversions_file: Path | None = None,
    dtypes: str | None = None,
    sizes: str | None = None,
    threads: str | None = None,
    caches: str = "warm",
    layouts: str = "contiguous",
    arms: Sequence[str] = (),
    references: bool = True,
    precision: str | None = None,
    budget: str | None = None,
    processes: int | None = None,
    address_layouts: str | None = None,
    allocator: str = allocators.STEADY,
    visit_timeout: str | None = None,
    memory_limit: str | None = None,
    with_hostname: bool = False,
    counts: bool = False,
    first_calls: bool = False,
    device: str | None = None,
    name: str | None = None,
    out: Path = Path("results"),
) -> Settings:
    """Return validated settings from what was typed; a value left out is the preset's.

    Raises:
        UsageError: a value is not valid, torch is missing, the folder cannot be written, or the
            grid does not fit in memory.
    """
    if preset not in PRESETS:
        raise UsageError(f"unknown preset {preset!r}: {nearest(preset, list(PRESETS))}")
    _word("allocator", allocator, allocators.MODES)
    if processes is not None and processes < 1:
        raise UsageError(f"processes {processes} is not at least 1")
    chosen = PRESETS[preset]
    numbers = parse_layouts(chosen.layouts if address_layouts is None else address_layouts)[:processes]  # one each
    of_device = [] if device is None else device_conversions(device)
    selected = select_conversions(
        list(conversions) or None, family or chosen.family, conversions_file, of_device, apart=True
    )
    usual = chosen.dtypes if device is None else DEVICE_DTYPES
    grid = cells(
        selected,
        usual if dtypes is None else parse_dtypes(dtypes),
        chosen.sizes if sizes is None else parse_sizes(sizes),
        chosen.threads if threads is None else parse_threads(threads),
        _words("cache", caches, CACHES),
        parse_source_layouts(layouts),
    )
    if device is not None:
        _only_contiguous(caches, layouts)
    if references:
        grid += [*reference_cells(grid), *device_references(grid)]
    settled_arms = parse_arms(arms)
    one_thread_count(settled_arms, grid)
    half_width = chosen.precision if precision is None else _precision(precision)
    seconds = chosen.budget * len(settled_arms) if budget is None else parse_seconds(budget)
    timeout = _visit_timeout(visit_timeout)
    require_torch()
    if counts:
        if device is not None:
            raise UsageError("--counts counts instructions of the CPU, not of a device: leave it or --device out")
        require_valgrind()
    if first_calls and device is not None:
        raise UsageError("--first-calls times calls without a device: leave it or --device out")
    if device is not None:
        require_device(device)
    memory = available_bytes()
    limit = _memory_limit(memory_limit, memory)
    if memory is not None:
        check_memory(grid, memory if limit is None else min(memory, limit))
    reason = None if None in numbers else why_not_fixed()
    return Settings(
        folder=run_folder.make(out, _new_name(preset) if name is None else name),
        preset=preset,
        cells=(EMPTY_CALL, *grid),
        precision=half_width,
        budget=seconds,
        processes=processes,
        layouts=(None,) * len(numbers) if reason else numbers,
        layout_reason=reason,
        conversions_file=_needed_file(conversions_file, selected),
        arms=settled_arms,
        allocator=allocator,
        visit_timeout=timeout,
        memory_limit=limit,
        with_hostname=with_hostname,
        stretches=budget is None,
        counts=counts,
        first_calls=first_calls,
        device=device,
    )


def parse_layouts(text: str) -> tuple[int | None, ...]:
    """Return the numbers of the address layouts in ``1``, ``1,4`` or ``1..20``; five times None for ``random``.

    Raises:
        UsageError: not such numbers, from 1 to 1000.
    """
    if text.strip() == RANDOM:
        return (None,) * _RANDOM_SESSIONS
    numbers: list[int] = []
    for part in text.split(","):
        first, dots, last = part.strip().partition("..")
        ends = [first, last if dots else first]
        if not all(end.isascii() and end.isdigit() and 1 <= int(end) <= MOST_LAYOUTS for end in ends):
            raise UsageError(f"layouts {text!r} is not random, or numbers from 1 to {MOST_LAYOUTS} such as 1..5 or 1,4")
        numbers += range(int(ends[0]), int(ends[1]) + 1)
    if not numbers:
        raise UsageError(f"layouts {text!r} ends below its start")
    return tuple(dict.fromkeys(numbers))


def _only_contiguous(caches: str, layouts: str) -> None:
    """Refuse what is not measured beside a device."""
    for option, text, usual in (("cache", caches, "warm"), ("layout", layouts, "contiguous")):
        if text.strip() != usual:
            raise UsageError(f"--{option} {text!r} is not measured with --device: leave it out, for {usual}")


def one_thread_count(arms: Sequence[Arm], grid: Sequence[Cell]) -> None:
    """Refuse an arm that sets the threads of a grid that has several: its cells would fall together."""
    counts = sorted({cell.threads for cell in grid if cell.size})
    for arm in arms:
        if arm.threads is not None and len(counts) > 1:
            listed = ",".join(map(str, counts))
            raise UsageError(
                f"arm {arm.name!r} sets threads={arm.threads} and --threads {listed} has several: give one"
            )


def _word(option: str, text: str, valid: tuple[str, ...]) -> None:
    if text not in valid:
        raise UsageError(f"{option} {text!r} is not one of: {', '.join(valid)}")


def _words(option: str, text: str, valid: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a list such as ``warm,cold``."""
    words = tuple(dict.fromkeys(word.strip() for word in text.split(",")))
    for word in words:
        _word(option, word, valid)
    return words


def _needed_file(path: Path | None, selected: Sequence[Conversion]) -> str | None:
    needed = any(conversion.family == "user" for conversion in selected)
    return str(path.resolve()) if path is not None and needed else None


def _precision(text: str) -> float:
    try:
        precision = parse_share(text)
    except UsageError:
        precision = 0.0
    if precision < FINEST_PRECISION:
        raise UsageError(
            f"precision {text!r} is not a share such as 1%; the smallest that works is {FINEST_PRECISION:.1%}"
        )
    return precision


def _visit_timeout(text: str | None) -> float:
    seconds = VISIT_TIMEOUT if text is None else parse_seconds(text)
    if seconds < SHORTEST_TIMEOUT:
        raise UsageError(
            f"visit timeout {text!r} is below {SHORTEST_TIMEOUT:.0f}s: preparing a large cell takes longer"
        )
    return seconds


def _memory_limit(text: str | None, available: int | None) -> int | None:
    """Return the bytes of private memory that a process may have, or None where that cannot be limited."""
    if text is None:
        return int(_MEMORY_SHARE * available) if available is not None and LIMITABLE else None
    limit = parse_bytes(text)
    if not LIMITABLE:
        raise UsageError(f"memory limit {text!r}: this system cannot limit a process's memory, leave the option out")
    return limit


def require_torch() -> None:
    """Refuse to measure where a package that measuring needs is missing."""
    for package in ("torch", "numpy", "pytest_benchmark"):
        if importlib.util.find_spec(package) is None:
            raise UsageError(
                f"{package} is not installed here and measuring needs it: pip install -c constraints.txt -e ."
            )


_LONGEST_REASON = 200

_TRY = """
import sys
try:
    import torch
    torch.zeros(1).to(sys.argv[1]).cpu()
except Exception as error:
    sys.exit(f"{type(error).__name__}: {str(error).strip().splitlines()[0]}")
"""


def require_device(device: str) -> None:
    """Refuse a device that holds no data here; a process of its own tries, since none that has can be forked from."""
    tried = subprocess.run([sys.executable, "-P", "-c", _TRY, device], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        lines = [line for line in tried.stderr.strip().splitlines() if line.strip()]
        reason = lines[-1][:_LONGEST_REASON] if lines else f"exit status {tried.returncode}"
        raise UsageError(f"device {device!r} cannot be used here: {reason}")


def require_valgrind() -> None:
    """Refuse to count where valgrind is not installed."""
    if not sys.platform.startswith("linux") or shutil.which("valgrind") is None:
        raise UsageError("--counts needs Linux and valgrind, which is not installed here: apt install valgrind")


def _new_name(preset: str) -> str:
    now = datetime.now(UTC)
    return f"{now:%Y%m%d-%H%M%S}-{preset}-{secrets.token_hex(2)}"
