"""A process's file and its entry in run.json: the name, and what is read back from the content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def process_file(number: int) -> str:
    """Return the name of a process's file."""
    return f"process-{number:04d}.json"


def process_number(file: str) -> int:
    """Return the number within the name of a process's file; 0 where there is none."""
    digits = file.removeprefix("process-").removesuffix(".json")
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def entry_of(name: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a process's entry in run.json, from its file."""
    own = content["copycost"]
    return {
        "file": name,
        "arm": own.get("arm"),
        "turn": own.get("turn"),
        "started": own.get("started"),
        "seconds": own.get("seconds"),
        "timed_seconds": round(timed_seconds(content), 6),
    }


def timed_seconds(content: Mapping[str, Any]) -> float:
    """Return the seconds inside timed rounds of one process file, plain copies beside included."""
    total = 0.0
    for entry in content["benchmarks"]:
        total += sum(entry["stats"]["data"]) * entry["stats"]["iterations"]
        total += sum(entry["extra_info"].get("copy_ns", ())) * 1e-9
    return total


def visits_of(content: Mapping[str, Any]) -> dict[str, int]:
    """Return how often each cell was visited, by the last part of its benchmark's name."""
    return {entry["param"]: len(set(entry["extra_info"]["visit"])) for entry in content["benchmarks"]}
