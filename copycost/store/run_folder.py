"""Run folders: finding one by what a person typed, and reading its run.json."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from copycost.errors import UsageError, nearest
from copycost.store.fact_kinds import known_record
from copycost.store.json_file import read_json
from copycost.store.remote import is_address

SCHEMA = 1
RECORD = "run.json"

# Types of the keys of run.json; a key that is absent gets an empty value of its type.
_TYPES: dict[str, type] = {
    "name": str,
    "created": str,
    "status": str,
    "plan": dict,
    "method": dict,
    "arms": list,
    "machine": dict,
    "skipped": list,
    "failed": list,
    "processes": list,
}


def find(run: str, results: Path) -> Path:
    """Return the folder (or single results file) that a person means by RUN.

    Args:
        run: a name under ``results``, the path of a folder or of a pytest-benchmark JSON file,
            ``latest``, or an address (``s3://…``), which is fetched first.
        results: the folder that holds the runs.

    Raises:
        UsageError: there is no such run; the message names the nearest. Or the system cannot look for it.
    """
    try:
        return _found(run, results)
    except OSError as error:  # such as a name longer than the system's can be
        raise UsageError(f"no run {run!r}: it cannot be looked for ({error.strerror})") from error


def _found(run: str, results: Path) -> Path:
    if is_address(run):
        from copycost.store.mirror import mirrored

        return mirrored(run)
    if run == "latest":
        return _latest(results)
    if run and Path(run).name == run and (results / run / RECORD).is_file():
        return results / run
    if run and Path(run).exists():
        return Path(run)
    if run and not Path(run).is_absolute() and ".." not in Path(run).parts and _holds_runs(results / run):
        return results / run
    names = [folder.name for folder in run_folders(results)]
    hint = nearest(run, [*names, "latest"]) if names else f"{results} holds no runs yet"
    raise UsageError(f"no run {run!r}: {hint}")


def _holds_runs(folder: Path) -> bool:
    """Return whether a folder is a run in a tree, or a tree itself, as a cluster's run is."""
    return (folder / RECORD).is_file() or (folder.is_dir() and next(folder.glob(f"*/{RECORD}"), None) is not None)


def read_record(folder: Path) -> dict[str, Any]:
    """Return the content of a run folder's ``run.json`` with every known key present and of its
    type; facts of the wrong kind within them are unknown, None.

    Raises:
        UsageError: the file is missing, not ours, or of a newer schema than this version reads.
    """
    path = folder / RECORD
    if not path.is_file():
        raise UsageError(f"{folder}: not a run folder (no {RECORD})")
    content = read_json(path)
    if not isinstance(content, dict) or "schema" not in content:
        raise UsageError(f"{path}: not a copycost run record (no schema)")
    check_schema(path, content["schema"])
    record: dict[str, Any] = dict(content)
    for key, kind in _TYPES.items():
        if record.get(key) is None:
            record[key] = kind()
        elif not isinstance(record[key], kind):
            raise UsageError(f"{path}: {key!r} is {_kind(record[key])}, not {_JSON_NAMES[kind]}")
    cells = record["plan"].get("cells", [])
    lists = [("plan.cells", cells)] + [(k, record[k]) for k in _TYPES if _TYPES[k] is list]
    for name, items in lists:
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise UsageError(f"{path}: {name!r} is not a list of objects")
    return known_record(record)


def check_schema(path: Path, schema: object) -> None:
    """Refuse a file whose schema this version does not know.

    Raises:
        UsageError: the schema is newer, or not a version number at all.
    """
    if isinstance(schema, bool) or not isinstance(schema, int) or schema < 1:
        raise UsageError(f"{path}: schema is not a version number from 1 to {SCHEMA}")
    if schema > SCHEMA:
        raise UsageError(f"{path}: schema {schema} is newer than {SCHEMA}; a newer copycost reads it")


_JSON_NAMES: dict[type, str] = {str: "a text", dict: "an object", list: "a list"}


def _kind(value: object) -> str:
    return _JSON_NAMES.get(type(value), "a number" if isinstance(value, int | float) else "null")


def run_folders(results: Path) -> list[Path]:
    """Return the run folders within a folder, by name; none where it cannot be read."""
    try:
        return sorted(folder for folder in results.iterdir() if (folder / RECORD).is_file())
    except OSError:
        return []


def _latest(results: Path) -> Path:
    dated = []
    for folder in run_folders(results):
        try:
            created = datetime.fromisoformat(read_record(folder)["created"])
        except (UsageError, ValueError):
            continue  # a damaged neighbour must not hide the run that was just made
        dated.append((created if created.tzinfo else created.replace(tzinfo=UTC), folder))
    if not dated:
        raise UsageError(f"no run 'latest': {results} holds no runs yet")
    return max(dated)[1]
