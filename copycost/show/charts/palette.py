"""How lines and points look: their colours on a light and on a dark page, their markers and their dashes.

The six line colours of each theme were found by maximising the smallest CIEDE2000 difference
between any two of them in normal vision and under simulated protanopia, deuteranopia and tritanopia
and a contrast of at least 3:1 to the page (WCAG 2.1, 1.4.11). The steps of the map of ratios, from a
little to much, are blue for faster and orange for slower: every kind of vision tells these two apart.
A test computes all of it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from copycost.analyse.device import UNTIL_THERE
from copycost.errors import UsageError, nearest


@dataclass(frozen=True)
class Theme:
    """The colours of one page: its background, its text and its lines."""

    name: str
    page: str
    ink: str
    muted: str
    guide: str
    grid: str
    lines: tuple[str, ...]
    faster: tuple[str, ...]
    slower: tuple[str, ...]
    neutral: str


@dataclass(frozen=True)
class LineStyle:
    """The colour and the marker of one conversion, the same on every chart of a run.

    ``width`` is that of its line, as a share of the usual.
    """

    colour: str
    marker: str
    width: float = 1.0


THEMES: dict[str, Theme] = {
    "light": Theme(
        name="light",
        page="#ffffff",
        ink="#1f2328",
        muted="#57606a",
        guide="#9aa3ad",
        grid="#e4e8ec",
        lines=("#1f3fc4", "#cf7a05", "#0a9a86", "#ae1500", "#a17de8", "#704559"),
        faster=("#c8ddfa", "#86b0ee", "#1f4fb0"),
        slower=("#fbe3c8", "#f0a35a", "#a94400"),
        neutral="#eceef0",
    ),
    "dark": Theme(
        name="dark",
        page="#0d1117",
        ink="#e6edf3",
        muted="#9ba5b0",
        guide="#6a737d",
        grid="#262c34",
        lines=("#4985fd", "#f5a81c", "#35e8c0", "#e04038", "#dcd2ff", "#8e6783"),
        faster=("#1b3866", "#2a64c0", "#9fc8ff"),
        slower=("#4f3010", "#9c570a", "#ffc27a"),
        neutral="#20262d",
    ),
}

# In points, as matplotlib counts: 1.33 CSS pixels each.
MARKER_SIZE, DOUBT_SIZE = 4.2, 8.5

Dash = tuple[float, tuple[float, ...]] | str
GUIDE_DASHES: dict[str, Dash] = {"guide": (0, (1, 2)), "guide-2": (0, (5, 2, 1, 2))}
"""How the guides of a chart are dashed, the first and the second."""


@dataclass(frozen=True)
class PointLook:
    """How points of one sort are told from others without colour, and what they are called.

    Attributes:
        text: in the key; "" where the key has no need to explain them.
        dash: of the line that joins them.
        filled: whether their markers are.
        word: in running text.
        size: of their markers, as a share of the usual.
    """

    text: str
    dash: Dash
    filled: bool
    word: str
    size: float = 1.0


LOOKS: dict[str, PointLook] = {
    "copies": PointLook("copies", "solid", True, "copies"),
    "shares": PointLook("shares memory (zero-copy)", (0, (3.2, 1.8)), False, "shares memory"),
    "unknown": PointLook("sharing unknown", (0, (1, 1.5)), False, "sharing unknown"),
    "changed": PointLook("faster or slower", "solid", True, "changed"),
    "same": PointLook("the same", "solid", False, "the same"),
    "undecided": PointLook("undecided", "solid", True, "undecided", 0.4),
    "plain": PointLook("", "solid", True, ""),
}

# Each marker has an outline and a face, so that it can be drawn hollow or filled.
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "p", "<", ">", "h")

# The conversions that every run measures keep their colours whatever else is on the chart.
_CORE = ("torch.from_numpy", "torch.tensor", "t.numpy", "torch.Tensor", "t.clone.numpy")


def theme_named(name: str) -> Theme:
    """Return a theme by its name.

    Raises:
        UsageError: there is no such theme.
    """
    if name not in THEMES:
        raise UsageError(f"unknown theme {name!r}: {nearest(name, list(THEMES))}")
    return THEMES[name]


def readable_on(theme: Theme, colour: str) -> str:
    """Return the colour of text on another: that of ink or of the page, whichever has more contrast (WCAG 2.1)."""
    return max((theme.ink, theme.page), key=lambda text: _contrast(text, colour))


def _contrast(text: str, behind: str) -> float:
    low, high = sorted((_luminance(text), _luminance(behind)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb``."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def line_styles(conversions: Iterable[str], theme: Theme) -> dict[str, LineStyle]:
    """Return a style for each conversion, in their order; six colours and eleven markers give 66 pairs.

    Which style one has does not depend on the order. A call has one style, whether it is timed until it returns or
    until its data is there: these two never stand in one panel.
    """
    wanted = {name: name.removesuffix(UNTIL_THERE) for name in conversions}
    names = sorted(set(wanted.values()))
    others = [name for name in names if name not in _CORE]
    places = {name: _CORE.index(name) for name in names if name in _CORE}
    places |= {name: place for place, name in enumerate(others, start=len(_CORE))}
    return {name: _style(theme, places[call]) for name, call in wanted.items()}


def plain_styles(names: Iterable[str], theme: Theme) -> dict[str, LineStyle]:
    """Return a style for each of some lines that are not conversions, in the order of the numbers that they name."""
    return {name: _style(theme, place) for place, name in enumerate(sorted(set(names), key=_by_numbers))}


def _by_numbers(name: str) -> list[tuple[float, str]]:
    """Return what names are sorted by: 9 comes before 10, alone and within words."""
    parts = re.split(r"(\d+)", name)
    return [(float(part), "") if part.isdecimal() else (-1.0, part) for part in parts]


def _style(theme: Theme, place: int) -> LineStyle:
    return LineStyle(theme.lines[place % len(theme.lines)], MARKERS[place % len(MARKERS)])
