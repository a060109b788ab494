"""Charts of the cells frame: one file and one record each; ``draw_all`` writes them to a folder."""

from __future__ import annotations

from copycost.show.charts.chart import Chart, Context, Drawing
from copycost.show.charts.checking import why_stale
from copycost.show.charts.gallery import draw, draw_all, drawable, file_stem
from copycost.show.charts.palette import THEMES
from copycost.show.charts.provenance import data_hash, read_provenance
from copycost.show.charts.registry import CHARTS
from copycost.show.charts.saving import FORMATS, render, save

__all__ = [
    "CHARTS",
    "FORMATS",
    "THEMES",
    "Chart",
    "Context",
    "Drawing",
    "data_hash",
    "draw",
    "draw_all",
    "drawable",
    "file_stem",
    "read_provenance",
    "render",
    "save",
    "why_stale",
]
