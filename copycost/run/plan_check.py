"""The check of an interrupted run's record before it goes on: what this program would not have written is refused.

A file may be damaged, or written by somebody else. What it asks for is checked as what is typed is, before anything is
started, changed or removed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from copycost.catalogue.cell import EMPTY_CALL, ITEM_BYTES, Cell
from copycost.catalogue.conversions import CONVERSIONS, DIRECTIONS, THERE
from copycost.catalogue.device import BOUNDS, check_device, device_conversions
from copycost.catalogue.grid import MOST_THREADS, PRESETS
from copycost.catalogue.references import REFERENCES
from copycost.catalogue.sources import parse_source_layouts
from copycost.errors import UsageError
from copycost.measure import allocator
from copycost.run.arms import ARM_NAME
from copycost.run.settings import CACHES, FINEST_PRECISION, MOST_LAYOUTS, SHORTEST_TIMEOUT
from copycost.store.json_file import read_json
from copycost.store.record import RECORD

#: Longer than any run, in seconds.
_LONGEST = 1e7

_LARGEST_SIZE = 2**50

_LONGEST_NAME = 1000

_SHOWN = 60

Check = Callable[[Any], bool]


def check_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Refuse a record of which a run cannot go on.

    Args:
        folder: the run's.
        record: as ``read_record`` returns it.

    Raises:
        UsageError: a value that is not what a run's record has there; the message names both.
        KeyError: a part that records of this version have is missing.
    """
    written: Any = read_json(folder / RECORD)  # what is of the wrong type is not told in the record that was read
    plan, own = written["plan"], written["arms"]
    for name, part, is_valid in (("plan", plan, isinstance(plan, dict)), ("arms", own, isinstance(own, list))):
        if not is_valid:
            _refuse(folder, name, part, "what a run of this program has there")
    _check_all(folder, "plan", plan, _PLAN)
    for number, cell in enumerate(plan["cells"]):
        _check_all(folder, f"plan.cells[{number}]", cell, _CELL)
        if not _is_known(cell, plan):
            _refuse(folder, f"plan.cells[{number}].conversion", cell["conversion"], "a conversion of this program")
    for number, arm in enumerate(own):
        _check_all(folder, f"arms[{number}]", arm, _ARM)
    cells, arms = ([Cell.from_dict(cell) for cell in plan["cells"]], [arm["name"] for arm in own])
    asked = [cell for cell in cells if cell.direction != EMPTY_CALL.direction]
    if not asked or len(set(cells)) < len(cells):
        _refuse(folder, "plan.cells", plan["cells"], "a list of different cells, of which one at least is no reference")
    if not arms or len(set(arms)) < len(arms):
        _refuse(folder, "arms", arms, "a list of different arms")
    for number, entry in enumerate(record["failed"]):
        if entry.get("cell", "") is not None:
            _check_all(folder, f"failed[{number}]", entry, {**_CELL, **_FAILED})
    for number, entry in enumerate(record["skipped"]):
        _check_all(folder, f"skipped[{number}]", entry, {**_CELL, "arm": _NAME})


def _refuse(folder: Path, where: str, value: object, valid: str) -> None:
    shown = repr(value)
    shown = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…"
    raise UsageError(f"{folder}: this run cannot go on, its run.json is damaged: {where} is {shown}, not {valid}")


def _check_all(folder: Path, where: str, values: Mapping[str, Any], checks: Mapping[str, tuple[Check, str]]) -> None:
    for name, (is_valid, valid) in checks.items():
        value = values.get(name) if name in _NEW else values[name]
        if not is_valid(value):
            _refuse(folder, f"{where}.{name}", value, valid)


def _is_known(cell: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    """Return whether a cell's conversion is of this program, in its direction, or may be one of the user's."""
    name, direction = cell["conversion"], cell["direction"]
    if direction == EMPTY_CALL.direction:
        return name in (EMPTY_CALL.conversion, *REFERENCES, *BOUNDS)
    of_device = device_conversions(plan["device"]) if plan.get("device") else []
    known = {**CONVERSIONS, **{conversion.name: conversion for conversion in of_device}}
    return known[name].direction == direction if name in known else plan["conversions_file"] is not None


def _is_count(least: int, most: float) -> Check:
    return lambda value: type(value) is int and least <= value <= most


def _is_number(least: float, most: float) -> Check:
    return lambda value: type(value) in (int, float) and math.isfinite(value) and least <= value <= most


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME


def _one_of(valid: Sequence[Any]) -> tuple[Check, str]:
    return lambda value: isinstance(value, str) and value in valid, "one of: " + ", ".join(valid)


def _or_none(is_valid: Check) -> Check:
    return lambda value: value is None or is_valid(value)


def _is_typed(parse: Callable[[str], object]) -> Check:
    def is_typed(value: Any) -> bool:
        try:
            return _is_text(value) and parse(value) is not None
        except UsageError:
            return False

    return is_typed


def _are_layouts(value: Any) -> bool:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_LAYOUTS:
        return False
    chosen = [number for number in value if number is not None]
    one_kind = len(chosen) in (0, len(value)) and all(map(_is_count(1, MOST_LAYOUTS), chosen))
    return one_kind and len(set(chosen)) == len(chosen)


def _is_file(value: Any) -> bool:
    return isinstance(value, dict) and _is_text(value.get("name")) and _is_text(value.get("sha256"))


def _is_environment(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, (*value, *value.values())))


_IS_FLAG = (lambda value: isinstance(value, bool), "true or false")
_NAME = (_is_text, f"a text of at most {_LONGEST_NAME} characters")

#: Parts that records have only since a later version.
_NEW = {"counts", "first_calls", "device", "numa"}

_PLAN: dict[str, tuple[Check, str]] = {
    "preset": _one_of(tuple(PRESETS)),
    "cells": (lambda value: isinstance(value, list), "a list of cells"),
    "precision": (_is_number(FINEST_PRECISION, 1.0), f"a share from {FINEST_PRECISION} to 1"),
    "budget": (_is_number(1e-3, _LONGEST), "a number of seconds"),
    "processes": (_or_none(_is_count(1, 10**6)), "a number from 1 to a million, or null"),
    "layouts": (_are_layouts, f"a list of different numbers from 1 to {MOST_LAYOUTS}, or of nulls"),
    "layout_reason": (_or_none(_is_text), "a text or null"),
    "conversions_file": (_or_none(_is_file), "a file's name and sha256, or null"),
    "allocator": _one_of(allocator.MODES),
    "visit_timeout": (_is_number(SHORTEST_TIMEOUT, _LONGEST), "a number of seconds"),
    "memory_limit": (_or_none(_is_count(1, 2**62)), "a number of bytes, or null"),
    "with_hostname": _IS_FLAG,
    "counts": (_or_none(_IS_FLAG[0]), "true or false"),
    "first_calls": (_or_none(_IS_FLAG[0]), "true or false"),
    "device": (_or_none(_is_typed(check_device)), "a device's name such as cuda, or null"),
}
_CELL: dict[str, tuple[Check, str]] = {
    "conversion": _NAME,
    "direction": _one_of((EMPTY_CALL.direction, *DIRECTIONS, *(direction + THERE for direction in DIRECTIONS))),
    "dtype": _one_of(tuple(ITEM_BYTES)),
    "size": (_is_count(0, _LARGEST_SIZE), "a number of elements"),
    "threads": (_is_count(1, MOST_THREADS), f"a number from 1 to {MOST_THREADS}"),
    "cache": _one_of(CACHES),
    "layout": (_is_typed(parse_source_layouts), "a layout such as contiguous"),
}
_ARM: dict[str, tuple[Check, str]] = {
    "name": (lambda value: isinstance(value, str) and ARM_NAME.fullmatch(value) is not None, "an arm's name"),
    "environment": (_is_environment, "an object of texts"),
    "python": (_or_none(_is_text), "a text or null"),
    "threads": (_or_none(_is_count(1, MOST_THREADS)), f"a number from 1 to {MOST_THREADS}, or null"),
    "numa": (_or_none(_is_count(0, 9999)), "the number of a memory node, or null"),
}
_FAILED: dict[str, tuple[Check, str]] = {
    "arm": _NAME,
    "kind": _NAME,
    "error": (lambda value: isinstance(value, str), "a text"),
    "tries": (_is_count(0, 10**6), "a number"),
    "given_up": _IS_FLAG,
}
