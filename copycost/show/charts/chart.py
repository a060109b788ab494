"""The record of a chart: its name, its title, the data that it needs, and the function that draws it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from copycost.show.charts.palette import LineStyle, Theme


@dataclass(frozen=True)
class Context:
    """Everything that a chart is drawn with beside its frame.

    ``width`` is in CSS pixels; ``rounds`` is the rounds frame with a boolean ``quiet`` column,
    where the caller has one; ``styles`` holds a line style for every conversion of the frame.
    ``references`` are the cells of the plain copies and the empty call, where the frame had them;
    ``names`` are those of the two sides of a comparison, and ``about`` the words under the title that stand
    there instead of machine, run and versions.
    """

    theme: Theme
    width: int
    styles: Mapping[str, LineStyle]
    machine: Mapping[str, Any] | None = None
    language_free: bool = False
    transparent: bool = False
    rounds: pd.DataFrame | None = None
    references: pd.DataFrame | None = None
    names: tuple[str, str] = ("A", "B")
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drawing:
    """A drawn chart: the figure, and its text for readers who cannot see it."""

    chart: str
    title: str
    theme: str
    figure: Figure
    alt: str


@dataclass(frozen=True)
class Chart:
    """A chart that can be drawn of any frame of its sort.

    ``shows`` names the sort of frame that the chart is drawn from (see ``frames.FRAMES``). ``needs`` takes that
    frame, prepared, and the rounds frame or None, and returns why the chart cannot be drawn from them,
    or None when it can. ``draw`` takes the prepared frame and the context. ``uses_rounds`` and
    ``uses_references`` say whether it shows rounds or plain copies beside the cells, and ``by_itself``
    whether the chart is drawn without being named.
    """

    name: str
    title: str
    needs: Callable[[pd.DataFrame, pd.DataFrame | None], str | None]
    draw: Callable[[pd.DataFrame, Context], Drawing]
    uses_rounds: bool = False
    uses_references: bool = False
    by_itself: bool = True
    shows: str = "run"
