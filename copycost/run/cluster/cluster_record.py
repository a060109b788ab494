"""cluster.json: which hosts a run was to measure, how far each came, and where its results are."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from copycost.errors import UsageError
from copycost.run.cluster.hosts import Host
from copycost.store.json_file import read_json
from copycost.store.writing import write_json

SCHEMA = 1
FILE = "cluster.json"


@dataclass
class HostEntry:
    """One host in the record.

    ``status`` is waiting, measuring, complete, incomplete (some processes came back), lost (none did), refused or
    interrupted. ``mark`` tells hosts of one machine id apart; names and addresses are kept only when asked for.
    """

    number: int
    machine: str | None
    mark: str
    status: str = "waiting"
    folder: str | None = None
    reason: str | None = None
    attempts: int = 0
    processes: int = 0
    workers: int = 0
    resource: bool = False
    other_tasks: int = 0
    other_seconds: float = 0.0
    node: str | None = None
    address: str | None = None


@dataclass
class ClusterRecord:
    """The record of all hosts; written whenever one's status changes or results land, whole or not at all.

    Args:
        folder: the run's.
        asked: what `settle` takes on a host. Arms that name paths are not written, and stand in the file as null.
        conversions: the user's file's name and digest.
        met: numbers of the hosts that were met this time, others being of the run that goes on.
    """

    folder: Path
    asked: dict[str, Any]
    conversions: dict[str, str] | None = None
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    status: str = "running"
    hosts: list[HostEntry] = field(default_factory=list)
    met: set[int] = field(default_factory=set, compare=False)

    @classmethod
    def read(cls, folder: Path) -> ClusterRecord:
        """Read what `write` wrote.

        Raises:
            UsageError: it is missing or damaged.
        """
        path = folder / FILE
        content = read_json(path)
        try:
            assert isinstance(content, dict) and content["schema"] == SCHEMA
            hosts = [HostEntry(**host) for host in content["hosts"]]
            own = (dict(content["asked"]), content["conversions"], str(content["created"]), str(content["status"]))
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            raise UsageError(f"{path}: not a record of a cluster's run that this version reads") from error
        return cls(folder, *own, hosts)

    @property
    def has_processes(self) -> bool:
        """Return whether a process file of any host has landed; an entry's count may lag behind the disk."""
        return any(self.folder.glob("*/process-*.json"))

    def write(self) -> None:
        """Write the record to its file."""
        write_json(
            self.folder / FILE,
            {
                "schema": SCHEMA,
                "name": self.folder.name,
                "created": self.created,
                "status": self.status,
                "asked": self._told(),
                "conversions": self.conversions,
                "hosts": [asdict(host) for host in self.hosts],
            },
        )

    def _told(self) -> dict[str, Any]:
        named = any(re.search(r"[/\\]", arm) for arm in self.asked.get("arms") or ())
        return {**self.asked, "arms": None} if named and not self.asked.get("with_hostname") else self.asked

    def entry(self, host: Host, with_hostname: bool) -> HostEntry:
        """Return a host's entry: its own of an earlier attempt, or a new one."""
        found = self._known(host)
        if found is None:
            found = HostEntry(len(self.hosts) + 1, host.machine, host.mark)
            self.hosts.append(found)
        found.mark = host.mark
        found.machine = host.machine
        self.met.add(found.number)
        if with_hostname:
            found.node, found.address = host.facts.get("node"), host.address
        return found

    def folder_of(self, entry: HostEntry) -> Path:
        """Return where a host's results land; the machine's name is made unique where two hosts share it."""
        if entry.folder is None:
            taken = {other.folder for other in self.hosts}
            name = re.sub(r"[^\w.+-]+", "-", entry.machine or "unknown", flags=re.ASCII).strip("-.")[:90]
            names = [name, *(f"{name}-{number}" for number in range(2, len(self.hosts) + 2))]
            entry.folder = next(one for one in names if one not in taken)
        return self.folder / entry.folder

    def _known(self, host: Host) -> HostEntry | None:
        for entry in self.hosts:
            if entry.mark == host.mark:
                return entry
        # A host that was started anew has another mark, but is known by its machine id where nobody shares it.
        same = [entry for entry in self.hosts if entry.machine == host.machine and host.machine is not None]
        return same[0] if len(same) == 1 and same[0].number not in self.met else None
