"""A page's charts: drawn beside it, and as Markdown with their descriptions."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from copycost.show import chart_data
from copycost.show.chart_data import ChartData, Look
from copycost.show.charts.gallery import file_stem
from copycost.show.docs_page.markdown import unmarked

CHARTS = {"cost": "by size", "multiple": "from which size", "throughput": "bytes", "share": "bytes"}
"""Charts of a page in order, and the section that each belongs to."""
MARKDOWN = "markdown"
MYST = "myst"
SYNTAXES = (MARKDOWN, MYST)


def possible(data: ChartData) -> list[str]:
    """Return the names of a page's charts that the run allows."""
    return [chart for chart in CHARTS if chart in data.possible]


def draw(data: ChartData, folder: Path, themes: Sequence[str], width: int) -> list[Path]:
    """Draw a page's charts into a folder as SVG and return all files, descriptions included."""
    names = possible(data)
    return chart_data.draw(data, folder, names, Look("svg", ",".join(themes), width)) if names else []


def shown(chart: str, folder: Path, themes: Sequence[str], syntax: str) -> list[str]:
    """Return the Markdown of a chart that is drawn in a folder, with its description as alternative text.

    With both themes: a ``<picture>`` that follows the reader's setting, which GitHub and MkDocs show; for
    MyST two image directives of the classes that Sphinx themes hide by their own setting. With one theme: an
    image.
    """
    paths = {theme: f"{file_stem(chart, theme)}.svg" for theme in themes}
    alt = " ".join((folder / f"{file_stem(chart, themes[0])}.alt.txt").read_text(encoding="utf-8").split())
    if syntax == MYST:
        return [line for theme in themes for line in _directive(paths[theme], alt, theme if len(themes) > 1 else None)]
    if len(themes) == 1:
        return [f"![{unmarked(alt)}]({paths[themes[0]]})", ""]
    return [
        "<picture>",
        f'  <source media="(prefers-color-scheme: dark)" srcset="{paths["dark"]}">',
        f'  <img src="{paths["light"]}" alt="{_attribute(alt)}">',
        "</picture>",
        "",
    ]


def _directive(path: str, alt: str, only: str | None) -> list[str]:
    lines = [f"```{{image}} {path}", f":alt: {_option(alt)}"]
    return [*lines, *([f":class: only-{only}"] if only else []), "```", ""]


def _attribute(text: str) -> str:
    """Return text for an attribute in which Markdown finds nothing either."""
    return "".join(sign if sign not in "*_`[]|\\" else f"&#{ord(sign)};" for sign in escape(text))


def _option(text: str) -> str:
    """Return text for an option of a directive, as YAML reads it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("```", "'''") + '"'
