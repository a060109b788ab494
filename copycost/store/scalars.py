"""Single values of a JSON file: of the kind that is wanted, or not known."""

from __future__ import annotations

_LARGEST_COUNT = 2**62


def as_text(value: object) -> str | None:
    """Return a text, None for anything else."""
    return value if type(value) is str else None


def as_count(value: object) -> int | None:
    """Return a whole number from 0 up to what fits into 63 bits, None for anything else."""
    return value if type(value) is int and 0 <= value < _LARGEST_COUNT else None


def as_flag(value: object) -> bool | None:
    """Return true or false, None for anything else."""
    return value if type(value) is bool else None
