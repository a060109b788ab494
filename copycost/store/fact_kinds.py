"""What kind of value each fact in a run's record has: one of another kind is not known."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

_LARGEST = 2**62


def known_machine(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return a machine's facts, None in place of those of the wrong kind."""
    return _known(facts, _MACHINE)


def known_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run's record, None in place of facts of the wrong kind within its keys.

    Args:
        record: with the keys ``plan``, ``method``, ``arms``, ``machine`` and ``processes``, each of
            its own type.
    """
    return _known(dict(record), _RECORD) | {
        "plan": _known(record["plan"], _PLAN),
        "method": {key: value for key, value in record["method"].items() if _scalar(value)},
        "arms": [_arm(arm) for arm in record["arms"]],
        "machine": known_machine(record["machine"]),
        "processes": [_known(process, _PROCESS) for process in record["processes"]],
    }


def _arm(arm: Mapping[str, Any]) -> dict[str, Any]:
    known = _known(arm, _ARM)
    if known.get("machine"):
        known["machine"] = known_machine(known["machine"])
    return known


def _known(content: Mapping[str, Any], kinds: Mapping[str, Callable[[Any], bool]]) -> dict[str, Any]:
    return {key: value if key not in kinds or kinds[key](value) else None for key, value in content.items()}


def _text(value: object) -> bool:
    return isinstance(value, str)


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST


def _number(value: object) -> bool:
    return _count(value) or (isinstance(value, float) and math.isfinite(value) and value >= 0)


def _scalar(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, str | bool) or (isinstance(value, int) and abs(value) < _LARGEST)


def _object(value: object) -> bool:
    return isinstance(value, dict)


def _settings(value: object) -> bool:
    return isinstance(value, dict) and all(own is None or _text(own) for own in value.values())


def _caches(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, dict) and _count(one.get("level")) and _text(one.get("type")) and _count(one.get("bytes"))
        for one in value
    )


_TEXTS = ("machine", "cpu_model", "hugepages", "libc", "system", "kernel", "virtual", "python", "numpy", "torch")
_MACHINE = {**dict.fromkeys(_TEXTS, _text), "cores": _count, "memory_bytes": _count, "caches": _caches}
_PLAN = {"preset": _text, "precision": _number, "budget": _number, "address_layout": _text}
_ARM = {"name": _text, "environment": _settings, "python": _text, "threads": _count, "machine": _object}
_PROCESS = {"file": _text, "arm": _text, "started": _text, "seconds": _number, "timed_seconds": _number}
_RECORD = {"wall_seconds": _number, "cluster": _object}
