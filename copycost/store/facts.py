"""Facts in a JSON file, unknown where they are of the wrong type; and the facts of a machine, in any suite's file."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

LONGEST_TEXT = 2000
_LARGEST_COUNT = 2**62
_MOST_CORES = 2**20


def as_text(value: object) -> str | None:
    """Return a text, shortened where it is no name any more (see `shortened`), None for anything else."""
    return shortened(value) if type(value) is str else None


def shortened(text: str) -> str:
    """Return a text of at most ``LONGEST_TEXT`` characters: of a longer one the beginning, and a digest of it all.

    So two that differ stay apart, and neither a table nor a label has to be laid out for megabytes of name.
    """
    if len(text) <= LONGEST_TEXT:
        return text
    digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:8]
    return f"{text[: LONGEST_TEXT - 12]}… ({digest})"


def as_count(value: object) -> int | None:
    """Return a whole number from 0 up to what fits into 63 bits, None for anything else."""
    return value if type(value) is int and 0 <= value < _LARGEST_COUNT else None


def as_number(value: object) -> int | float | None:
    """Return a count or a finite number from 0, None for anything else."""
    return value if type(value) is float and math.isfinite(value) and value >= 0 else as_count(value)


def as_flag(value: object) -> bool | None:
    """Return true or false, None for anything else."""
    return value if type(value) is bool else None


def as_object(value: object) -> dict[str, Any] | None:
    """Return an object, None for anything else."""
    return value if isinstance(value, dict) else None


def as_moment(value: object) -> str | None:
    """Return a time as ISO 8601 in UTC, None for anything else.

    A time without a zone is UTC: up to version 4 pytest-benchmark wrote it so.
    """
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return None


def known(facts: Mapping[str, Any], types: Mapping[str, Callable[[object], Any]]) -> dict[str, Any]:
    """Return facts, those that ``types`` names as its functions return them and all others as they are."""
    return {key: types[key](value) if key in types else value for key, value in facts.items()}


def known_machine(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return a machine's facts as a record of ours has them, None in place of those of the wrong type."""
    return known(facts, _MACHINE)


def foreign_machine(info: object) -> dict[str, Any]:
    """Return the facts of another suite's ``machine_info`` under the names of a record of ours, unknown ones left out.

    ``machine`` is the CPU's model, the number of its cores and six digits of a salted hash of the host's
    name: reports of one host have the same, but no name is in it. It is absent
    where neither CPU nor host is known.

    Args:
        info: as any version of pytest-benchmark has written it: the CPU as text, as ``{"brand": …}`` or as all that
            py-cpuinfo found, or not at all.
    """
    if not isinstance(info, dict):
        return {}
    cpu = info.get("cpu")
    cpu = cpu if isinstance(cpu, dict) else {"brand_raw": cpu}
    model = _told(cpu.get("brand_raw")) or _told(cpu.get("brand"))
    cores = as_count(cpu.get("count")) or None
    if cores is not None and cores >= _MOST_CORES:
        cores = None
    facts = {
        "machine": _machine_name(model, cores, _told(info.get("node"))),
        "cpu_model": model,
        "cores": cores,
        "system": _told(info.get("system")),
        "kernel": _told(info.get("release")),
        "python": _told(info.get("python_version")),
    }
    return {key: value for key, value in facts.items() if value is not None}


def _machine_name(model: str | None, cores: int | None, node: str | None) -> str | None:
    if model is None and node is None:
        return None
    parts = [model or "unknown CPU"]
    if cores is not None:
        parts.append(f"{cores}c")
    if node is not None:
        parts.append(hashlib.sha256(f"copycost {node}".encode()).hexdigest()[:6])
    return " ".join(parts)


def _told(value: object) -> str | None:
    value = as_text(value)
    return value if value is not None and value.lower() not in ("", "unknown") else None


def _caches(value: object) -> object:
    are_caches = isinstance(value, list) and all(
        isinstance(cache, dict)
        and as_count(cache.get("level")) is not None
        and as_text(cache.get("type")) is not None
        and as_count(cache.get("bytes")) is not None
        for cache in value
    )
    return value if are_caches else None


_TEXTS = ("machine", "cpu_model", "hugepages", "libc", "system", "kernel", "virtual", "python", "numpy", "torch")
_MACHINE: dict[str, Callable[[object], Any]] = {
    **dict.fromkeys(_TEXTS, as_text),
    "cores": as_count,
    "memory_bytes": as_count,
    "caches": _caches,
}
