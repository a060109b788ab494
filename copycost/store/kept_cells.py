"""A run's estimates, kept beside it as Parquet, with the content hash of what they were made from.

A run folder has a folder ``.copycost`` with two files: ``cells.parquet``, the cells, and ``cells.json``, which says
what they were made from (name, length and SHA-256 of each file), by which estimator, and the SHA-256 of the
Parquet file itself. Kept cells are used only where all of that holds. A source whose length, time of modification and
time of change are those that were noted is not read again; any other is hashed, and its content decides. Times
are noted only for a file that has rested for two seconds, because a file system's clock may not tell two writes
within one tick apart.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from copycost.regular import bytes_of, open_regular
from copycost.store.cell_table import from_parquet, to_parquet
from copycost.store.labels import Test
from copycost.store.record import RECORD
from copycost.store.writing import CannotWrite, write_bytes

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = ".copycost"
_CELLS = "cells.parquet"
_NOTE = "cells.json"
_RESTED = 2_000_000_000  # nanoseconds


@dataclass(frozen=True)
class Source:
    """A file as it was when it was hashed; the times are None where they cannot be relied on."""

    file: str
    bytes: int
    modified: int | None
    changed: int | None
    sha256: str


@dataclass(frozen=True)
class KeptCells:
    """A run's cells, references among them, its record without what grows with the grid, and, by their names in the
    cells, what other suites call their tests."""

    table: pa.Table
    record: Mapping[str, Any]
    tests: Mapping[str, Test] = field(default_factory=dict)


def _source_files(run: Path) -> list[Path]:
    """Return the files that a run folder's estimates are made from."""
    record = run / RECORD
    return [*([record] if record.is_file() else []), *sorted(run.glob("process-*.json"))]


def look(run: Path) -> list[Source]:
    """Return a run folder's sources as they are now.

    Raises:
        OSError: one of them cannot be read.
    """
    return [_looked_at(path) for path in _source_files(run)]


def read_kept(run: Path, estimator: str) -> KeptCells | None:
    """Return what is kept of a run folder, or None where nothing is, or it is stale or damaged.

    Args:
        run: the run folder.
        estimator: what identifies the way from process files to cells; it must be what it was.
    """
    folder = run / FOLDER
    if folder.is_symlink():
        return None
    try:
        note = json.loads(bytes_of(folder / _NOTE))
        if note["estimator"] != estimator:
            return None
        noted = [Source(**source) for source in note["sources"]]
        now = _unchanged(run, noted)
        if now is None:
            return None
        data = bytes_of(folder / _CELLS)
        if hashlib.sha256(data).hexdigest() != note["sha256"]:
            return None
        tests = {label: Test(name, fullname) for label, name, fullname in note["tests"]}
        kept = KeptCells(from_parquet(data), dict(note["record"]), tests)
    except (OSError, ValueError, TypeError, KeyError, RecursionError, ImportError):
        return None  # without pyarrow too: what is kept is of no use then
    if now != noted:
        with contextlib.suppress(CannotWrite):
            _write_note(folder, note, now)
    return kept


def keep(run: Path, estimator: str, cells: KeptCells, sources: Sequence[Source]) -> None:
    """Keep a run folder's cells, where it can be written and its sources have not changed since.

    Where the folder for them is a link nothing is kept: a stranger's run could have it lead anywhere.

    Args:
        run: the run folder.
        estimator: as for `read_kept`.
        cells: what to keep.
        sources: what `look` returned before the files were read.
    """
    folder = run / FOLDER
    if folder.is_symlink():
        return
    data = to_parquet(cells.table)
    with contextlib.suppress(OSError, CannotWrite):
        now = _unchanged(run, sources)
        if now is None:
            return
        folder.mkdir(exist_ok=True)
        if not (folder / ".gitignore").exists():
            write_bytes(folder / ".gitignore", b"*\n", durable=False)
        # Nothing is made to reach the disk first: what a crash leaves of the cells fails its hash and is made anew.
        write_bytes(folder / _CELLS, data, durable=False)
        note = {
            "estimator": estimator,
            "sha256": hashlib.sha256(data).hexdigest(),
            "record": dict(cells.record),
            "tests": [(label, test.name, test.fullname) for label, test in cells.tests.items()],
        }
        _write_note(folder, note, now)


def _unchanged(run: Path, noted: Sequence[Source]) -> list[Source] | None:
    """Return a run's sources as they are now, or None where their content is not what was noted."""
    files = _source_files(run)
    if [path.name for path in files] != [source.file for source in noted]:
        return None
    now = []
    for path, source in zip(files, noted, strict=True):
        facts = path.stat()
        if facts.st_size != source.bytes:
            return None
        if (facts.st_mtime_ns, facts.st_ctime_ns) != (source.modified, source.changed):
            content = source.sha256
            source = _looked_at(path)
            if source.sha256 != content:
                return None
        now.append(source)
    return now


def _looked_at(path: Path) -> Source:
    with open_regular(path) as file:
        facts = os.fstat(file.fileno())
        start = time.time_ns()
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    rested = max(facts.st_mtime_ns, facts.st_ctime_ns) < start - _RESTED
    modified, changed = (facts.st_mtime_ns, facts.st_ctime_ns) if rested else (None, None)
    return Source(path.name, facts.st_size, modified, changed, digest)


def _write_note(folder: Path, note: Mapping[str, Any], sources: Sequence[Source]) -> None:
    content = {**note, "sources": [vars(source) for source in sources]}
    write_bytes(folder / _NOTE, json.dumps(content, separators=(",", ":")).encode(), durable=False)
