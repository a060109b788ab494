"""Addresses beyond this machine's folders (s3://…, gs://…, memory://…) and the files below them, through fsspec."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copycost.errors import UsageError
from copycost.store.json_file import LARGEST_BYTES

MOST_FILES = 200_000
"""Files below one address that are looked at."""
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory"}
"""Protocols that show a file when all of it is there; to others a file goes under another name first."""
_BLOCK = 4 * 1024**2


@dataclass(frozen=True)
class RemoteFile:
    """A file below an address: its path there with slashes, its length, and what the store tells of it."""

    name: str
    bytes: int
    info: Mapping[str, Any]


class Remote:
    """A folder behind an address."""

    def __init__(self, address: str) -> None:
        """Open it.

        Raises:
            UsageError: it is no address, fsspec or the protocol's own package is missing, or the store refuses.
        """
        self.address = address.rstrip("/") if address.count("/") > 2 else address
        try:
            from fsspec.core import url_to_fs
        except ImportError as error:
            raise UsageError(f"{address} needs fsspec: pip install 'copycost[remote]'") from error
        with self._told("cannot be opened"):
            try:
                self.files, self.root = url_to_fs(address)
            except ImportError as error:
                reason = str(error).splitlines()[0] if str(error) else "a package is missing"
                ours = ": pip install 'copycost[remote]'" if address.startswith("s3") else ""
                raise UsageError(f"{address}: {reason}{ours}") from error
            except ValueError as error:
                raise UsageError(f"{address}: not an address that can be read ({error})") from error
            # What was listed a while ago by this process is of no use.
            self.files.invalidate_cache()
        self.root = str(self.root).rstrip("/")
        protocol = self.files.protocol
        names = {protocol} if isinstance(protocol, str) else set(protocol)
        self.appears_whole = bool(names & _OBJECT_STORES)

    def list(self) -> Sequence[RemoteFile]:
        """Return all files below the address, or the one that it is of, by name.

        Raises:
            UsageError: there is nothing, there are too many, or the store refuses.
        """
        files = self.below("")
        if not files:
            raise UsageError(f"{self.address}: holds no files")
        return files

    def below(self, folder: str) -> Sequence[RemoteFile]:
        """Return all files below a folder of the address, "" for the address itself, by name; none where it has none.

        Raises:
            UsageError: there are too many, or the store refuses.
        """
        with self._told("cannot be listed"):
            try:
                found = self.files.find(self._path(folder), detail=True)
            except FileNotFoundError:
                found = {}
        if len(found) > MOST_FILES:
            raise UsageError(f"{self.address}: {len(found)} files, more than the {MOST_FILES} that are looked at")
        files = [
            RemoteFile(self._below(path), int(info.get("size") or 0), info)
            for path, info in found.items()
            # Web consoles make an empty object named "results/" for a folder.
            if info.get("type", "file") == "file" and not path.endswith("/")
        ]
        if len(files) > 1:  # an object of the address's own name lies beside what is below it
            files = [file for file in files if file.name]
        return sorted(files, key=lambda file: file.name)

    def look(self, name: str) -> RemoteFile | None:
        """Return one file, None where there is none.

        Raises:
            UsageError: the store refuses.
        """
        with self._told("cannot be read"):
            try:
                info = self.files.info(f"{self.root}/{name}")
            except FileNotFoundError:
                return None
        return RemoteFile(name, int(info.get("size") or 0), info)

    def read(self, file: RemoteFile) -> bytes:
        """Return a file's content.

        Raises:
            UsageError: it is larger than results are, cannot be read, or is not as long as was told.
        """
        if file.bytes > LARGEST_BYTES:
            raise UsageError(
                f"{self.address}/{file.name}: larger than the {LARGEST_BYTES // 1024**2} MiB that are read"
            )
        with self._told("cannot be read"), self.files.open(self._path(file.name), "rb") as source:
            # One byte more than was told shows that it has grown.
            data: bytes = source.read(file.bytes + 1)
        if len(data) != file.bytes:
            raise UsageError(f"{self.address}/{file.name}: was {file.bytes} bytes long and is not any more")
        if differs(file, data):
            raise UsageError(f"{self.address}/{file.name}: is not what its store has a checksum of")
        return data

    def write(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all, and see that it has arrived.

        Raises:
            UsageError: the store refuses, or what it has now is something else.
        """
        path = self._path(name)
        with self._told("cannot be written"):
            if self.appears_whole:
                self.files.pipe_file(path, data)
            else:
                self._write_aside(path, data)
            self.files.invalidate_cache()
        written = self.look(name)
        if written is None or not self.holds(written, data):
            raise UsageError(f"{self.address}/{name}: does not hold what was written to it")

    def remove(self, name: str) -> None:
        """Remove a file, and see that it is gone.

        Raises:
            UsageError: the store refuses, or still has it.
        """
        with self._told("cannot be removed"):
            with contextlib.suppress(FileNotFoundError):
                self.files.rm_file(self._path(name))
            self.files.invalidate_cache()
        if self.look(name) is not None:
            raise UsageError(f"{self.address}/{name}: is there although it was removed")

    def holds(self, file: RemoteFile, data: bytes) -> bool:
        """Return whether a file's content is this, by the store's checksum or else by reading it.

        Raises:
            UsageError: it cannot be read.
        """
        if file.bytes != len(data):
            return False
        if _checksum(file) == _md5(data):
            return True
        with self._told("cannot be read"), self.files.open(self._path(file.name), "rb") as source:
            place = 0
            while block := source.read(_BLOCK):
                if data[place : place + len(block)] != block:
                    return False
                place += len(block)
        return place == len(data)

    def _write_aside(self, path: str, data: bytes) -> None:
        self.files.makedirs(path.rpartition("/")[0], exist_ok=True)
        aside = f"{path}.{secrets.token_hex(4)}.part"
        try:
            self.files.pipe_file(aside, data)
            self.files.mv(aside, path)
        except BaseException:
            with contextlib.suppress(Exception):
                self.files.rm_file(aside)
            raise

    def _path(self, name: str) -> str:
        return f"{self.root}/{name}" if name else self.root

    def _below(self, path: str) -> str:
        return path.removeprefix(self.root).removeprefix("/")

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except UsageError:
            raise
        except Exception as error:
            # Every store has errors of its own, and none of them is this program's fault.
            reason = " ".join(str(error).split()) or type(error).__name__
            raise UsageError(f"{self.address}: {what} ({reason[:200]})") from error


def is_address(text: str) -> bool:
    """Return whether a word is an address and not a path."""
    return _ADDRESS.match(text) is not None


def differs(file: RemoteFile, data: bytes) -> bool:
    """Return whether a checksum that is sure to be of the content shows that it is another than the store's."""
    told = file.info.get("md5Hash") or file.info.get("md5")
    return isinstance(told, str) and _checksum(file) not in (None, _md5(data))


def _checksum(file: RemoteFile) -> str | None:
    """Return the MD5 that a store tells of a file, None where it tells none.

    Amazon's is of the content only where it was sent in one piece and without a key: equal, it is enough; else it
    says nothing.
    """
    etag = file.info.get("ETag") or file.info.get("etag")
    if isinstance(etag, str) and re.fullmatch(r'"?[0-9a-fA-F]{32}"?', etag):
        return etag.strip('"').lower()
    told = file.info.get("md5Hash") or file.info.get("md5")
    if isinstance(told, str):
        with contextlib.suppress(binascii.Error, ValueError):
            return told.lower() if re.fullmatch(r"[0-9a-fA-F]{32}", told) else base64.b64decode(told).hex()
    return None


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def local_file(path: Path) -> bytes:
    """Return the content of one of a run's files.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
