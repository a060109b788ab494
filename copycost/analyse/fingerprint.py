"""The method fingerprint: what must be equal before figures of two runs may be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from copycost.errors import UsageError

MUST_MATCH = (
    "protocol",
    "canary",
    "clock",
    "allocator",
    "round_seconds",
    "visit_seconds",
    "max_rounds",
    "long_call_seconds",
    "warmup_calls",
    "copy_from_bytes",
    "copy_to_bytes",
    "address_layout",
    "start",
)
"""Fields of a run's method in the order in which a difference is named; fields that only a later
version knows must match too."""

NOT_RECORDED = "not recorded"


def differing(method_a: Mapping[str, Any], method_b: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return each field in which two methods differ, with both values; None where it is not recorded.

    A method that is empty, as that of a pytest-benchmark file of another suite, differs from none: what
    is unknown of it cannot be held against the other.
    """
    if not method_a or not method_b:
        return []
    fields = [*MUST_MATCH, *sorted({*method_a, *method_b} - set(MUST_MATCH))]
    return [
        (field, method_a.get(field), method_b.get(field))
        for field in fields
        if method_a.get(field) != method_b.get(field)
    ]


def require_same(method_a: Mapping[str, Any], method_b: Mapping[str, Any]) -> None:
    """Refuse two methods whose figures cannot be compared.

    Raises:
        UsageError: they differ; the message names the fields and says how to compare nevertheless.
    """
    found = differing(method_a, method_b)
    if found:
        raise UsageError(f"A and B were measured by different methods: {described(found)}; --anyway compares them")


def differing_among(methods: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the fields in which not all of several methods agree; one that is empty differs from none."""
    known = [method for method in methods if method]
    return list(dict.fromkeys(field for method in known for field, _, _ in differing(known[0], method)))


def require_one(name: str, methods: Sequence[Mapping[str, Any]]) -> None:
    """Refuse runs of several methods as one side of a comparison.

    Raises:
        UsageError: they differ; the message names the fields and says how to compare nevertheless.
    """
    fields = differing_among(methods)
    if fields:
        raise UsageError(
            f"{name} holds runs of different methods ({', '.join(fields)}): compare some of them, "
            "or --anyway compares them all"
        )


def described(differences: list[tuple[str, Any, Any]]) -> str:
    """Return differences as text, such as ``canary 'python-100' in A and 'python-200' in B``."""
    return "; ".join(f"{field} {_value(a)} in A and {_value(b)} in B" for field, a, b in differences)


def conditions(arm_a: Mapping[str, Any], arm_b: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return what two arms were made to differ in: the interpreter and each environment variable.

    These do not stop a comparison, they are what it is about.
    """
    found = []
    if arm_a.get("python") != arm_b.get("python"):
        found.append(("python", arm_a.get("python"), arm_b.get("python")))
    own, other = _environment(arm_a), _environment(arm_b)
    for name in sorted({*own, *other}):
        if own.get(name) != other.get(name):
            found.append((name, own.get(name), other.get(name)))
    return found


def _environment(arm: Mapping[str, Any]) -> Mapping[str, Any]:
    environment = arm.get("environment")
    return environment if isinstance(environment, dict) else {}


def _value(value: object) -> str:
    return NOT_RECORDED if value is None else repr(value)
