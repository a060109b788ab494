"""The key at the foot of a chart: what lines, markers and rings mean."""

from __future__ import annotations

from dataclasses import dataclass, replace

from copycost.show.charts.labels import shorten, text_width
from copycost.show.charts.linestyle import DOUBT_SIZE, GUIDES, KINDS, MARKER_SIZE
from copycost.show.charts.sheet import Sheet

_SIZE, _LINE, _SWATCH, _GAP = 10.5, 17.0, 28.0, 18.0


@dataclass(frozen=True)
class Entry:
    """One thing that the key explains; its sign is a kind of line, "interval" … or "".

    ``colour`` is that of a "patch".
    """

    sign: str
    text: str
    colour: str = ""


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
                    _swatch(sheet, entry, x, middle)
                    x += _SWATCH
                sheet.text(x, middle + 0.36 * _SIZE, entry.text, _SIZE, sheet.theme.muted)
                x += text_width(entry.text, _SIZE) + _GAP


def key(entries: list[Entry], room: float) -> Key:
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


def _swatch(sheet: Sheet, entry: Entry, left: float, middle: float) -> None:
    theme, centre, sign = sheet.theme, left + 11, entry.sign
    if sign in KINDS:
        kind = KINDS[sign]
        sheet.line([left, left + 22], [middle] * 2, color=theme.muted, linewidth=1.2, linestyle=kind.dash)
        sheet.line(
            [centre],
            [middle],
            marker="o",
            markersize=MARKER_SIZE * kind.size,
            markeredgecolor=theme.muted,
            markerfacecolor=theme.muted if kind.filled else theme.page,
        )
    elif sign in ("interval", "outer"):
        sheet.line(
            [left, left + 22],
            [middle] * 2,
            color=theme.muted,
            linewidth=6 if sign == "interval" else 9,
            alpha=0.3 if sign == "interval" else 0.15,
            solid_capstyle="butt",
        )
        sheet.line([left, left + 22], [middle] * 2, color=theme.muted, linewidth=1.2)
    elif sign == "flagged":
        sheet.line(
            [centre],
            [middle],
            marker="o",
            markersize=DOUBT_SIZE,
            markeredgewidth=0.8,
            markeredgecolor=theme.ink,
            markerfacecolor="none",
        )
    elif sign in GUIDES:
        sheet.line([left, left + 22], [middle] * 2, color=theme.muted, linewidth=0.9, linestyle=GUIDES[sign])
    elif sign in ("hollow", "full"):
        sheet.line(
            [centre],
            [middle],
            marker="o",
            markersize=MARKER_SIZE * 1.25,
            markeredgecolor=theme.muted,
            markerfacecolor=theme.muted if sign == "full" else theme.page,
        )
    elif sign == "thin":
        sheet.line([left, left + 22], [middle] * 2, color=theme.guide, linewidth=1.4)
    elif sign == "patch":
        sheet.line([left + 4, left + 18], [middle] * 2, color=entry.colour, linewidth=9, solid_capstyle="butt")
    elif sign in ("filled", "outline"):
        sheet.line(
            [centre],
            [middle],
            marker="s",
            markersize=6.5,
            markeredgewidth=0.9,
            markeredgecolor=theme.muted if sign == "filled" else theme.ink,
            markerfacecolor=theme.muted if sign == "filled" else "none",
        )
