"""The colours and markers of the charts, for a light and a dark page.

The six line colours of each theme were found by maximising the smallest CIEDE2000 difference
between any two of them in normal vision and under simulated protanopia, deuteranopia and tritanopia
and a contrast of at least 3:1 to the page (WCAG 2.1, 1.4.11). A test computes both again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from copycost.errors import UsageError, nearest


@dataclass(frozen=True)
class Theme:
    """The colours of one page: lines, text and what stands behind them."""

    name: str
    page: str
    ink: str
    muted: str
    guide: str
    grid: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class LineStyle:
    """The colour and the marker of one conversion, the same on every chart of a run."""

    colour: str
    marker: str


THEMES: dict[str, Theme] = {
    "light": Theme(
        name="light",
        page="#ffffff",
        ink="#1f2328",
        muted="#57606a",
        guide="#9aa3ad",
        grid="#e4e8ec",
        lines=("#1f3fc4", "#cf7a05", "#0a9a86", "#ae1500", "#a17de8", "#704559"),
    ),
    "dark": Theme(
        name="dark",
        page="#0d1117",
        ink="#e6edf3",
        muted="#9ba5b0",
        guide="#6a737d",
        grid="#262c34",
        lines=("#4985fd", "#f5a81c", "#35e8c0", "#e04038", "#dcd2ff", "#8e6783"),
    ),
}

# All of them have an outline and a face, so that each can be drawn hollow or filled.
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


def line_styles(conversions: Iterable[str], theme: Theme) -> dict[str, LineStyle]:
    """Return a style for each conversion; six colours and eleven markers give 66 pairs."""
    names = sorted(set(conversions))
    # A conversion may be named as it is called: t.clone().numpy.
    places = {name: _CORE.index(name.replace("()", "")) for name in names if _is_core(name)}
    others = [name for name in names if name not in places]
    places |= {name: place for place, name in enumerate(others, start=len(_CORE))}
    return {name: LineStyle(theme.lines[i % len(theme.lines)], MARKERS[i % len(MARKERS)]) for name, i in places.items()}


def _is_core(name: str) -> bool:
    return name.replace("()", "") in _CORE
