"""A run's record: its run.json, read and checked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from copycost.errors import UsageError
from copycost.store.facts import as_count, as_number, as_object, as_text, known, known_machine
from copycost.store.json_file import read_json

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
_JSON_NAMES: dict[type, str] = {str: "a text", dict: "an object", list: "a list"}


def read_record(folder: Path) -> dict[str, Any]:
    """Return the content of a run folder's ``run.json`` with every known key present and of its
    type; facts of the wrong type within them are unknown, None.

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
    for key, type_of_key in _TYPES.items():
        if record.get(key) is None:
            record[key] = type_of_key()
        elif not isinstance(record[key], type_of_key):
            raise UsageError(f"{path}: {key!r} is {_json_name(record[key])}, not {_JSON_NAMES[type_of_key]}")
    lists = {key: record[key] for key in _TYPES if _TYPES[key] is list}
    for name, items in {"plan.cells": record["plan"].get("cells", []), **lists}.items():
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


def known_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run's record, None in place of facts of the wrong type within its keys.

    Args:
        record: with the keys ``plan``, ``method``, ``arms``, ``machine`` and ``processes``, each of
            its own type.
    """
    return known(
        record, {"wall_seconds": as_number, "cluster": as_object, "counts": as_object, "first_calls": as_object}
    ) | {
        "plan": known(record["plan"], _PLAN),
        "method": {key: value for key, value in record["method"].items() if _is_scalar(value)},
        "arms": [known(arm, _ARM) for arm in record["arms"]],
        "machine": known_machine(record["machine"]),
        "processes": [known(process, _PROCESS) for process in record["processes"]],
    }


def _json_name(value: object) -> str:
    return _JSON_NAMES.get(type(value), "a number" if isinstance(value, int | float) else "null")


def _is_scalar(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, str | bool) or (isinstance(value, int) and abs(value) < 2**62)


def _machine(value: object) -> dict[str, Any] | None:
    return known_machine(value) if isinstance(value, dict) else None


def _environment(value: object) -> object:
    are_settings = isinstance(value, dict) and all(
        setting is None or as_text(setting) is not None for setting in value.values()
    )
    return value if are_settings else None


_Types = dict[str, Callable[[object], Any]]
_PLAN: _Types = {"preset": as_text, "precision": as_number, "budget": as_number}
_ARM: _Types = {
    "name": as_text,
    "environment": _environment,
    "python": as_text,
    "threads": as_count,
    "machine": _machine,
    "clock_reference": as_number,
}
_PROCESS: _Types = {
    "file": as_text,
    "arm": as_text,
    "session": as_count,
    "address_layout": as_count,
    "started": as_text,
    "seconds": as_number,
    "timed_seconds": as_number,
}
