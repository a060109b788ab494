"""A figure laid out in CSS pixels from its top left corner."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from copycost.show.charts.labels import POINTS_PER_PIXEL
from copycost.show.charts.palette import Theme

MARGIN = 12.0
TICK_SIZE = 10.5
_PIXELS_PER_INCH = 96


class Sheet:
    """A blank page of a known size; every position and size on it is in CSS pixels."""

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
        axes = self.figure.add_axes(
            (
                left / self.width,
                1 - (top + height) / self.height,
                width / self.width,
                height / self.height,
            ),
            facecolor="none",
        )
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            axes.spines[side].set(color=self.theme.guide, linewidth=0.75)
        axes.grid(axis="y", color=self.theme.grid, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(
            length=3,
            width=0.75,
            color=self.theme.guide,
            labelcolor=self.theme.muted,
            labelsize=TICK_SIZE * POINTS_PER_PIXEL,
        )
        return axes

    def text(self, x: float, y: float, text: str, size: float, colour: str, **style: Any) -> Text:
        """Write text with its baseline at ``y``."""
        return self.figure.text(
            x / self.width,
            1 - y / self.height,
            text,
            fontsize=size * POINTS_PER_PIXEL,
            color=colour,
            **{"va": "baseline", "parse_math": False, **style},
        )

    def box(self, left: float, top: float, width: float, height: float, colour: str) -> None:
        """Fill a rectangle of the page."""
        corner = (left / self.width, 1 - (top + height) / self.height)
        self.figure.add_artist(
            Rectangle(
                corner,
                width / self.width,
                height / self.height,
                facecolor=colour,
                linewidth=0,
                transform=self.figure.transFigure,
            )
        )

    def line(self, xs: Sequence[float], ys: Sequence[float], **style: Any) -> Line2D:
        """Draw a line through points of the page."""
        line = Line2D(
            [x / self.width for x in xs],
            [1 - y / self.height for y in ys],
            transform=self.figure.transFigure,
            **style,
        )
        self.figure.add_artist(line)
        return line

    def position(self, axes: Axes, x: float, y: float) -> tuple[float, float]:
        """Return where on the page a data point lies."""
        across, up = axes.transData.transform((x, y))
        return float(across), self.height - float(up)
