"""The noise chart: what identical measurements of a machine differ by, against bytes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from copycost.analyse.estimates import COLUMNS
from copycost.analyse.noise_profile import ZERO_COPY, NoiseProfile
from copycost.show.charts.chart import Context
from copycost.show.charts.gallery import file_stem
from copycost.show.charts.lines import draw_lines
from copycost.show.charts.palette import line_styles, theme_named
from copycost.show.charts.points import points, prepare
from copycost.show.charts.provenance import describe_source
from copycost.show.charts.saving import save
from copycost.show.charts.style import chart_style
from copycost.show.charts.ticks import ValueAxis

NAME = "noise"
TITLE = "Noise floor: 95% of identical measurements differ by less"
_AXIS = ValueAxis("difference", lambda share: f"{100 * share:.3g}%")


def draw_noise(
    profile: NoiseProfile,
    out: Path,
    *,
    formats: tuple[str, ...] = ("svg", "png"),
    theme: str = "light",
    width: int = 720,
) -> list[Path]:
    """Draw a profile's noise floor into a folder and return the files.

    Raises:
        UsageError: the folder cannot be written.
    """
    cells = _as_cells(profile)
    colours = theme_named(theme)
    prepared = prepare(cells)
    context = Context(theme=colours, width=width, styles=line_styles(prepared["conversion"].unique(), colours))
    with chart_style():
        drawing = draw_lines(NAME, TITLE, points(prepared, prepared["seconds"], None, None), _AXIS, context)
    source = describe_source(drawing, cells, None, {"machine": profile.machine}, {"width": width, "theme": theme})
    return save(drawing, out / file_stem(NAME, theme), formats, source)


def _as_cells(profile: NoiseProfile) -> pd.DataFrame:
    """Return the profile in the columns of the cells frame, one line for each kind; the value is the floor."""
    sizes = profile.sizes[profile.sizes["floor"] > 0]
    kinds = sizes["kind"].map({ZERO_COPY: "zero-copy conversions"}).fillna("copying conversions")
    facts = {
        "run": "noise profile",
        "machine": profile.machine,
        "arm": "base",
        "conversion": kinds,
        "expression": kinds,
        "direction": "to_tensor",
        "dtype": "all dtypes",
        "size": sizes["bytes"],
        "bytes": sizes["bytes"],
        "threads": 1,
        "cache": "warm",
        "layout": "contiguous",
        "seconds": sizes["floor"],
        "shares_memory": (sizes["kind"] == ZERO_COPY).astype("boolean"),
        "flags": "",
    }
    return pd.DataFrame(facts, index=sizes.index).reindex(columns=list(COLUMNS)).reset_index(drop=True)
