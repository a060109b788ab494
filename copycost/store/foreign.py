"""What other suites' reports say of their machine and their time, in the words of a run's record."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

_UNKNOWN = ("", "unknown")


def foreign_machine(info: object) -> dict[str, Any]:
    """Return the facts of a pytest-benchmark ``machine_info``, those that are unknown left out.

    ``machine`` is the CPU's model, the number of its cores and six digits of a salted hash of the host's
    name: reports of one host have the same, but no name is in it. It is absent
    where neither CPU nor host is known.

    Args:
        info: as any version has written it: the CPU as text, as ``{"brand": …}`` or as all that
            py-cpuinfo found, or not at all.
    """
    if not isinstance(info, dict):
        return {}
    cpu = info.get("cpu")
    cpu = cpu if isinstance(cpu, dict) else {"brand_raw": cpu}
    model = _text(cpu.get("brand_raw")) or _text(cpu.get("brand"))
    count = cpu.get("count")
    cores = count if isinstance(count, int) and not isinstance(count, bool) and 0 < count < 2**20 else None
    facts = {
        "machine": _name(model, cores, _text(info.get("node"))),
        "cpu_model": model,
        "cores": cores,
        "system": _text(info.get("system")),
        "kernel": _text(info.get("release")),
        "python": _text(info.get("python_version")),
    }
    return {key: value for key, value in facts.items() if value is not None}


def created(value: object) -> str | None:
    """Return a report's ``datetime`` as ISO 8601 with a zone, None where it is no time.

    Up to version 4 pytest-benchmark wrote UTC without saying so.
    """
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return None


def _name(model: str | None, cores: int | None, node: str | None) -> str | None:
    if model is None and node is None:
        return None
    parts = [model or "unknown CPU"]
    if cores is not None:
        parts.append(f"{cores}c")
    if node is not None:
        parts.append(hashlib.sha256(f"copycost {node}".encode()).hexdigest()[:6])
    return " ".join(parts)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.lower() not in _UNKNOWN else None
