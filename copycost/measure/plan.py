"""The plan of a measuring process: which cells, by which protocol, for which run."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from copycost.catalogue.cell import EMPTY_CALL, Cell
from copycost.measure.protocol import Protocol


@dataclass(frozen=True)
class MeasurePlan:
    """The cells on the grid and how they are measured.

    `visits` is the most a process may make of one cell. `address_layout` is the number of the layout that the session
    was started with, None where the system drew one. `memory_limit` is in bytes, `with_hostname` lets the host's name
    into the results. `device` is the device's name, None where only the CPU is measured.
    """

    cells: tuple[Cell, ...]
    protocol: Protocol = field(default_factory=Protocol)
    conversions_file: str | None = None
    run: str = ""
    arm: str = "base"
    visits: int = 1
    address_layout: int | None = None
    memory_limit: int | None = None
    with_hostname: bool = False
    device: str | None = None

    def write(self, path: Path) -> None:
        """Write the plan as JSON."""
        record: dict[str, Any] = {**asdict(self), "cells": [cell.as_dict() for cell in self.cells]}
        path.write_text(json.dumps(record), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> MeasurePlan:
        """Read a plan that `write` wrote."""
        record = json.loads(path.read_text(encoding="utf-8"))
        record["cells"] = tuple(Cell.from_dict(cell) for cell in record["cells"])
        record["protocol"] = Protocol(**record["protocol"])
        return cls(**record)

    @classmethod
    def default(cls) -> MeasurePlan:
        """Return the default grid, for `python -m pytest benchmarks` without the runner."""
        from copycost.catalogue.conversions import select_conversions
        from copycost.catalogue.grid import PRESETS, cells

        preset = PRESETS["default"]
        grid = cells(select_conversions(None, preset.family), preset.dtypes, preset.sizes, preset.threads)
        return cls((EMPTY_CALL, *grid))
