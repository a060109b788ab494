"""Results behind an address (s3://…, gs://…, memory://…), fetched through fsspec into the user's caches."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from copycost.errors import UsageError
from copycost.store.json_file import LARGEST_BYTES, read_json
from copycost.store.names import require_safe
from copycost.store.reports import SUFFIXES
from copycost.store.writing import write_bytes, write_json
from copycost.temporary import require_temporary

MOST_FILES = 200_000
"""Files below one address that are looked at."""
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_VERSIONS = ".versions.json"
_TELL_NO_VERSION = {"name", "size", "type"}


def is_address(text: str) -> bool:
    """Return whether a word is an address and not a path."""
    return _ADDRESS.match(text) is not None


def fetched(address: str) -> Path:
    """Return a local folder, or file, with the results that are behind an address now.

    Each address has a folder of its own among the user's caches, so that the estimates kept beside a run stay there.
    Only results files are fetched, and only those whose facts in the store's listing have changed, as fsspec's own
    file caches do; files that the store has no longer are removed.

    Raises:
        UsageError: fsspec or the store's own package is missing, the store refuses, there are no results, a name
            cannot be written safely, a file is too large, or the disk has no room.
    """
    address = address.rstrip("/") if address.count("/") > 2 else address
    store, root = _opened(address)
    last_name = _last_name(root)
    results = _results(address, store, root)
    files = {f"{last_name}/{name}" if name else last_name: info for name, info in results.items()}
    require_safe(list(files), address)
    home = caches() / "copycost" / "fetched" / hashlib.sha256(address.encode()).hexdigest()[:16]
    _fetch(address, store, files, home)
    for path in home.rglob("*"):
        name = path.relative_to(home).as_posix()
        if path.is_file() and name not in files and not _is_hidden(name):
            with contextlib.suppress(OSError):
                path.unlink()
    return home / last_name


def _last_name(root: str) -> str:
    """Return the name of what lies at an address's path; a host's own is none, and a query is no part of one."""
    host_and_path = root.partition("://")[2]
    if host_and_path:
        root = host_and_path.partition("?")[0].partition("/")[2]
    return PurePosixPath(root).name or "results"


def caches() -> Path:
    """Return the folder for caches of the user's programs, as each system has it.

    A user whose own folder is not known or cannot be written, as in containers, has one that is gone with this process.
    """
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"])
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"])
    home = Path(os.path.expanduser("~"))
    folder = home / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    with contextlib.suppress(OSError):
        if home.is_absolute():
            folder.mkdir(parents=True, exist_ok=True)
    return folder if home.is_absolute() and os.access(folder, os.W_OK) else _passing_folder()


@cache
def _passing_folder() -> Path:
    """Return a temporary folder that this process removes when it ends."""
    require_temporary()
    folder = tempfile.mkdtemp(prefix="copycost-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _opened(address: str) -> tuple[Any, str]:
    """Return the file system of fsspec's that an address is in, and the address's path there."""
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise UsageError(f"{address} needs fsspec: pip install fsspec s3fs") from error
    with _in_one_line(address, "cannot be opened"):
        try:
            store, root = url_to_fs(address)
        except ImportError as error:
            reason = str(error).splitlines()[0] if str(error) else "a package is missing"
            extra = ": pip install s3fs" if address.startswith("s3") else ""
            raise UsageError(f"{address}: {reason}{extra}") from error
        except ValueError as error:
            raise UsageError(f"{address}: not an address that can be read ({error})") from error
        # A listing that this process made a while ago may be out of date.
        store.invalidate_cache()
    return store, str(root).rstrip("/")


def _results(address: str, store: Any, root: str) -> dict[str, dict[str, Any]]:
    """Return the results files below an address by their paths there, "" for the address's own file."""
    with _in_one_line(address, "cannot be listed"):
        try:
            listed = store.find(root, detail=True)
        except FileNotFoundError:
            listed = {}
        if not listed:
            _require_reached(store, root)
    if len(listed) > MOST_FILES:
        raise UsageError(f"{address}: {len(listed)} files, more than the {MOST_FILES} that are looked at")
    files = {
        path.removeprefix(root).removeprefix("/"): {**info, "name": path}
        for path, info in listed.items()
        # Web consoles make an empty object named "results/" for a folder.
        if info.get("type", "file") == "file" and not path.endswith("/")
    }
    if len(files) > 1:  # an object of the address's own name lies beside the files below the address
        files.pop("", None)
    if not files:
        raise UsageError(f"{address}: holds no files")
    results = {name: info for name, info in files.items() if not name or _is_result(name)}
    if not results:
        raise UsageError(f"{address}: holds no results (no JSON files)")
    return results


def _require_reached(store: Any, root: str) -> None:
    """Raise why a store was not reached: some say of that only that nothing is there."""
    try:
        store.info(root)
    except FileNotFoundError as error:
        reason = error.__cause__
        if isinstance(reason, OSError) and not isinstance(reason, FileNotFoundError):
            raise reason from None


def _is_result(name: str) -> bool:
    """Return whether a file below an address may be results: estimates kept in `.copycost`, and whatever else lies in
    hidden folders, is never taken from a store."""
    return name.endswith(SUFFIXES) and not _is_hidden(name)


def _is_hidden(name: str) -> bool:
    # "." and ".." are no hidden names; `require_safe` refuses them.
    return any(part.startswith(".") and part not in (".", "..") for part in name.split("/"))


def _fetch(address: str, store: Any, files: Mapping[str, Mapping[str, Any]], home: Path) -> None:
    """Fetch the files that have changed, and note their versions; where it is cut off, those that it came to."""
    versions = _noted_versions(home)
    changed = {
        name: info
        for name, info in files.items()
        if (version := _version(info)) is None or versions.get(name) != version or not (home / name).is_file()
    }
    _require_room(home, sum(int(info.get("size") or 0) for info in changed.values()))
    try:
        for name, info in sorted(changed.items()):
            versions.pop(name, None)
            data = _content(address, store, info)
            try:
                (home / name).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UsageError(f"{(home / name).parent}: cannot be written ({error.strerror})") from error
            write_bytes(home / name, data)
            versions[name] = _version(info)
    finally:
        if changed and home.is_dir():
            write_json(home / _VERSIONS, {name: version for name, version in versions.items() if name in files})


def _version(info: Mapping[str, Any]) -> str | None:
    """Return a digest of all that a store's listing tells of a file (checksum, times …), None where that is nothing."""
    if not info.keys() - _TELL_NO_VERSION:
        return None
    return hashlib.sha256(repr(sorted((str(key), str(value)) for key, value in info.items())).encode()).hexdigest()


def _noted_versions(home: Path) -> dict[str, Any]:
    try:
        versions = read_json(home / _VERSIONS)
    except UsageError:  # the first time, or a note that was damaged
        return {}
    return versions if isinstance(versions, dict) else {}


def _content(address: str, store: Any, info: Mapping[str, Any]) -> bytes:
    where = f"{address}: {info['name']}"
    # Servers of web pages may tell no size, or 0 where they do not know it.
    size = info.get("size") or None
    most = LARGEST_BYTES if size is None else int(size)
    if most > LARGEST_BYTES:
        raise UsageError(f"{where}: larger than the {LARGEST_BYTES // 1024**2} MiB that are read")
    with _in_one_line(address, "cannot be read"), store.open(info["name"], "rb") as source:
        # One byte more than was told shows that the file has grown. A stream gives what has come so far.
        pieces, left = [], most + 1
        while left > 0 and (piece := source.read(left)):
            pieces.append(piece)
            left -= len(piece)
        data = b"".join(pieces)
    if size is None and len(data) > most:
        raise UsageError(f"{where}: larger than the {LARGEST_BYTES // 1024**2} MiB that are read")
    if size is not None and len(data) != most:
        raise UsageError(f"{where}: was {most} bytes long and is not any more")
    return data


def _require_room(folder: Path, needed: int) -> None:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UsageError(f"{folder}: {needed / 1e9:.1f} GB are to come and {free / 1e9:.1f} GB are free")


@contextlib.contextmanager
def _in_one_line(address: str, what: str) -> Iterator[None]:
    try:
        yield
    except UsageError:
        raise
    except Exception as error:
        # Every store has errors of its own, and none of them is this program's fault.
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UsageError(f"{address}: {what} ({reason[:200]})") from error
