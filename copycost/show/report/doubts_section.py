"""What to distrust in a report's figures, told before any of them."""

from __future__ import annotations

from collections.abc import Sequence

from copycost.analyse.doubts import sentences
from copycost.analyse.missing import missing
from copycost.show.report.cells_table import NAME
from copycost.show.report.document import Block, Entries, Lines, Section
from copycost.show.report.source import Source
from copycost.show.table import missing_lines

NONE = "No doubt was found about any of the figures."
_NO_RECORD = (
    "This file is another suite's: it does not say what was planned, nor when the core was shared with others, "
    "so its figures are of all rounds."
)
_Entries = tuple[tuple[str, tuple[str | tuple[str, ...], ...]], ...]
MOST_RUNS_APART = 4
"""Runs whose doubts are told one by one; of more, those of all cells together."""


def doubts_section(sources: Sequence[Source]) -> Section:
    """Return the section: each doubt that the cells have, and what is missing."""
    lines = tuple(_named(source, line, sources) for source in sources for line in _about(source))
    blocks: list[Block] = [Lines(lines)] if lines else []
    entries = _told(sources) if len(sources) <= MOST_RUNS_APART else _counted(sources)
    if entries:
        blocks.append(Entries(entries, find=NAME))
    return Section("doubts", "Doubts", tuple(blocks) or (Lines((NONE,), bullets=False),))


def _named(source: Source, line: str, sources: Sequence[Source]) -> str | tuple[str, ...]:
    return (source.name, f": {line}") if len(sources) > 1 else line


def _about(source: Source) -> list[str]:
    """Return what is to be said of a run as a whole."""
    if source.record is None:
        return [_NO_RECORD]
    lines = []
    if source.record["status"] != "complete":
        lines.append(f"the run is {source.record['status']}: what follows is what there is")
    lost = missing_lines(missing(source.record, source.cells))
    return [*lines, *(line.removeprefix("! ").strip() for line in lost)]


def _told(sources: Sequence[Source]) -> _Entries:
    """Return each doubt with what it says of each run that has it."""
    found: dict[str, list[str | tuple[str, ...]]] = {}
    for source in sources:
        for doubt, text in sentences(source.cells):
            found.setdefault(doubt.name, []).append(_named(source, text, sources))
    return tuple((name, tuple(lines)) for name, lines in found.items())


def _counted(sources: Sequence[Source]) -> _Entries:
    """Return how many runs and cells have each doubt."""
    runs: dict[str, int] = {}
    cells: dict[str, int] = {}
    for source in sources:
        own = [name for flags in source.cells["flags"].fillna("") for name in flags.split(";") if name]
        for name in own:
            cells[name] = cells.get(name, 0) + 1
        for name in set(own):
            runs[name] = runs.get(name, 0) + 1
    total = sum(len(source.cells) for source in sources)
    return tuple(
        (name, (f"{cells[name]} of {total} cells, in {runs[name]} of {len(sources)} runs",))
        for name in sorted(cells, key=lambda name: -cells[name])
    )
