"""Makes up run folders from the reference run, of machines whose differences are known.

Each run is a whole run folder, of process files as long as the reference run's: every time of a round is multiplied by
what its kind of machine, the machine and the run make of that cell. All machines say that they are of one CPU model.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

REFERENCE = Path(__file__).parents[1] / "results" / "reference"
KINDS = 5
BETWEEN_MACHINES = 0.01
BETWEEN_CELLS = 0.005
BETWEEN_RUNS = 0.008
LARGE_BYTES = 4 * 1024**2
SMALL_BYTES = 16 * 1024
_MACHINE, _RUN, _ROUNDS = "machine\x00", "run\x00", "rounds\x00"


@dataclass(frozen=True)
class Template:
    """A process file's text with gaps for the machine's name, the run's and each cell's rounds."""

    name: str
    pieces: tuple[str, ...]
    rounds: tuple[np.ndarray, ...]
    cells: tuple[int, ...]
    facts: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class MadeUpRun:
    """Which run it is: its name, its machine and that machine's kind."""

    name: str
    machine: int
    kind: int
    number: int

    @property
    def machine_name(self) -> str:
        """Return the machine's name, as different as those of real ones."""
        return f"AMD EPYC 2c {hashlib.sha256(str(self.machine).encode()).hexdigest()[:6]}"


def plan(runs: int, machines: int) -> list[MadeUpRun]:
    """Return the runs to make: the machines by turns, and each of one of the kinds."""
    return [
        MadeUpRun(f"run-{number:04d}", number % machines, number % machines % KINDS, number // machines)
        for number in range(runs)
    ]


def templates() -> list[Template]:
    """Return the reference run's process files, ready to be filled in."""
    known: dict[str, int] = {}
    return [_template(path, known) for path in sorted(REFERENCE.glob("process-*.json"))]


def write_run(folder: Path, run: MadeUpRun, files: list[Template]) -> int:
    """Write a run folder and return its bytes."""
    folder = folder / run.name
    folder.mkdir(parents=True)
    record = json.loads((REFERENCE / "run.json").read_text())
    created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=run.number, minutes=run.machine)
    record |= {"name": run.name, "created": created.isoformat()}
    record["machine"]["machine"] = run.machine_name
    for arm in record["arms"]:
        arm["machine"] = record["machine"]
    written = _write(folder / "run.json", json.dumps(record, separators=(",", ":")))
    factor = factors(run, files)
    for template in files:
        rounds = [
            f"[{','.join([f'{value:.6g}' for value in own.tolist()])}]"
            for own in (own * factor[cell] for own, cell in zip(template.rounds, template.cells, strict=True))
        ]
        head = template.pieces[0]
        for gap, name in ((_MACHINE, run.machine_name), (_RUN, run.name)):
            head = head.replace(json.dumps(gap), json.dumps(name))
        text = head + "".join(own + piece for own, piece in zip(rounds, template.pieces[1:], strict=True))
        written += _write(folder / template.name, text)
    return written


def factors(run: MadeUpRun, files: list[Template]) -> dict[int, float]:
    """Return what each cell's times are multiplied by."""
    of_machine = np.random.default_rng([1, run.machine])
    of_run = np.random.default_rng([2, run.machine, run.number])
    common = of_machine.normal(0, BETWEEN_MACHINES) + of_run.normal(0, BETWEEN_RUNS)
    facts = {cell: own for file in files for cell, own in zip(file.cells, file.facts, strict=True)}
    own = of_machine.normal(0, BETWEEN_CELLS, len(facts))
    return {cell: of_kind(run.kind, facts[cell]) * float(np.exp(common + own[cell])) for cell in facts}


def of_kind(kind: int, cell: dict[str, Any]) -> float:
    """Return how much slower a kind of machine is at a cell than the first kind."""
    size = cell["bytes"] or 0
    copies = cell["copies"]
    if kind == 1:  # a slower core
        return 1.3
    if kind == 2:  # more memory bandwidth
        return 0.6 if copies and size > LARGE_BYTES else 1.0
    if kind == 3:  # slower caches
        return 1.5 if copies and SMALL_BYTES < size <= LARGE_BYTES else 1.0
    if kind == 4:  # dearer calls, slower copies
        return 1.15 if size <= SMALL_BYTES else 1.6 if copies else 1.0
    return 1.0


def _template(path: Path, known: dict[str, int]) -> Template:
    content = json.loads(path.read_text())
    rounds, cells, facts = [], [], []
    for entry in content["benchmarks"]:
        info = entry["extra_info"]
        rounds.append(np.array(entry["stats"]["data"]))
        cells.append(known.setdefault(entry["name"], len(known)))
        facts.append({"bytes": info.get("source_bytes"), "copies": info.get("shares_memory") is False})
        entry["stats"]["data"] = _ROUNDS
    content["machine_info"]["node"] = content["machine_info"]["copycost"]["machine"] = _MACHINE
    content["copycost"]["run"] = _RUN
    # What has a gap stands first, so that only the first piece is searched for names.
    content = {"machine_info": content.pop("machine_info"), "copycost": content.pop("copycost"), **content}
    text = json.dumps(content, separators=(",", ":"))
    return Template(path.name, tuple(text.split(json.dumps(_ROUNDS))), tuple(rounds), tuple(cells), tuple(facts))


def _write(path: Path, text: str) -> int:
    return path.write_bytes(text.encode())
