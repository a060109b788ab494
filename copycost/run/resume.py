"""Resuming: the settings of an interrupted run, read from its record; options that contradict them are refused."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from copycost.catalogue.cell import Cell
from copycost.catalogue.conversions import CORE, EXTENDED, conversion_words, select_conversions
from copycost.catalogue.grid import check_memory, elements, parse_dtypes, parse_sizes, parse_threads
from copycost.catalogue.sources import parse_source_layouts
from copycost.errors import UsageError
from copycost.measure.machine import available_bytes
from copycost.run.address_layout import why_not_fixed
from copycost.run.arms import Arm, parse_arms
from copycost.run.folder import is_locked
from copycost.run.plan_check import check_record
from copycost.run.privacy import arm_told, file_told
from copycost.run.settings import Settings, one_thread_count, parse_layouts, require_torch
from copycost.store.addresses import is_address
from copycost.store.places import find, run_folders
from copycost.store.record import read_record
from copycost.units import parse_bytes, parse_seconds, parse_share

#: Options that are no part of the plan, or are looked at on their own.
BESIDE = {"out", "plots", "conversions", "arm", "name", "cluster", "pool", "wait", "resume"}

#: What an arm's entry in the record has that was not typed.
_FOUND_OUT = ("machine", "clock_reference")

Given = Mapping[str, Any]


def settle_again(run: str, *, out: Path, given: Given) -> Settings:
    """Return the settings of an interrupted run.

    Args:
        run: its folder, its name, ``latest``; nothing means the latest run that is not complete.
        out: the folder that holds the runs.
        given: options that were typed beside ``--resume``, by name and as typed.

    Raises:
        UsageError: there is no such run, it is complete or behind an address, an option says otherwise than
            its plan, or something that the record only recognises has to be given again.
    """
    if is_address(run):
        # What is found there is a copy among the caches, and what was measured would be lost with it.
        raise UsageError(f"{run} is an address: copy the run into a folder first, and resume it there")
    folder = find(run, out) if run else _latest_unfinished(out)
    if folder.is_symlink():
        raise UsageError(f"{folder}: is a symbolic link; name the folder it leads to")
    record = read_record(folder)
    if record["status"] == "complete":
        raise UsageError(f"{folder}: this run is complete, there is nothing to resume")
    plan = record["plan"]
    try:
        check_record(folder, record)
        cells = tuple(Cell.from_dict(cell) for cell in plan["cells"])
        _check(folder, plan, cells, given)
        require_torch()
        arms = _arms(record["arms"], given.get("arm") or (), plan["with_hostname"])
        one_thread_count(arms, cells)
        memory = available_bytes()
        if memory is not None:
            check_memory(cells, memory)
        return Settings(
            folder=folder,
            preset=plan["preset"],
            cells=cells,
            precision=plan["precision"],
            budget=plan["budget"],
            processes=plan["processes"],
            layouts=_layouts(plan["layouts"]),
            layout_reason=plan["layout_reason"],
            conversions_file=_conversions_file(plan["conversions_file"], given.get("conversions")),
            arms=arms,
            allocator=plan["allocator"],
            visit_timeout=plan["visit_timeout"],
            memory_limit=plan["memory_limit"],
            with_hostname=plan["with_hostname"],
            counts=bool(plan.get("counts")),
            first_calls=bool(plan.get("first_calls")),
            device=plan.get("device"),
        )
    except KeyError as error:
        raise UsageError(f"{folder}: its plan cannot be resumed, an older version made it ({error!r})") from error


def _latest_unfinished(results: Path) -> Path:
    dated = []
    for folder in run_folders(results):
        try:
            record = read_record(folder)
        except UsageError:
            continue
        if record["status"] != "complete" and not is_locked(folder):
            dated.append((record["created"], folder))
    if not dated:
        raise UsageError(f"nothing to resume: {results} holds no run that was interrupted")
    return max(dated)[1]


def _check(folder: Path, plan: Mapping[str, Any], cells: Sequence[Cell], given: Given) -> None:
    """Refuse the first option that says otherwise than the plan."""
    if given.get("name") not in (None, folder.name):
        raise UsageError(f"--name {given['name']} contradicts the run that is resumed, which is {folder.name}")
    for option, typed in given.items():
        if option in BESIDE:
            continue
        parse, read = _OPTIONS[option]
        planned = read(plan, cells)
        said = _in_elements(parse(typed), planned) if option == "size" else parse(typed)
        if said != planned:
            words = "--" + option.replace("_", "-")
            planned = frozenset(size for _, size in planned) if option == "size" else planned
            was = ", ".join(map(str, sorted(planned))) if isinstance(planned, frozenset) else planned
            raise UsageError(f"{words} {_shown(typed)} contradicts the plan of {folder.name}, which has {was}")


def _in_elements(sizes: Sequence[int], planned: Collection[tuple[str, int]]) -> frozenset[tuple[str, int]]:
    """Return sizes as dtypes and elements: so many bytes are another number of elements for each dtype of a plan."""
    return frozenset((dtype, size) for dtype in {dtype for dtype, _ in planned} for size in elements(sizes, dtype))


Parse = Callable[[Any], Any]
Read = Callable[[Mapping[str, Any], Sequence[Cell]], Any]

_BUILT_IN = frozenset(conversion.name for conversion in (*CORE, *EXTENDED))


def _words(typed: str) -> frozenset[str]:
    return frozenset(word.strip() for word in typed.split(","))


def _family(typed: str) -> frozenset[str]:
    return frozenset(conversion.name for conversion in select_conversions(None, typed))


def _conversions(typed: Sequence[str]) -> frozenset[str]:
    """Return the names of built-in conversions that words stand for; any other word is a name of the user's own."""
    names: set[str] = set()
    for word in (word for text in typed for word in conversion_words(text)):
        try:
            names |= {conversion.name for conversion in select_conversions([word], "all")}
        except UsageError:
            names.add(word)
    return frozenset(names)


def _of_cells(name: str, parse: Parse) -> tuple[Parse, Read]:
    return parse, lambda _, cells: frozenset(getattr(cell, name) for cell in cells if cell.direction != "reference")


def _of_plan(name: str, parse: Parse = lambda typed: typed) -> tuple[Parse, Read]:
    return parse, lambda plan, _: plan[name]


#: For each option, how its text is parsed, and how its value is read from the plan and the plan's cells.
_OPTIONS: dict[str, tuple[Parse, Read]] = {
    "conversion": _of_cells("conversion", _conversions),
    "family": (_family, lambda _, cells: frozenset(cell.conversion for cell in cells) & _BUILT_IN),
    "dtype": _of_cells("dtype", lambda typed: frozenset(parse_dtypes(typed))),
    "size": (
        parse_sizes,
        lambda _, cells: frozenset((cell.dtype, cell.size) for cell in cells if cell.direction != "reference"),
    ),
    "threads": _of_cells("threads", lambda typed: frozenset(parse_threads(typed))),
    "cache": _of_cells("cache", _words),
    "layout": _of_cells("layout", lambda typed: frozenset(parse_source_layouts(typed))),
    "references": (bool, lambda _, cells: sum(cell.direction == "reference" for cell in cells) > 1),
    "precision": _of_plan("precision", parse_share),
    "budget": _of_plan("budget", parse_seconds),
    "visit_timeout": _of_plan("visit_timeout", parse_seconds),
    "layouts": (parse_layouts, lambda plan, _: tuple(plan["layouts"])),
    "memory_limit": _of_plan("memory_limit", parse_bytes),
    "device": (lambda typed: typed, lambda plan, _: plan.get("device")),
    **{name: _of_plan(name) for name in ("preset", "processes", "allocator", "with_hostname", "counts", "first_calls")},
}


def _shown(typed: Any) -> str:
    return ",".join(typed) if isinstance(typed, tuple) else str(typed)


def _layouts(layouts: Sequence[int | None]) -> tuple[int | None, ...]:
    reason = None if None in layouts else why_not_fixed()
    if reason is not None:
        raise UsageError(f"this run cannot go on here: it chose its address layouts, which is refused now ({reason})")
    return tuple(layouts)


def _conversions_file(planned: Any, given: Path | None) -> str | None:
    """Return the path of the user's file, if it is the one that the run was begun with."""
    if planned is None:
        if given is not None:
            raise UsageError("--conversions contradicts the plan, which has no conversions of a user's own")
        return None
    if given is None:
        raise UsageError(
            f"this run measures conversions of {planned['name']}: --conversions has to name the file again"
        )
    try:
        told = file_told(str(given.resolve()))
    except OSError as error:
        raise UsageError(f"conversions file {str(given)!r}: {error.strerror}") from error
    if told["sha256"] != planned["sha256"]:
        raise UsageError(f"--conversions {given} is not the file that the run was begun with: its content differs")
    return str(given.resolve())


def _arms(entries: Sequence[Mapping[str, Any]], given: Sequence[str], plain: bool) -> tuple[Arm, ...]:
    """Return the arms; what is run because of them comes from the command line and never from a file."""
    recorded = [{key: value for key, value in entry.items() if key not in _FOUND_OUT} for entry in entries]
    if given:
        arms = parse_arms(given)
        told = [arm.as_record() if plain else arm_told(arm.as_record()) for arm in arms]
        if told != recorded:
            raise UsageError(f"--arm {' --arm '.join(given)} contradicts the run's arms: {_names(recorded)}")
        return arms
    if any(entry["environment"] or entry["python"] for entry in recorded):
        again = " ".join(f"--arm {shlex.quote(_typed(entry))}" for entry in recorded)
        raise UsageError(f"the arms of this run set an environment or an interpreter: give them again, as {again}")
    return tuple(Arm(entry["name"], threads=entry["threads"], numa=entry.get("numa")) for entry in recorded)


def _typed(entry: Mapping[str, Any]) -> str:
    """Return an arm as it is typed; a path is only the name and the digest that the record has of it."""
    conditions = [f"{name}={value}" for name, value in entry["environment"].items()]
    conditions += [f"{name}={entry[name]}" for name in ("python", "threads", "numa") if entry.get(name) is not None]
    return ":".join(filter(None, (str(entry["name"]), ",".join(conditions))))


def _names(entries: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(str(entry["name"]) for entry in entries)
