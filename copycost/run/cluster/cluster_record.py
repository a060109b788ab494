"""The record of a cluster's run, cluster.json: which hosts, how far each came, and where its results landed."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from copycost.errors import UsageError, nearest
from copycost.run.privacy import file_told
from copycost.run.record import remove_leftovers
from copycost.store.json_file import LARGEST_BYTES, read_json
from copycost.store.names import fitting_name
from copycost.store.record import RECORD, read_record
from copycost.store.writing import write_bytes, write_json

SCHEMA = 2
FILE = "cluster.json"

_LONGEST_NAME = 90
_LANDING = ".landing-"
_SENT = re.compile(r"process-\d{1,9}\.json|run\.json")

#: Options that say where the run is or how it is shown, and not what it is.
_ELSEWHERE = {"cluster", "pool", "wait", "out", "plots", "resume", "name", "conversions"}

_IN_RECORD = {
    "conversion": "conversions",
    "dtype": "dtypes",
    "size": "sizes",
    "cache": "caches",
    "layout": "layouts",
    "layouts": "address_layouts",
    "arm": "arms",
}


@dataclass
class HostEntry:
    """One host in the record.

    ``status`` is waiting, complete, incomplete (the run on the host ended early; its processes are kept), lost
    (nothing came back), refused or interrupted. ``mark`` tells hosts of one machine id apart; names and addresses are
    kept only when asked for.
    """

    number: int = 0
    machine: str | None = None
    mark: str = ""
    status: str = "waiting"
    folder: str | None = None
    reason: str | None = None
    processes: int = 0
    workers: int = 0
    other_tasks: int = 0
    node: str | None = None
    address: str | None = None


@dataclass
class ClusterRecord:
    """The record of all hosts; written whenever one's status changes, whole or not at all.

    Args:
        folder: the run's.
        asked: what `settle` takes on a host. Arms that name paths are not written, and stand in the file as null.
        conversions: the user's file's name and digest.
        met: numbers of the hosts that were met by this command, others being of the run that goes on.
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
        content = read_json(folder / FILE)
        try:
            assert isinstance(content, dict) and content["schema"] == SCHEMA
            hosts = [HostEntry(**host) for host in content["hosts"]]
            assert all(host.folder is None or host.folder == fitting_name(host.folder) for host in hosts)
            own = (dict(content["asked"]), content["conversions"], str(content["created"]), str(content["status"]))
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            raise UsageError(f"{folder / FILE}: not a record of a cluster's run that this version reads") from error
        return cls(folder, *own, hosts)

    @property
    def with_hostname(self) -> bool:
        """Return whether names, addresses and paths may be kept."""
        return bool(self.asked.get("with_hostname"))

    def write(self) -> None:
        """Write the record to its file."""
        paths = any(re.search(r"[/\\]", arm) for arm in self.asked.get("arms") or ()) and not self.with_hostname
        content = {
            "schema": SCHEMA,
            "name": self.folder.name,
            "created": self.created,
            "status": self.status,
            "asked": {**self.asked, "arms": None} if paths else self.asked,
            "conversions": self.conversions,
            "hosts": [asdict(host) for host in self.hosts],
        }
        write_json(self.folder / FILE, content)

    def entry(self, mark: str, machine: str | None) -> HostEntry:
        """Return a host's entry, new or of the run that goes on.

        There a host is known by its mark or, where it was started anew since, by a machine id that no other shares.
        """
        entry = next((entry for entry in self.hosts if entry.mark == mark), None)
        if entry is None and machine is not None:
            same = [entry for entry in self.hosts if entry.machine == machine]
            entry = same[0] if len(same) == 1 and same[0].number not in self.met else None
        if entry is None:
            entry = HostEntry(len(self.hosts) + 1)
            self.hosts.append(entry)
        entry.mark, entry.machine = mark, machine
        self.met.add(entry.number)
        return entry

    def name_folder(self, entry: HostEntry) -> str:
        """Return the name of the folder for a host's results, given now: its machine's, made unique."""
        if entry.folder is None:
            taken = {other.folder for other in self.hosts}
            name = fitting_name((entry.machine or "")[:_LONGEST_NAME]) or "unknown"
            names = [name, *(f"{name}-{number}" for number in range(2, len(self.hosts) + 2))]
            entry.folder = next(name for name in names if name not in taken)
        return entry.folder

    def land(self, entry: HostEntry, sent: object) -> dict[str, Any]:
        """Keep what a host sent as an ordinary run folder, whole or not at all, and return its record.

        An incomplete run of the same host, which an earlier command has left, gives way.

        Raises:
            UsageError: what was sent is no run, is too large, or a name in it is not one of a run's files.
        """
        if not isinstance(sent, Mapping) or not all(isinstance(content, bytes) for content in sent.values()):
            raise UsageError("what it sent is no run")
        if sum(map(len, sent.values())) > LARGEST_BYTES:
            raise UsageError(f"it sent more than the {LARGEST_BYTES // 1024**2} MiB that are taken from a host")
        for name in sent:
            if not _SENT.fullmatch(str(name)):
                raise UsageError(f"it sent a file that is not a run's: {str(name)[:100]!r}")
        name = self.name_folder(entry)
        with tempfile.TemporaryDirectory(prefix=_LANDING, dir=self.folder) as scratch:
            landing = Path(scratch) / name
            landing.mkdir()
            for file, content in sent.items():
                write_bytes(landing / file, content)
            record = read_record(landing)
            beside = {"workers": entry.workers, "other_tasks": entry.other_tasks}
            write_json(landing / RECORD, {**json.loads(sent[RECORD]), "cluster": beside})
            if (self.folder / name).exists():
                os.replace(self.folder / name, Path(scratch) / "before")
            os.replace(landing, self.folder / name)
        entry.processes = len(sent) - 1
        return record


def clear(folder: Path) -> None:
    """Remove what a command that was killed has left unfinished in a cluster's run."""
    remove_leftovers(folder)
    for landing in folder.glob(f"{_LANDING}*"):
        shutil.rmtree(landing, ignore_errors=True)


def resumed(run: str, out: Path, given: Mapping[str, Any]) -> ClusterRecord:
    """Return the record of a cluster's run that is to go on.

    Args:
        run: its folder or its name; nothing means the latest that is not complete.
        out: the folder that holds the runs.
        given: options that were typed beside ``--resume``, by name and as typed.

    Raises:
        UsageError: there is no such run, it is complete, an option says otherwise than its record, or something that
            the record only recognises has to be given again.
    """
    record = ClusterRecord.read(_folder_of(run, out)) if run else _latest_unfinished(out)
    if record.status == "complete":
        raise UsageError(f"{record.folder}: this run is complete, there is nothing to resume")
    for option, typed in given.items():
        name = _IN_RECORD.get(option, option)
        recorded, asked = record.asked.get(name), list(typed) if isinstance(typed, tuple) else typed
        arms_untold = name == "arms" and recorded is None
        if option not in _ELSEWHERE and not arms_untold and recorded != asked:
            raise UsageError(
                f"--{option.replace('_', '-')} {_shown(asked)} contradicts the run {record.folder.name}, "
                f"which has {_shown(recorded)}"
            )
    _check_conversions(record, given.get("conversions"))
    if record.asked["arms"] is None:
        if not given.get("arm"):
            raise UsageError(
                f"{record.folder}: an arm has a path, which the record does not keep: give every --arm again"
            )
        record.asked["arms"] = list(given["arm"])
    return record


def _folder_of(run: str, out: Path) -> Path:
    for folder in (out / run, Path(run)):
        if (folder / FILE).is_file():
            return folder
    names = [path.parent.name for path in sorted(out.glob(f"*/{FILE}"))]
    hint = nearest(run, names) if names else f"{out} holds none"
    raise UsageError(f"no cluster's run {run!r}: {hint}")


def _latest_unfinished(out: Path) -> ClusterRecord:
    records = []
    for path in out.glob(f"*/{FILE}"):
        try:
            records.append(ClusterRecord.read(path.parent))
        except UsageError:
            continue  # a damaged neighbour must not hide it
    unfinished = [record for record in records if record.status != "complete"]
    if not unfinished:
        raise UsageError(f"nothing to resume: {out} holds no cluster's run that is not complete")
    return max(unfinished, key=lambda record: record.created)


def _shown(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else "none" if value is None else str(value)


def _check_conversions(record: ClusterRecord, given: Path | None) -> None:
    if record.conversions is None:
        if given is not None:
            raise UsageError("--conversions contradicts the run, which has no conversions of a user's own")
        return
    if given is None:
        name = record.conversions["name"]
        raise UsageError(f"this run measures conversions of {name}: --conversions has to name the file again")
    try:
        told = file_told(str(given))
    except OSError as error:
        raise UsageError(f"conversions file {str(given)!r}: {error.strerror}") from error
    if told["sha256"] != record.conversions["sha256"]:
        raise UsageError(f"--conversions {given} is not the file that the run was begun with: its content differs")
