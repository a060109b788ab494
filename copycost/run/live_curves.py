"""Small curves for a terminal: what each conversion costs over the sizes, as far as it is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from copycost.analyse.grouping import Floats, floats
from copycost.errors import one_line
from copycost.units import format_seconds

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII = "_.-:=+*#"
"""The same heights where a terminal cannot show blocks: the darker, the dearer."""
LONGEST_NAME = 24
LEAST_WIDTH = 40
MOST_SIZES = 32
_GAP = "  "
_RANGE = len("1.23 µs to 45.6 ms")
_USUAL = {"threads": "1", "cache": "warm", "layout": "contiguous"}
_UNITS = {"threads": " threads", "cache": " cache", "layout": ""}


def curve_lines(cells: pd.DataFrame, width: int, height: int, *, blocks: bool = True) -> list[str]:
    """Return a heading and a line for each conversion: its name, a curve for each dtype and other condition, its span.

    All curves have one logarithmic axis. As many conditions stand side by side as there is room for.

    Args:
        cells: ``conversion``, ``direction``, ``arm``, ``dtype``, ``size``, ``bytes``, ``threads``, ``cache``,
            ``layout`` and ``seconds`` (NaN where nothing is known yet).
        width: columns of the terminal.
        height: the most lines.
        blocks: whether it can show block elements.
    """
    own = cells[(floats(cells["bytes"]) > 0) & (cells["direction"] != "reference").to_numpy(dtype=bool)]
    costs = floats(own["seconds"])
    if width < LEAST_WIDTH or height < 2 or not (costs > 0).any():
        return []
    conversions = list(dict.fromkeys(own["conversion"].astype(str)))
    labels = _labels(own)
    sizes = [int(number) for number in sorted(own["size"].dropna().unique())]
    shown = (
        sizes if len(sizes) <= MOST_SIZES else [sizes[n] for n in np.linspace(0, len(sizes) - 1, MOST_SIZES, dtype=int)]
    )
    name_width = min(LONGEST_NAME, max(map(len, conversions)))
    room = width - name_width
    columns = list(_fitting(list(dict.fromkeys(labels)), len(shown), room - len(_GAP) - _RANGE))
    spans = bool(columns)
    columns = columns or list(_fitting(labels[:1], len(shown), room))
    if not columns:
        return []
    known = dict(
        zip(zip(own["conversion"].astype(str), labels, map(int, own["size"]), strict=True), costs, strict=True)
    )
    low, high = float(np.log(costs[costs > 0].min())), float(np.log(costs[costs > 0].max()))

    def line(conversion: str) -> str:
        values = [np.array([known.get((conversion, label, size), np.nan) for size in shown]) for label, _ in columns]
        curves = [_curve(of, low, high, blocks).ljust(room) for of, (_, room) in zip(values, columns, strict=True)]
        span = _span(values[0]) if spans else ""
        return _GAP.join([_cut(conversion, name_width), *curves, span]).rstrip()

    rows = conversions if len(conversions) < height else conversions[: height - 2]
    heading = _GAP.join([" " * name_width, *(_cut(label, room) for label, room in columns)]).rstrip()
    more = [f"and {len(conversions) - len(rows)} more"] if len(rows) < len(conversions) else []
    lines = [heading, *map(line, rows), *more]
    return lines if blocks else [line.replace("µ", "u").encode("ascii", "replace").decode() for line in lines]


def _labels(cells: pd.DataFrame) -> list[str]:
    """Return for each cell its dtype and whatever else is not as usual."""
    arms = cells["arm"].astype(str)
    parts = [cells["dtype"].astype(str)]
    for name, usual in _USUAL.items():
        values = cells[name].astype(str)
        parts.append(values.where(values.eq(usual), ", " + values + _UNITS[name]).where(values.ne(usual), ""))
    if arms.nunique() > 1:
        parts.append(", " + arms)
    return ["".join(row) for row in zip(*parts, strict=True)]


def _fitting(labels: Sequence[str], sizes: int, room: int) -> Iterator[tuple[str, int]]:
    """Yield as many of the columns as there is room for, each with its width."""
    for label in labels:
        own = max(sizes, min(len(label), LONGEST_NAME))
        room -= own + len(_GAP)
        if room < 0:
            return
        yield label, own


def _curve(seconds: Floats, low: float, high: float, blocks: bool) -> str:
    """Return a sign for each figure, the higher the dearer; a blank where there is none."""
    signs = BLOCKS if blocks else ASCII
    place = np.zeros(len(seconds))
    known = seconds > 0
    place[known] = (np.log(seconds[known]) - low) / max(high - low, 1e-9) * (len(signs) - 1)
    return "".join(signs[round(float(at))] if is_known else " " for at, is_known in zip(place, known, strict=True))


def _span(seconds: Floats) -> str:
    known = seconds[seconds > 0]
    if not len(known):
        return ""
    low, high = format_seconds(float(known.min())), format_seconds(float(known.max()))
    return low if low == high else f"{low} to {high}"


def _cut(text: str, width: int) -> str:
    own = one_line(text)
    return (own if len(own) <= width else own[: width - 1] + "…").ljust(width)
