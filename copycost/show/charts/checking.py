"""Whether a chart in a file is still the chart of its results."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd

from copycost.errors import UsageError
from copycost.show.charts.frames import prepared
from copycost.show.charts.gallery import draw
from copycost.show.charts.provenance import hash_for, read_provenance
from copycost.show.charts.registry import chart_named
from copycost.show.charts.saving import alt_bytes, as_json, render


def why_stale(
    path: Path,
    frame: pd.DataFrame,
    *,
    machine: Mapping[str, Any] | None = None,
    rounds: pd.DataFrame | None = None,
    names: tuple[str, str] = ("A", "B"),
    about: tuple[str, ...] = (),
) -> str | None:
    """Return why a chart file does not match its results, or None when it does.

    The data are compared by their hash. An SVG that was drawn with this version of matplotlib is
    also drawn again, with the options that it was drawn with, and compared byte for byte; another
    version of matplotlib may draw the same data differently.

    Raises:
        UsageError: the file cannot be read or is no chart of ours.
    """
    source = read_provenance(path)
    try:
        chart = chart_named(str(source.get("chart")))
    except UsageError:
        return f"there is no chart {source.get('chart')!r} any more"
    if source.get("data") != hash_for(chart, prepared(frame, chart.shows), rounds):
        return "its results have changed"
    drawn_with = source.get("drawn_with")
    same_version = drawn_with == {"matplotlib": matplotlib.__version__}
    if path.suffix != ".svg" or not same_version:
        return None
    try:
        drawing = draw(
            chart.name,
            frame,
            machine=machine,
            rounds=rounds,
            names=names,
            about=about,
            theme=str(source.get("theme")),
            **source.get("options", {}),
        )
    except (UsageError, TypeError) as error:
        return f"it cannot be drawn again: {error}"
    if render(drawing, "svg", as_json(source)) != path.read_bytes():
        return "it would be drawn differently now"
    text = path.with_name(f"{path.stem}.alt.txt")
    if not text.is_file() or text.read_bytes() != alt_bytes(drawing):
        return f"{text.name} is not its description"
    return None
