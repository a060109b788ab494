"""Fitness: whether a host's figures could stand beside the others', told from its versions and its method."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from copycost.analyse.fingerprint import differing
from copycost.run.cluster import host_facts

SOURCE = Path(host_facts.__file__).read_text(encoding="utf-8")

EXAMINATION = f"exec({SOURCE!r}, names := {{}}) or names['facts']()"
"""An expression whose value, in any Python, is its host's facts."""

_SAME_VERSION = ("copycost", "torch", "numpy")
_NEEDED = ("pytest", "pytest-benchmark")


def misfits(own: Mapping[str, Any], found: Mapping[str, Any], address_layout: str) -> list[str]:
    """Return why a host cannot be measured with the others, in words; nothing when it can.

    Args:
        own: the facts of the machine that starts the run, which are the yardstick.
        found: the host's facts.
        address_layout: the layout asked for: fixed or random.
    """
    reasons = []
    if _minor(own["python"]) != _minor(found["python"]):
        reasons.append(f"Python {found['python']}, not {_minor(own['python'])}")
    for package in _SAME_VERSION:
        if found[package] != own[package]:
            reasons.append(_other(package, found[package], own[package]))
    reasons += [f"{package} is not installed" for package in _NEEDED if found[package] is None]
    if reasons:  # another version may well have another method, which need not be told as well
        return reasons
    if found["fault"]:
        return [str(found["fault"])]
    for field, here, there in differing(own["method"], found["method"]):
        reasons.append(f"method: {field} {there!r}, not {here!r}")
    if address_layout == "fixed" and found["layout"]:
        reasons.append(f"the address layout cannot be fixed ({found['layout']}); --address-layout random can be had")
    return reasons


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _other(package: str, version: str | None, wanted: str | None) -> str:
    return f"{package} is not installed" if version is None else f"{package} {version}, not {wanted}"
