"""Tables on the lines of a terminal: never a word, a figure or a verdict broken where there is any other way.

What is too wide has its words folded between words; then long names stand on lines of their own, above the rest of
their row; then columns are dealt out to parts, the first column in each; and at last each row is a list of its values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len

from copycost.analyse.verdicts import FASTER, SAME, SLOWER
from copycost.show.render.figures import VERDICT_MARKS, counted
from copycost.show.render.layout import Sheet, Value

STYLES = {
    f"{VERDICT_MARKS[SLOWER]} ": "bold red",
    f"{VERDICT_MARKS[FASTER]} ": "bold green",
    f"{VERDICT_MARKS[SAME]} ": "dim",
}
"""The style of a row by how its verdict begins."""
BOLD = "bold"
_BETWEEN = 2
_INDENT = 2
_LONGEST_HEADING = 30
"""Columns of a terminal up to which a figure's heading, which may be a name from results, is not folded."""
_NARROWEST = 12
"""Columns of a terminal that a column of words keeps, where it is folded because a table is too wide."""
_LONG = 4
"""What part of a line a first column takes that rather stands above its row than in every part of a table."""


@dataclass(frozen=True)
class StyledLine:
    """A line of text, and how a terminal shows it."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class _Widths:
    """Of each column: what it needs to stand unfolded, and what it needs for no word or figure to be broken."""

    natural: tuple[int, ...]
    least: tuple[int, ...]

    def of(self, columns: Sequence[int]) -> _Widths:
        return _Widths(tuple(self.natural[n] for n in columns), tuple(self.least[n] for n in columns))


def table_lines(sheets: Sequence[Sheet], width: int) -> Iterator[StyledLine]:
    """Yield the lines of a table's sheets, an empty one between two; columns that are alike stand under each other.

    Args:
        sheets: of one table.
        width: columns of the terminal; only a word that is longer is broken.
    """
    widths = [_widths(sheet) for sheet in sheets]
    if len({sheet.headings for sheet in sheets}) == 1:
        natural = tuple(map(max, zip(*(each.natural for each in widths), strict=True)))
        least = tuple(map(max, zip(*(each.least for each in widths), strict=True)))
        widths = [_Widths(natural, least)] * len(sheets)
    for number, (sheet, own) in enumerate(zip(sheets, widths, strict=True)):
        if number:
            yield StyledLine("")
        if sheet.title:
            yield from (StyledLine(line, BOLD) for line in wrapped(sheet.title, width))
        yield from _sheet(sheet, own, width)
        if sheet.left_out:
            yield StyledLine(f"and {counted(sheet.left_out, 'more row')}")


def wrapped(text: str, width: int) -> list[str]:
    """Return text on lines, broken between words; a word that no line holds is broken too."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(joined) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for sign in word:
            if cell_len(lines[-1] + sign) > width:
                lines.append("")
            lines[-1] += sign
    return lines


def _sheet(sheet: Sheet, widths: _Widths, width: int) -> Iterator[StyledLine]:
    if not sheet.headings:
        return
    everything = range(len(sheet.headings))
    rest = everything[1:]
    is_long = widths.natural[0] > width // _LONG and not any(row[0].is_figure for row in sheet.rows)
    fits_below = bool(rest) and _needed(widths.of(rest).least) + _INDENT <= width
    groups = _groups(widths, width)
    if _needed(widths.least) <= width:
        yield from _grid(sheet, everything, widths, width)
    elif fits_below and (is_long or not groups):
        yield from _stacked(sheet, widths, width)
    elif groups:
        for number, group in enumerate(groups):
            if number:
                yield StyledLine("")
            yield from _grid(_with_values(sheet, group), (0, *group), widths, width)
    else:
        yield from _records(sheet, width)


def _widths(sheet: Sheet) -> _Widths:
    natural, least = [], []
    for number, heading in enumerate(sheet.headings):
        values = [row[number] for row in sheet.rows]
        texts = [value.text + value.signs for value in values]
        if _is_figures(values):
            signs = max((len(value.signs) for value in values), default=0)
            figures = max((cell_len(value.text) for value in values), default=0) + signs
            own = cell_len(heading.text)
            natural.append(max(figures, own))
            least.append(max(figures, own if own <= _LONGEST_HEADING else _longest_word(heading.text)))
            continue
        natural.append(max(map(cell_len, [heading.text, *texts])))
        folded = max(map(_longest_word, [heading.text, *texts]))
        whole = any(value.unit == "verdict" for value in values)
        least.append(natural[-1] if whole else max(folded, min(natural[-1], _NARROWEST)))
    return _Widths(tuple(natural), tuple(least))


def _longest_word(text: str) -> int:
    return max(map(cell_len, text.split(" ")), default=0)


def _is_figures(values: Sequence[Value]) -> bool:
    return any(value.is_figure for value in values)


def _needed(widths: Sequence[int]) -> int:
    return sum(widths) + _BETWEEN * (len(widths) - 1)


def _given(widths: _Widths, width: int) -> list[int]:
    """Return widths that fill no more than a line: those of words shrink, the widest first."""
    given = list(widths.natural)
    while _needed(given) > width:
        spare = [have - least for have, least in zip(given, widths.least, strict=True)]
        shrinkable = [number for number, left in enumerate(spare) if left > 0]
        if not shrinkable:
            break
        given[max(shrinkable, key=lambda number: given[number])] -= 1
    return given


def _groups(widths: _Widths, width: int) -> list[list[int]]:
    """Return which columns stand beside the first one, in as few parts as a width allows; none where one is too wide.

    Shared out evenly: three and two read better than four and one.
    """
    others = np.arange(1, len(widths.least))
    for parts in range(1, len(others) + 1):
        groups = [[int(number) for number in group] for group in np.array_split(others, parts)]
        if all(_needed(widths.of([0, *group]).least) <= width for group in groups):
            return groups
    return []


def _with_values(sheet: Sheet, columns: Sequence[int]) -> Sheet:
    """Return a sheet with the rows that have a value in any of these columns."""
    rows = tuple(row for row in sheet.rows if any(row[number].text for number in columns))
    return Sheet(sheet.title, sheet.headings, rows)


def _grid(sheet: Sheet, columns: Sequence[int], widths: _Widths, width: int) -> Iterator[StyledLine]:
    """Yield the headings and rows of some columns."""
    headings, *rows = _columns(sheet, columns, _given(widths.of(columns), width), 0)
    for lines in (headings, *rows):
        yield from lines


def _columns(
    sheet: Sheet, columns: Sequence[int], widths: Sequence[int], indent: int
) -> Iterator[Iterator[StyledLine]]:
    """Yield the lines of the headings, then of each row; figures to the right, their footnote signs after them."""
    among = [[row[number] for row in sheet.rows] for number in columns]
    figures = [_is_figures(values) for values in among]
    signs = [max((len(value.signs) for value in values), default=0) for values in among]
    headings = [
        [_padded(line, own, to_the_right=right) for line in wrapped(sheet.headings[number].text, own)]
        for number, own, right in zip(columns, widths, figures, strict=True)
    ]
    yield _beside(headings, widths, indent, BOLD)
    for row in sheet.rows:
        cells = [
            [_padded(row[number].text, own - after, to_the_right=True) + row[number].signs.ljust(after)]
            if right
            else wrapped(row[number].text + row[number].signs, own)
            for number, own, right, after in zip(columns, widths, figures, signs, strict=True)
        ]
        yield _beside(cells, widths, indent, _style(row))


def _beside(cells: Sequence[Sequence[str]], widths: Sequence[int], indent: int, style: str) -> Iterator[StyledLine]:
    for place in range(max(map(len, cells))):
        parts = [
            _padded(lines[place] if place < len(lines) else "", own) for lines, own in zip(cells, widths, strict=True)
        ]
        yield StyledLine((" " * indent + (" " * _BETWEEN).join(parts)).rstrip(), style)


def _padded(text: str, width: int, *, to_the_right: bool = False) -> str:
    room = " " * max(width - cell_len(text), 0)
    return room + text if to_the_right else text + room


def _style(row: Sequence[Value]) -> str:
    return next((STYLES.get(value.text[:2], "") for value in row if value.unit == "verdict"), "")


def _stacked(sheet: Sheet, widths: _Widths, width: int) -> Iterator[StyledLine]:
    """Yield each row's first value on a line of its own, once for all rows that have it, and the others below it."""
    rest = range(1, len(sheet.headings))
    headings, *rows = _columns(sheet, rest, _given(widths.of(rest), width - _INDENT), _INDENT)
    if sheet.headings[0].text:
        yield from (StyledLine(line, BOLD) for line in wrapped(sheet.headings[0].text, width))
    yield from headings
    before = None
    for row, lines in zip(sheet.rows, rows, strict=True):
        first = row[0].text + row[0].signs
        if first != before:
            yield from (StyledLine(line, _style(row)) for line in wrapped(first, width))
        before = first
        yield from lines


def _records(sheet: Sheet, width: int) -> Iterator[StyledLine]:
    """Yield each row as a list of its values, every one after its heading."""
    for row in sheet.rows:
        for number, (heading, value) in enumerate(zip(sheet.headings, row, strict=True)):
            if not value.text:
                continue
            said = f"{heading.text} {value.text}{value.signs}".strip()
            indent = _INDENT if number else 0
            for place, line in enumerate(wrapped(said, max(width - 2 * indent, 1))):
                yield StyledLine(" " * (2 * indent if place else indent) + line, _style(row))
