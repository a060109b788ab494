"""The `plot` command: the charts of a run as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from copycost.show.charts.gallery import draw_all
from copycost.show.charts.registry import CHARTS
from copycost.show.run_view import RunView, read_run


def plot_run(
    path: Path,
    out: Path,
    *,
    chart: Sequence[str] = (),
    format: str = "svg,png",
    theme: str = "light",
    width: int = 720,
) -> list[Path]:
    """Draw charts of a run into a folder and return the files.

    Args:
        path: a run folder or a pytest-benchmark file.
        out: the folder for the charts; made when it is missing.
        chart: names of charts; none means every chart that the data allow.
        format: any of svg, png and pdf, joined by commas.
        theme: light, dark or both, joined by a comma.
        width: CSS pixels.

    Raises:
        UsageError: a name is unknown, a chart cannot be drawn, or the folder cannot be written.
    """
    return draw_view(read_run(path), out, chart=chart, format=format, theme=theme, width=width)


def draw_view(
    view: RunView,
    out: Path,
    *,
    chart: Sequence[str] = (),
    format: str = "svg,png",
    theme: str = "light",
    width: int = 720,
) -> list[Path]:
    """Draw charts of a run that is already read; see `plot_run`."""
    return draw_all(
        view.cells,
        out,
        list(chart) or None,
        machine=view.record["machine"] if view.record else None,
        formats=_words(format),
        themes=_words(theme),
        width=width,
        rounds=view.rounds,
    )


def chart_list() -> str:
    """Return the charts that there are, a line each; those drawn without being named have a mark."""
    widest = max(map(len, CHARTS))
    return "\n".join(
        f"{'*' if chart.by_itself else ' '} {name:<{widest}}  {chart.title}" for name, chart in CHARTS.items()
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))
