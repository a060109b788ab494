"""A page of documentation and its charts as files: where they come from, and what no longer matches their run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from copycost.analyse.run import Run
from copycost.errors import UsageError
from copycost.show.charts.chart_files import read_provenance
from copycost.show.charts.frames import data_hash
from copycost.show.charts.palette import THEMES

PAGE = "index.md"
"""A page of this name has its charts beside it at every address that MkDocs may give it."""
MOST_LINES = 5
SCHEMA = 1
_OPEN, _CLOSE = "<!-- copycost ", " -->"
_OPTIONS, _MAYBE = {"themes", "width", "syntax"}, {"where"}


@dataclass(frozen=True)
class Provenance:
    """What a page says of itself; no date and no path but those in the command that was typed."""

    schema: int
    tool: str
    version: str | None
    command: str
    run: str
    machine: str | None
    measured_with: Mapping[str, str]
    data: str
    options: Mapping[str, Any]


def provenance(run: Run, options: Mapping[str, Any], command: str) -> Provenance:
    """Return the provenance of a page about a run; ``options`` are what it is written with."""
    try:
        version = metadata.version("copycost")
    except metadata.PackageNotFoundError:
        version = None
    return Provenance(
        schema=SCHEMA,
        tool="copycost",
        version=version,
        command=command,
        run=run.name,
        machine=run.machine["machine"],
        measured_with={key: str(run.machine[key]) for key in ("torch", "numpy") if run.machine.get(key)},
        data=data_hash(run.estimates),
        options=options,
    )


def comment(known: Provenance) -> str:
    """Return provenance as an HTML comment that nothing in it can end."""
    text = json.dumps(asdict(known), sort_keys=True)
    for mark in ("--", "<", ">"):
        text = text.replace(mark, "".join(f"\\u{ord(sign):04x}" for sign in mark))
    return _OPEN + text + _CLOSE


def read_comment(page: Path) -> Provenance | None:
    """Return the provenance of a page, or None where it has none that this version reads.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        last = page.read_text(encoding="utf-8", errors="replace").rstrip("\n").split("\n")[-1]
    except OSError as error:
        raise UsageError(f"{page}: cannot be read ({error.strerror})") from error
    if not (last.startswith(_OPEN) and last.endswith(_CLOSE)):
        return None
    try:
        known = Provenance(**json.loads(last[len(_OPEN) : -len(_CLOSE)]))
    except (ValueError, TypeError):
        return None
    return known if _is_readable(known) else None


def _is_readable(known: Provenance) -> bool:
    """Return whether what the page is to be written again with is of the types that it must be."""
    if known.schema != SCHEMA or known.tool != "copycost" or not isinstance(known.command, str):
        return False
    if not isinstance(known.options, dict) or set(known.options) - _MAYBE != _OPTIONS:
        return False
    if not isinstance(known.options.get("where", ""), str):
        return False
    themes, width = known.options["themes"], known.options["width"]
    drawn = isinstance(themes, list) and bool(themes) and set(map(str, themes)) <= set(THEMES)
    return drawn and isinstance(width, int) and isinstance(known.options["syntax"], str)


def charts_that_differ(
    folder: Path, wanted: Sequence[Path], why_stale: Callable[[Path], str | None]
) -> tuple[list[str], bool]:
    """Return what about a page's charts is not as it should be, and whether all of them are there.

    Args:
        folder: of the page.
        wanted: the charts that the page has.
        why_stale: tells why a chart does not match the run, None where it does.
    """
    differences, complete = [], True
    for path in wanted:
        described = path.with_name(f"{path.stem}.alt.txt")
        for file in (path, described):
            if not file.is_file():
                differences.append(f"{file}: is missing")
                complete = False
        if path.is_file():
            try:
                reason = why_stale(path)
            except UsageError as error:
                reason = str(error).removeprefix(f"{path}: ")
            differences += [f"{path}: {reason}"] if reason is not None else []
    left_over = [path for path in sorted(folder.glob("*.svg")) if path not in wanted and _is_ours(path)]
    return [*differences, *(f"{path}: is not on the page any more" for path in left_over)], complete


def _is_ours(path: Path) -> bool:
    """Return whether a picture is a chart of ours; others are left alone."""
    try:
        read_provenance(path)
    except UsageError:
        return False
    return True


def lines_that_differ(page: Path, expected: str) -> list[str]:
    """Return where a page differs from what it would be, the first lines one by one."""
    have, want = page.read_text(encoding="utf-8", errors="replace").split("\n"), expected.split("\n")
    longest = max(len(have), len(want))
    pairs = zip(*([*lines, *[""] * (longest - len(lines))] for lines in (have, want)), strict=True)
    differ = [(number, *pair) for number, pair in enumerate(pairs, 1) if pair[0] != pair[1]]
    said = [
        f"{page}: line {number} is {_short(line)}, would be {_short(other)}"
        for number, line, other in differ[:MOST_LINES]
    ]
    return [*said, f"{page}: and {len(differ) - MOST_LINES} more lines"] if len(differ) > MOST_LINES else said


def _short(line: str) -> str:
    return repr(line if len(line) <= 80 else line[:79] + "…")
