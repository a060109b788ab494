"""Runs pushed to an address and pulled from one: whole files, each seen to have arrived, none overwritten."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TypeVar

from copycost.errors import UsageError
from copycost.store.remote import Remote, RemoteFile, local_file
from copycost.store.run_folder import RECORD
from copycost.store.safe_names import require_safe
from copycost.store.tree import CLUSTER, RunPlace
from copycost.store.writing import write_bytes

_File = TypeVar("_File")


@dataclass
class Moved:
    """What a transfer did: files and bytes that went, files that were there and equal, process files of an earlier
    state of a run that were removed, and other files left alone."""

    files: int = 0
    bytes: int = 0
    equal: int = 0
    removed: int = 0
    others: int = 0
    names: list[str] = field(default_factory=list)

    def told(self, verb: str) -> str:
        """Return it as a sentence."""
        parts = [f"{self.files} files {verb} ({self.bytes / 1e6:.1f} MB)"]
        if self.equal:
            parts.append(f"{self.equal} were there")
        if self.removed:
            parts.append(f"{self.removed} of other processes removed")
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

    A run's record goes last: until then, what is there is not taken for a whole run.

    Args:
        found: run folders and single files.
        address: such as ``s3://bucket/results``.
        replace: overwrite files that differ, and remove process files that a run has not got.
        tell: called with the name of each file that goes.

    Raises:
        UsageError: the store refuses, or holds another file of the same name.
    """
    remote = Remote(address)
    moved = Moved()
    for place in found:
        _push_one(place, remote, replace, tell, moved)
    return moved


def _push_one(place: RunPlace, remote: Remote, replace: bool, tell: Callable[[str], None], moved: Moved) -> None:
    files = _files(place)
    to_send = {}
    for name, path in files.items():
        there = remote.look(name)
        if there is None or not remote.holds(there, local_file(path)):
            to_send[name] = path
            if there is not None and not replace:
                raise UsageError(f"{remote.address}/{name}: is there and differs from {path}; --replace overwrites it")
    if replace and place.path.is_dir():
        there_too = [file.name for file in remote.below(place.name)]
        moved.removed += _make_way(place.name, files, to_send, there_too, remote.remove)
    moved.equal += len(files) - len(to_send)
    for name, path in to_send.items():
        data = local_file(path)
        tell(name)
        remote.write(name, data)
        moved.files += 1
        moved.bytes += len(data)


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
        replace: overwrite files that differ, and remove process files that a run has not got.
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
    targets = [f"{prefix}{file.name}" for file in wanted]
    require_safe(targets, remote.address)
    _require_room(results, sum(file.bytes for file in wanted))
    moved = Moved(others=len(listed) - len(wanted), names=targets)
    folders: dict[str, dict[str, RemoteFile]] = {}
    for name, file in sorted(zip(targets, wanted, strict=True), key=lambda pair: (_is_record(pair[0]), pair[0])):
        folders.setdefault(name.rpartition("/")[0], {})[name] = file
    for folder, files in sorted(folders.items()):
        _pull_folder(folder, files, remote, results, replace, tell, moved)
    return moved


def _pull_folder(
    folder: str,
    files: Mapping[str, RemoteFile],
    remote: Remote,
    results: Path,
    replace: bool,
    tell: Callable[[str], None],
    moved: Moved,
) -> None:
    to_fetch = {}
    for name, file in files.items():
        path = results / name
        _within(path, results)
        if path.is_file() and remote.holds(file, local_file(path)):
            continue
        to_fetch[name] = file
        if path.exists() and not (replace and path.is_file()):
            raise UsageError(f"{path}: is there and differs from {remote.address}; --replace overwrites it")
    if replace and any(_is_record(name) or _is_process(name) for name in files):
        there = [f"{folder}/{path.name}" for path in (results / folder).glob("*.json")]
        moved.removed += _make_way(folder, files, to_fetch, there, lambda name: _remove(results / name))
    moved.equal += len(files) - len(to_fetch)
    for name, file in to_fetch.items():
        tell(name)
        data = remote.read(file)
        path = results / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{path.parent}: cannot be written ({error.strerror})") from error
        write_bytes(path, data)
        moved.files += 1
        moved.bytes += len(data)


def _make_way(
    run: str,
    files: Mapping[str, _File],
    moving: dict[str, _File],
    there: Collection[str],
    remove: Callable[[str], None],
) -> int:
    """Remove the process files that a run has where it goes and not where it comes from, and return how many.

    Where some are removed or moved its record is removed before all else, and goes again: while there are files of
    two states a cut-off must not be taken for a whole run.
    """
    record = f"{run}/{RECORD}"
    stale = sorted(name for name in there if _is_process(name) and name not in files)
    if record in there and (stale or any(name != record for name in moving)):
        remove(record)
        if record in files:
            moving[record] = moving.pop(record, files[record])
    for name in stale:
        remove(name)
    return len(stale)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{path}: cannot be removed ({error.strerror})") from error


def _files(place: RunPlace) -> dict[str, Path]:
    """Return a run's files by their names below an address, its record last."""
    if place.path.is_file():
        return {f"{place.name}{place.path.suffix}": place.path}
    own = sorted(path for path in place.path.glob("*.json") if path.is_file() and not path.name.startswith("."))
    own.sort(key=lambda path: path.name == RECORD)
    return {f"{place.name}/{path.name}": path for path in own}


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


def _is_process(name: str) -> bool:
    own = name.rpartition("/")[2]
    return own.startswith("process-") and own.endswith(".json")
