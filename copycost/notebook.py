"""Runs in a notebook: opened by what a person would type, shown as the command line tells them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from copycost.analyse.run import Run, without_references
from copycost.analyse.run_comparison import MARGIN, RunComparison, compare_runs
from copycost.analyse.select import cells_of, one_run, require_one_arm, select
from copycost.analyse.where import parse_where
from copycost.errors import UsageError
from copycost.store.names import LATEST

# What draws is imported where it is wanted: who reads frames does not wait for it.
if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from copycost.show.chart_data import ChartData
    from copycost.show.charts.chart import Drawing
    from copycost.show.document import Document

_MOST_NAMED = 3


def open(*words: str | Path, results: str | Path = "results", where: str | None = None) -> Opened:
    """Open runs by what the command line takes; nothing is measured, and torch is not needed.

    Args:
        words: each a run's folder or name, a part of its name, ``latest`` (which none stands for), ``RUN@ARM``, a
            pytest-benchmark file, an address (``s3://…``), or a folder with runs anywhere below it.
        results: the folder that holds the runs.
        where: only these cells, such as ``dtype=float64,size>=1M``.

    Raises:
        UsageError: a word stands for nothing, or a run cannot be read.
    """
    typed = [str(word) for word in words] or [LATEST]
    runs = select(list(dict.fromkeys(typed)), Path(results), where=None if where is None else parse_where(where))
    return Opened(runs, typed[0], Path(results))


class Opened:
    """One run, or several, as a notebook shows them.

    Attributes:
        runs: the runs, with all that follows from their figures: ``model``, ``crossovers``, ``machine`` and so on.
    """

    def __init__(self, runs: Sequence[Run], word: str, results: Path) -> None:
        """Take runs that are selected already, the word that stands for them, and the folder that holds them."""
        self.runs, self._word, self._results = list(runs), word, results

    @property
    def cells(self) -> pd.DataFrame:
        """One row for each cell of each run, as `export` writes them: ``seconds`` with ``ci_low`` and ``ci_high``."""
        return without_references(cells_of(self.runs))

    @property
    def references(self) -> pd.DataFrame:
        """The cells that bound the others: the empty call and the plain copies."""
        cells = cells_of(self.runs)
        return cells[(cells["direction"] == "reference").to_numpy(dtype=bool, na_value=False)].reset_index(drop=True)

    @property
    def rounds(self) -> pd.DataFrame:
        """One row for each round of each run, marked ``quiet`` or not; of tens of runs, not of thousands."""
        return pd.concat([run.rounds for run in self.runs], ignore_index=True)

    def plot(self, chart: str = "cost", *, theme: str = "light", width: int = 720) -> Plot:
        """Draw a chart of one run or of several, by its name in `plot --list`, ``width`` CSS pixels wide.

        Raises:
            UsageError: the chart, theme or width is unknown, or the runs lack what the chart needs.
        """
        from copycost.show.chart_data import run_data, runs_data
        from copycost.show.charts.frames import FRAMES, PAIR, RUN, RUNS
        from copycost.show.charts.registry import chart_named

        shows = chart_named(chart).shows
        if shows == PAIR:
            raise UsageError(f"chart {chart!r} needs two runs: open(A).compare(B).plot({chart!r})")
        if shows not in (RUN, RUNS):
            raise UsageError(f"chart {chart!r} cannot be drawn: it needs {FRAMES[shows].takes}")
        data = run_data(*self.runs) if shows == RUN else runs_data(self.runs)
        return _plot(chart, data, theme, width)

    def compare(self, other: Opened | str | Path, *, margin: float = MARGIN, anyway: bool = False) -> Compared:
        """Say for every cell whether ``other`` is faster or slower than this run, the same, or that it is undecided.

        Args:
            other: an opened run, or what `open` takes, found in the same results.
            margin: what still counts as the same, as a share.
            anyway: whether runs of different methods are compared, every row marked.

        Raises:
            UsageError: a side has several arms, or the two cannot be compared.
        """
        candidate = other if isinstance(other, Opened) else open(other, results=self._results)
        return Compared(compare_runs(self._side(), candidate._side(), margin=margin, anyway=anyway))

    def _side(self) -> Run:
        for run in self.runs:
            require_one_arm(run, self._word)
        return one_run(self._word, self.runs, self._results)

    def __repr__(self) -> str:
        """Return the names of the runs, and how many cells they have."""
        more = ", …" if len(self.runs) > _MOST_NAMED else ""
        return f"<{', '.join(run.name for run in self.runs[:_MOST_NAMED])}{more}: {len(self.cells)} cells>"

    def _repr_html_(self) -> str:
        from copycost.commands.show import run_document
        from copycost.show.sections.tree import tree_document

        if len(self.runs) == 1:
            return _html(run_document(self.runs[0]))
        return _html(tree_document(Path(self._word).name, self.runs))


class Compared:
    """Two runs compared, as a notebook shows them."""

    def __init__(self, compared: RunComparison) -> None:
        """Take a comparison."""
        self._compared = compared

    @property
    def cells(self) -> pd.DataFrame:
        """One row for each cell that either has: ``ratio``, ``ci_low``, ``ci_high``, ``verdict`` and its ``flags``."""
        return self._compared.cells

    def plot(self, chart: str = "ratio", *, theme: str = "light", width: int = 720) -> Plot:
        """Draw a chart of two runs, by its name in `plot --list`, ``width`` CSS pixels wide.

        Raises:
            UsageError: the chart, theme or width is unknown, or it is no chart of two runs.
        """
        from copycost.show.chart_data import pair_data
        from copycost.show.charts.frames import FRAMES, PAIR
        from copycost.show.charts.registry import chart_named

        shows = chart_named(chart).shows
        if shows != PAIR:
            raise UsageError(f"chart {chart!r} cannot be drawn: it needs {FRAMES[shows].takes}")
        return _plot(chart, pair_data(self._compared), theme, width)

    def __repr__(self) -> str:
        """Return the names of the two, and how many cells have which verdict."""
        counts = ", ".join(f"{count} {verdict}" for verdict, count in self.cells["verdict"].value_counts().items())
        return f"<{self._compared.candidate.name} against {self._compared.baseline.name}: {counts}>"

    def _repr_html_(self) -> str:
        from copycost.commands.compare import comparison_document

        return _html(comparison_document(self._compared))


class Plot:
    """A drawn chart, which a notebook shows as a picture.

    Attributes:
        figure: matplotlib's figure, to be changed or saved.
    """

    def __init__(self, drawing: Drawing, width: int) -> None:
        """Take a drawing and its width in CSS pixels."""
        self.figure: Figure = drawing.figure
        self._drawing, self._width = drawing, width

    def __repr__(self) -> str:
        """Return the chart in words, for readers who cannot see it."""
        return self._drawing.alt

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """Return the picture at twice the pixels of the page, and how wide it is there."""
        from copycost.show.charts.chart_files import render

        return render(self._drawing, "png"), {"width": self._width}


def _plot(chart: str, data: ChartData, theme: str, width: int) -> Plot:
    from copycost.show.charts import gallery

    return Plot(gallery.draw(chart, data.frame, theme=theme, width=width, **data.beside), width)


def _html(document: Document) -> str:
    from markdown_it import MarkdownIt

    from copycost.show.render import markdown

    # What stands in a notebook without scripts, so that it is seen where the notebook is not trusted. In the Markdown
    # nothing that others wrote is markup: the elements in it are the renderer's own.
    html: str = MarkdownIt("commonmark").enable("table").render(markdown.render(document))
    return html
