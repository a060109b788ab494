"""The words at the head and at the foot of a chart: its title with a line of facts, and the key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from copycost.show.charts.chart import Context
from copycost.show.charts.labels import plain, shorten, text_width, wrap
from copycost.show.charts.palette import DOUBT_SIZE, GUIDE_DASHES, LOOKS, MARKER_SIZE
from copycost.show.charts.sheet import Sheet

_TITLE, _SUBTITLE = 15.0, 11.0
_SIZE, _LINE, _SWATCH, _GAP = 10.5, 17.0, 28.0, 18.0


@dataclass(frozen=True)
class Heading:
    """The lines at the head of a chart and the room that they take, in CSS pixels."""

    title: tuple[str, ...]
    subtitle: tuple[str, ...]

    @property
    def height(self) -> float:
        """How far down the page the heading reaches."""
        return 8 + 20 * len(self.title) + 16 * len(self.subtitle) + 8

    def draw(self, sheet: Sheet, left: float) -> None:
        """Write the heading at the top of the page."""
        y = 4.0
        for line in self.title:
            y += 20
            sheet.text(left, y, line, _TITLE, sheet.theme.ink, weight="bold")
        for line in self.subtitle:
            y += 16
            sheet.text(left, y + 2, line, _SUBTITLE, sheet.theme.muted)


def heading(title: str, about: Sequence[str], context: Context, room: float) -> Heading:
    """Return the heading of a chart whose lines may be ``room`` CSS pixels wide."""
    # Bold text is about a tenth wider than what wrap() measures.
    titles = wrap(plain(title).split(" "), room * 0.88, _TITLE, joint=" ")
    return Heading(tuple(titles), () if context.language_free else tuple(wrap(about, room, _SUBTITLE)))


@dataclass(frozen=True)
class Entry:
    """One thing that the key explains: a sign and its meaning, or a note without a sign.

    ``sign`` is one of ``LOOKS`` or ``GUIDE_DASHES``, another that the key can draw, or ""; ``colour`` is that of
    a "patch".
    """

    sign: str
    text: str
    colour: str = ""


def note_entries(texts: Sequence[str]) -> list[Entry]:
    """Return the entries of texts that explain no sign."""
    return [Entry("", text) for text in texts]


@dataclass(frozen=True)
class Key:
    """The entries of a key, broken into lines that fit the page."""

    lines: tuple[tuple[Entry, ...], ...]

    @property
    def height(self) -> float:
        """The room that the key takes, in CSS pixels."""
        return _LINE * len(self.lines) + (6 if self.lines else 0)

    def draw(self, sheet: Sheet, left: float, top: float) -> None:
        """Draw the key with its top left corner at a place on the page."""
        for number, entries in enumerate(self.lines):
            x, middle = left, top + _LINE * number + _LINE / 2
            for entry in entries:
                if entry.sign:
                    _draw_sign(sheet, entry, x, middle)
                    x += _SWATCH
                sheet.text(x, middle + 0.36 * _SIZE, entry.text, _SIZE, sheet.theme.muted)
                x += text_width(entry.text, _SIZE) + _GAP


def key(entries: Sequence[Entry], room: float) -> Key:
    """Return a key whose lines are at most ``room`` CSS pixels wide."""
    lines: list[list[Entry]] = []
    used = 0.0
    for entry in entries:
        swatch = _SWATCH if entry.sign else 0
        fitting = replace(entry, text=shorten(entry.text, room - swatch, _SIZE))
        width = swatch + text_width(fitting.text, _SIZE)
        if not lines or used + _GAP + width > room:
            lines.append([fitting])
            used = width
        else:
            lines[-1].append(fitting)
            used += _GAP + width
    return Key(tuple(map(tuple, lines)))


def _draw_sign(sheet: Sheet, entry: Entry, left: float, middle: float) -> None:
    theme, sign, muted = sheet.theme, entry.sign, sheet.theme.muted

    def stroke(width: float, colour: str = muted, inset: float = 0.0, **style: Any) -> None:
        ends = [left + inset, left + 22 - inset]
        sheet.line(ends, [middle] * 2, color=colour, linewidth=width, **style)

    def dot(marker: str, size: float, edge: str, face: str, width: float = 1.0) -> None:
        sheet.marker(left + 11, middle, marker, size, edge, face, width)

    if sign in LOOKS:
        look = LOOKS[sign]
        stroke(1.2, linestyle=look.dash)
        dot("o", MARKER_SIZE * look.size, muted, muted if look.filled else theme.page)
    elif sign in ("interval", "outer"):
        width, alpha = (6, 0.3) if sign == "interval" else (9, 0.15)
        stroke(width, alpha=alpha, solid_capstyle="butt")
        stroke(1.2)
    elif sign == "flagged":
        dot("o", DOUBT_SIZE, theme.ink, "none", 0.8)
    elif sign in GUIDE_DASHES:
        stroke(0.9, linestyle=GUIDE_DASHES[sign])
    elif sign in ("hollow", "full"):
        dot("o", MARKER_SIZE * 1.25, muted, muted if sign == "full" else theme.page)
    elif sign == "thin":
        stroke(1.4, theme.guide)
    elif sign == "patch":
        stroke(9, entry.colour, 4, solid_capstyle="butt")
    elif sign in ("filled", "outline"):
        edge, face = (muted, muted) if sign == "filled" else (theme.ink, "none")
        dot("s", 6.5, edge, face, 0.9)
