"""What a run is asked to do, validated before anything is measured."""

from __future__ import annotations

import importlib.util
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.catalogue.conversions import Conversion, select
from copycost.catalogue.dtypes import parse_dtypes
from copycost.catalogue.grid import PRESETS, cells, check_memory, parse_sizes, parse_threads
from copycost.catalogue.references import reference_cells
from copycost.errors import UsageError, nearest
from copycost.measure.machine import available_bytes
from copycost.run.address_layout import why_not_fixed
from copycost.run.arms import BASE, Arm, parse_arms
from copycost.units import parse_seconds, parse_share

ADDRESS_LAYOUTS = ("fixed", "random")
CACHES = ("warm", "cold")

#: The clock and the canary are read to some parts in a thousand; nothing finer can be promised.
FINEST_PRECISION = 0.001
LAYOUTS = ("contiguous", "strided", "fortran", "transposed")


@dataclass(frozen=True)
class Settings:
    """One run's settings; seconds for times, shares for precision."""

    folder: Path
    preset: str
    cells: tuple[Cell, ...]
    precision: float
    budget: float
    processes: int | None
    address_layout: str
    layout_reason: str | None
    conversions_file: str | None
    arms: tuple[Arm, ...] = (BASE,)

    @property
    def name(self) -> str:
        """Return the run's name: its folder's."""
        return self.folder.name

    def method(self) -> dict[str, str]:
        """Return what the settings add to the method's fingerprint."""
        start = "fork" if self.address_layout == "fixed" else "fresh"
        return {"address_layout": self.address_layout, "start": start}

    def as_record(self) -> dict[str, Any]:
        """Return the settings as they stand in run.json."""
        record = asdict(self)
        del record["folder"], record["arms"]
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
    address_layout: str = "fixed",
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
    _words("address layout", address_layout, ADDRESS_LAYOUTS)
    if processes is not None and processes < 1:
        raise UsageError(f"processes {processes} is not at least 1")
    chosen = PRESETS[preset]
    found = select(list(conversions) or None, family or chosen.family, conversions_file)
    grid = cells(
        found,
        chosen.dtypes if dtypes is None else parse_dtypes(dtypes),
        chosen.sizes if sizes is None else parse_sizes(sizes),
        chosen.threads if threads is None else _threads(threads),
        _words("cache", caches, CACHES),
        _words("layout", layouts, LAYOUTS),
    )
    if references:
        grid += reference_cells(grid)
    settled_arms = parse_arms(arms)
    half_width = chosen.precision if precision is None else _precision(precision)
    seconds = chosen.budget if budget is None else parse_seconds(budget)
    require_torch()
    memory = available_bytes()
    if memory is not None:
        check_memory(grid, memory)
    reason = why_not_fixed() if address_layout == "fixed" else None
    return Settings(
        folder=_run_folder(out, _new_name(preset) if name is None else name),
        preset=preset,
        cells=(EMPTY_CALL, *grid),
        precision=half_width,
        budget=seconds,
        processes=processes,
        address_layout="random" if reason else address_layout,
        layout_reason=reason,
        conversions_file=_needed_file(conversions_file, found),
        arms=settled_arms,
    )


def _words(kind: str, text: str, valid: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a list such as ``warm,cold``."""
    words = tuple(dict.fromkeys(word.strip() for word in text.split(",")))
    for word in words:
        if word not in valid:
            raise UsageError(f"{kind} {word!r} is not one of: {', '.join(valid)}")
    return words


def _needed_file(path: Path | None, found: Sequence[Conversion]) -> str | None:
    needed = any(conversion.family == "user" for conversion in found)
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


def _threads(text: str) -> tuple[int, ...]:
    threads = parse_threads(text)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if cores is not None and max(threads) > cores:
        raise UsageError(f"threads {max(threads)} is more than this machine's {cores} cores")
    return threads


def require_torch() -> None:
    """Refuse to measure where a package that measuring needs is missing."""
    for package in ("torch", "numpy", "pytest_benchmark"):
        if importlib.util.find_spec(package) is None:
            raise UsageError(
                f"{package} is not installed here and measuring needs it: pip install -c constraints.txt -e ."
            )


def _new_name(preset: str) -> str:
    now = datetime.now(UTC)
    return f"{now:%Y%m%d-%H%M%S}-{preset}-{secrets.token_hex(2)}"


def _run_folder(out: Path, name: str) -> Path:
    """Return the new run's folder, made now: a place that cannot be written fails at once."""
    if not re.fullmatch(r"[\w][\w.+-]{0,99}", name, re.ASCII) or name == "latest":
        raise UsageError(f"name {name!r} is not a file name of letters, digits, '.', '+', '-' or '_'")
    folder = out / name
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise UsageError(f"run folder {folder} exists already: choose another --name") from None
    except OSError as error:
        raise UsageError(f"run folder {folder} cannot be made: {error.strerror}") from error
    return folder
