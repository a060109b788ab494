"""Where a host's results land: an ordinary run folder that grows file by file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from copycost.run.cluster.errands import Collected
from copycost.run.cluster.parcel import Parcel
from copycost.store.record import RECORD
from copycost.store.writing import write_bytes, write_json


class Landing:
    """One host's folder on this machine; made when the first process file arrives."""

    def __init__(self, folder: Path) -> None:
        """Go on with what an earlier attempt has landed."""
        self.folder = folder
        self.have: set[str] = set()
        path = folder / RECORD
        if path.is_file():
            record = json.loads(path.read_text(encoding="utf-8"))
            self.have = {process["file"] for process in record["processes"] if (folder / process["file"]).is_file()}

    @property
    def complete(self) -> bool:
        """Return whether a complete run has landed, all its files and the record that says so."""
        path = self.folder / RECORD
        return path.is_file() and bool(json.loads(path.read_text(encoding="utf-8"))["status"] == "complete")

    def take(self, collected: Collected) -> bool:
        """Keep files that have arrived; return whether these were all that there are for now.

        Raises:
            Damaged: a file did not arrive whole; those before it are kept.
        """
        for parcel in collected.files:
            content = parcel.content()
            self.folder.mkdir(parents=True, exist_ok=True)
            write_bytes(self.folder / Path(parcel.name).name, content)
            self.have.add(parcel.name)
        if collected.record is not None and self.have:
            write_bytes(self.folder / RECORD, collected.record.content())
        return collected.record is not None or not collected.files

    def earlier(self) -> tuple[Parcel, ...]:
        """Return what has landed, packed, so that a host can go on from there."""
        if not self.have:
            return ()
        return tuple(Parcel.of(self.folder / name) for name in (RECORD, *sorted(self.have)))

    def close(self, status: str, reason: str | None, other: dict[str, Any]) -> None:
        """Say in the run's record how it ended and what else ran on the host meanwhile."""
        path = self.folder / RECORD
        if not path.is_file():
            return
        record = json.loads(path.read_text(encoding="utf-8"))
        record["status"] = status
        ending = {"cell": None, "error": reason}
        if reason is not None and ending not in record["failed"]:  # the host may have noted it, or an earlier attempt
            record["failed"].append(ending)
        record["cluster"] = other
        write_json(path, record)
