"""A parcel: one file on its way between machines, with the hash that says it arrived whole."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

_LEVEL = 1  # half of the best level's work away from 5 times smaller, and it is done on a host that measures


class Damaged(Exception):
    """What arrived is not what was sent."""


@dataclass(frozen=True)
class Parcel:
    """A file's name, the SHA-256 of its content and the content, compressed."""

    name: str
    sha256: str
    data: bytes

    @classmethod
    def of(cls, path: Path, name: str | None = None) -> Parcel:
        """Pack a file, under its own name or another."""
        content = path.read_bytes()
        return cls(name or path.name, hashlib.sha256(content).hexdigest(), zlib.compress(content, _LEVEL))

    def content(self) -> bytes:
        """Return the file's content.

        Raises:
            Damaged: it is not what was packed.
        """
        try:
            content = zlib.decompress(self.data)
        except zlib.error as error:
            raise Damaged(f"{self.name}: {error}") from error
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise Damaged(f"{self.name}: the hash is another")
        return content

    def unpack(self, folder: Path) -> Path:
        """Write the file into a folder, which is made, and return its path."""
        path = folder / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.content())
        return path
