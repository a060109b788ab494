"""Runs pushed to an address and pulled from one: whole files, each seen to have arrived, none overwritten."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from copycost.errors import UsageError
from copycost.store.remote import Remote, RemoteFile, local_file
from copycost.store.run_folder import RECORD
from copycost.store.tree import CLUSTER, RunPlace
from copycost.store.writing import write_bytes

DEEPEST = 12
_PART = re.compile(r"[^\x00-\x1f\x7f/\\:*?\"<>|]{1,200}")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
"""Names that mean something else to some operating system."""


@dataclass
class Moved:
    """What a transfer did: files and bytes that went, files that were there and equal, and other files left alone."""

    files: int = 0
    bytes: int = 0
    equal: int = 0
    others: int = 0
    names: list[str] = field(default_factory=list)

    def told(self, verb: str) -> str:
        """Return it as a sentence."""
        parts = [f"{self.files} files {verb} ({self.bytes / 1e6:.1f} MB)"]
        if self.equal:
            parts.append(f"{self.equal} were there")
        if self.others:
            parts.append(f"{self.others} that are no results left alone")
        return ", ".join(parts)


def push(
    found: Sequence[RunPlace],
    address: str,
    *,
    replace: bool = False,
    tell: Callable[[str], None] = lambda name: None,
) -> Moved:
    """Write runs below an address, each under its name; what is there and equal is not written again.

    A run's record goes last: until then, what is there is not taken for a run.

    Args:
        found: run folders and single files.
        address: such as ``s3://bucket/results``.
        replace: overwrite files that differ.
        tell: called with the name of each file that goes.

    Raises:
        UsageError: the store refuses, or holds another file of the same name.
    """
    remote = Remote(address)
    moved = Moved()
    for place in found:
        for name, path in _files(place):
            data = local_file(path)
            there = remote.look(name)
            if there is not None and remote.holds(there, data):
                moved.equal += 1
                continue
            if there is not None and not replace:
                raise UsageError(f"{remote.address}/{name}: is there and differs from {path}; --replace overwrites it")
            tell(name)
            remote.write(name, data)
            moved.files += 1
            moved.bytes += len(data)
    return moved


def pull(
    address: str,
    results: Path,
    *,
    replace: bool = False,
    apart: bool = False,
    tell: Callable[[str], None] = lambda name: None,
) -> Moved:
    """Write the results below an address into a folder; what is there and equal is not fetched again.

    Only JSON files are fetched, and only names that stay within the folder on every operating system. The address
    of one run gives a folder of that name.

    Args:
        address: such as ``s3://bucket/results`` or ``s3://bucket/results/run``.
        results: the folder.
        replace: overwrite files that differ.
        apart: give all runs below the address a folder of their own too, of the address's last name.
        tell: called with the name of each file that comes.

    Raises:
        UsageError: the store refuses, a name is not to be trusted, the folder holds another file of that name, or
            there is no room.
    """
    remote = Remote(address)
    listed = remote.list()
    wanted = [file for file in listed if _is_result(file.name)]
    if not wanted:
        raise UsageError(f"{remote.address}: holds no results (no JSON files)")
    prefix = _prefix(remote, wanted, apart)
    targets = _targets([f"{prefix}{file.name}" for file in wanted], remote.address)
    _require_room(results, sum(file.bytes for file in wanted))
    moved = Moved(others=len(listed) - len(wanted), names=targets)
    for file, name in sorted(zip(wanted, targets, strict=True), key=lambda pair: (_is_record(pair[1]), pair[1])):
        _fetch(remote, file, results, name, replace, tell, moved)
    return moved


def _fetch(
    remote: Remote,
    file: RemoteFile,
    results: Path,
    name: str,
    replace: bool,
    tell: Callable[[str], None],
    moved: Moved,
) -> None:
    path = results / name
    _within(path, results)
    if path.exists():
        if path.is_file() and remote.holds(file, local_file(path)):
            moved.equal += 1
            return
        if not replace or not path.is_file():
            raise UsageError(f"{path}: is there and differs from {remote.address}; --replace overwrites it")
    tell(name)
    data = remote.read(file)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path.parent}: cannot be written ({error.strerror})") from error
    write_bytes(path, data)
    moved.files += 1
    moved.bytes += len(data)


def _files(place: RunPlace) -> list[tuple[str, Path]]:
    """Return a run's files with their names below an address, its record last."""
    if place.path.is_file():
        return [(f"{place.name}{place.path.suffix}", place.path)]
    own = sorted(path for path in place.path.glob("*.json") if path.is_file() and not path.name.startswith("."))
    own.sort(key=lambda path: path.name == RECORD)
    return [(f"{place.name}/{path.name}", path) for path in own]


def _require_room(folder: Path, needed: int) -> None:
    """Refuse what would fill the disk.

    Raises:
        UsageError: there is less room than that, files that are there already counted twice.
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UsageError(f"{folder}: {needed / 1e9:.1f} GB are to come and {free / 1e9:.1f} GB are free")


def _prefix(remote: Remote, files: Sequence[RemoteFile], apart: bool) -> str:
    """Return what stands before the names: the run's own where the address is that of a run or of one file."""
    last = PurePosixPath(remote.root).name or "results"
    if len(files) == 1 and not files[0].name:
        return last
    of_run = any(file.name in (RECORD, CLUSTER) or file.name.startswith("process-") for file in files)
    return f"{last}/" if of_run or apart else ""


def _targets(names: Sequence[str], address: str) -> list[str]:
    """Return names as they are, after a look at each.

    Raises:
        UsageError: one leads elsewhere, or two are one on some operating system.
    """
    seen: dict[str, str] = {}
    for name in names:
        parts = name.split("/")
        if len(parts) > DEEPEST or not all(_is_safe(part) for part in parts):
            raise UsageError(f"{address}: the name {name!r} is not one that can be written safely")
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise UsageError(f"{address}: {other!r} and {name!r} are one file where case does not count")
    return list(names)


def _is_safe(part: str) -> bool:
    if not _PART.fullmatch(part) or _RESERVED.fullmatch(part):
        return False
    return not part.startswith((".", "-", " ", "~")) and not part.endswith((".", " "))


def _within(path: Path, results: Path) -> None:
    """Refuse a path that a link in the folder leads out of it.

    Raises:
        UsageError: it does.
    """
    if not path.resolve().is_relative_to(results.resolve()):
        raise UsageError(f"{path}: leads out of {results}")


def _is_result(name: str) -> bool:
    parts = name.split("/")
    # A folder of ours for what can be made again, and what others hide, is not results.
    hidden = any(part.startswith(".") and part not in (".", "..") for part in parts)
    return (name.endswith(".json") or not name) and not hidden


def _is_record(name: str) -> bool:
    return name.rpartition("/")[2] == RECORD
