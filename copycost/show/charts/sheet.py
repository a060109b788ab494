"""The page of a chart: matplotlib's settings, a figure laid out in CSS pixels, and a grid of panels on it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from copycost.show.charts.labels import POINTS_PER_PIXEL, shorten
from copycost.show.charts.palette import Theme

MARGIN = 12.0
TICK_SIZE = 10.5
_PANEL_TITLE = 12.0
_GUTTER = 16.0
_PIXELS_PER_INCH = 96

# DejaVu Sans comes with matplotlib, so every machine measures text alike. An SVG holds text as
# text; the families after the first are for readers who lack it: Verdana is as wide, the others are
# narrower, so a label that fits here fits there.
_FONTS = ["DejaVu Sans", "Verdana", "Segoe UI", "Helvetica Neue", "Arial", "sans-serif"]

# The user's to choose, or of no effect on a figure.
_UNTOUCHED = {"backend", "backend_fallback", "interactive", "toolbar", "timezone"}


@contextmanager
def chart_style(salt: str = "copycost") -> Iterator[None]:
    """Apply the charts' settings for as long as the context lasts.

    Starts from matplotlib's own defaults, so that a user's matplotlibrc cannot change a chart.
    ``salt`` makes the ids inside an SVG repeatable; charts on one page need different ones.
    """
    settings: Any = {k: v for k, v in matplotlib.rcParamsDefault.items() if k not in _UNTOUCHED}
    settings |= {"font.family": ["sans-serif"], "font.sans-serif": _FONTS}
    settings |= {"text.parse_math": False, "text.usetex": False}
    settings |= {"svg.fonttype": "none", "svg.hashsalt": salt, "pdf.fonttype": 42, "path.simplify": False}
    with matplotlib.rc_context(), warnings.catch_warnings():
        # A name may hold characters that the font lacks; it is then drawn with a box in the PNG.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from", category=UserWarning)
        matplotlib.rcParams.update(settings)
        yield


class Sheet:
    """A blank page of a known size; every position and size on it is in CSS pixels from its top left corner."""

    def __init__(self, width: float, height: float, theme: Theme, transparent: bool) -> None:
        """Make a page of a size in CSS pixels, filled with the theme's colour or see-through."""
        # Whole pixels, so that a picture of it has no half-filled row.
        height = math.ceil(height)
        self.width, self.height, self.theme = width, height, theme
        self.figure = Figure(
            figsize=(width / _PIXELS_PER_INCH, height / _PIXELS_PER_INCH),
            dpi=_PIXELS_PER_INCH,
            facecolor="none" if transparent else theme.page,
        )
        FigureCanvasAgg(self.figure)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Add a plot with a line at its left and its foot, and a grid of its values."""
        corner = (left / self.width, 1 - (top + height) / self.height)
        axes = self.figure.add_axes((*corner, width / self.width, height / self.height), facecolor="none")
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set(color=self.theme.guide, linewidth=0.75)
        axes.grid(axis="y", color=self.theme.grid, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(length=3, width=0.75, color=self.theme.guide)
        axes.tick_params(labelcolor=self.theme.muted, labelsize=TICK_SIZE * POINTS_PER_PIXEL)
        return axes

    def text(self, x: float, y: float, text: str, size: float, colour: str, **style: Any) -> Text:
        """Write text with its baseline at ``y``."""
        style = {"va": "baseline", "parse_math": False, **style}
        place = (x / self.width, 1 - y / self.height)
        return self.figure.text(*place, text, fontsize=size * POINTS_PER_PIXEL, color=colour, **style)

    def panel_title(self, left: float, top: float, title: str, room: float) -> None:
        """Write the title of a panel above it, shortened to ``room`` CSS pixels; none where it is ""."""
        if title:
            fitting = shorten(title, room, _PANEL_TITLE, bold=True)
            self.text(left, top + _PANEL_TITLE, fitting, _PANEL_TITLE, self.theme.ink, weight="bold")

    def box(self, left: float, top: float, width: float, height: float, colour: str) -> None:
        """Fill a rectangle of the page."""
        corner = (left / self.width, 1 - (top + height) / self.height)
        size = (width / self.width, height / self.height)
        place = self.figure.transFigure
        self.figure.add_artist(Rectangle(corner, *size, facecolor=colour, linewidth=0, transform=place))

    def line(self, xs: Sequence[float], ys: Sequence[float], **style: Any) -> None:
        """Draw a line through points of the page."""
        across, up = [x / self.width for x in xs], [1 - y / self.height for y in ys]
        self.figure.add_artist(Line2D(across, up, transform=self.figure.transFigure, **style))

    def marker(self, x: float, y: float, marker: str, size: float, edge: str, face: str, width: float = 1.0) -> None:
        """Draw one marker; ``size`` and the ``width`` of its edge are in points."""
        colours = {"markeredgecolor": edge, "markerfacecolor": face}
        self.line([x], [y], marker=marker, markersize=size, markeredgewidth=width, **colours)

    def position(self, axes: Axes, x: float, y: float) -> tuple[float, float]:
        """Return where on the page a data point lies."""
        across, up = axes.transData.transform((x, y))
        return float(across), self.height - float(up)


@dataclass(frozen=True)
class Grid:
    """Where panels stand, row by row, below ``top``; ``room`` is the width that all share.

    A row is as high as its highest panel; ``heights`` has those of the rows.
    """

    count: int
    columns: int
    room: float
    top: float
    heights: tuple[float, ...] = ()

    @property
    def width(self) -> float:
        """The width of one panel."""
        return (self.room - _GUTTER * (self.columns - 1)) / self.columns

    @property
    def bottom(self) -> float:
        """How far down the page the panels reach."""
        return self.top + sum(self.heights)

    def with_panels(self, heights: Sequence[float]) -> Grid:
        """Return the grid with rows that hold panels of these heights."""
        rows = tuple(max(heights[first : first + self.columns]) for first in range(0, self.count, self.columns))
        return replace(self, heights=rows)

    def corner(self, number: int) -> tuple[float, float]:
        """Return the left and the top of a panel."""
        row, column = divmod(number, self.columns)
        return MARGIN + column * (self.width + _GUTTER), self.top + sum(self.heights[:row])

    def is_last_in_column(self, number: int) -> bool:
        """Return whether no panel stands below this one."""
        return number + self.columns >= self.count


def columns_for(count: int, room: float, least: float) -> int:
    """Return in how many columns to stand ``count`` panels that are at least ``least`` wide."""
    columns = max(1, min(count, int(room // least)))
    rows = math.ceil(count / columns)
    return math.ceil(count / rows)
