"""Resuming a cluster's run: its record, read again; what contradicts it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from copycost.errors import UsageError, nearest
from copycost.run.cluster.cluster_record import FILE, ClusterRecord
from copycost.run.privacy import file_told

#: What says where the run is or how it is shown, and not what it is.
_ELSEWHERE = {"cluster", "pool", "wait", "out", "plots", "resume", "name", "conversions"}

_IN_RECORD = {
    "conversion": "conversions",
    "dtype": "dtypes",
    "size": "sizes",
    "cache": "caches",
    "layout": "layouts",
    "arm": "arms",
}


def record_of(run: str, out: Path, given: Mapping[str, Any]) -> ClusterRecord:
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
        _check(record, option, typed)
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
    names = [folder.name for folder in _trees(out)]
    hint = nearest(run, names) if names else f"{out} holds none"
    raise UsageError(f"no cluster's run {run!r}: {hint}")


def _latest_unfinished(out: Path) -> ClusterRecord:
    records = []
    for folder in _trees(out):
        try:
            records.append(ClusterRecord.read(folder))
        except UsageError:
            continue  # a damaged neighbour must not hide it
    unfinished = [record for record in records if record.status != "complete"]
    if not unfinished:
        raise UsageError(f"nothing to resume: {out} holds no cluster's run that is not complete")
    return max(unfinished, key=lambda record: record.created)


def _trees(out: Path) -> list[Path]:
    return sorted(path.parent for path in out.glob(f"*/{FILE}"))


def _check(record: ClusterRecord, option: str, typed: Any) -> None:
    name = _IN_RECORD.get(option, option)
    arms_untold = name == "arms" and record.asked.get(name) is None
    if option in _ELSEWHERE or arms_untold:
        return
    recorded, asked = record.asked.get(name), list(typed) if isinstance(typed, tuple) else typed
    if recorded != asked:
        raise UsageError(
            f"--{option.replace('_', '-')} {_shown(asked)} contradicts the run {record.folder.name}, "
            f"which has {_shown(recorded)}"
        )


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
