"""The `report` command: everything that is known of runs, in one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from copycost.show.charts.guides import data_caches
from copycost.show.charts.palette import THEMES
from copycost.show.quantities import with_quantities
from copycost.show.readable import readable
from copycost.show.report.benchmarks import benchmark_blocks
from copycost.show.report.cells_table import cells_table
from copycost.show.report.comparison_section import comparison_section
from copycost.show.report.curves import cells_chart, names_chart
from copycost.show.report.document import Chart, Section, Table, encoded
from copycost.show.report.doubts_section import doubts_section
from copycost.show.report.explanation_section import explanation_section
from copycost.show.report.machines_section import machines_section
from copycost.show.report.page import page
from copycost.show.report.rounds import rounds_chart
from copycost.show.report.semantics_section import semantics_section
from copycost.show.report.source import Source, read_sources
from copycost.show.report.summary_section import summary_section
from copycost.store.bad_files import OnBad

MOST_NAMED = 3


def report_runs(runs: Sequence[str], results: Path, on_bad: OnBad | None = None) -> str:
    """Return the report of runs as HTML that needs no other file.

    Args:
        runs: as they were typed: each a run, a folder or a pytest-benchmark file of any suite.
        results: the folder that holds the runs.
        on_bad: as for ``load``.

    Raises:
        UsageError: a run cannot be found or read, or holds nothing to report.
    """
    sources = read_sources(readable(runs, results, on_bad), results, on_bad)
    return page(encoded_content(sources, results, on_bad))


def encoded_content(sources: Sequence[Source], results: Path, on_bad: OnBad | None = None) -> dict[str, Any]:
    """Return a report's content as JSON holds it: titles, sections and the colours of the charts."""
    content = {
        "title": _title(sources),
        "made_with": f"copycost {_version()}",
        "themes": {name: _colours(name) for name in THEMES},
        "sections": _sections(sources, results, on_bad),
    }
    found: Any = encoded(content)
    return dict(found)


def _sections(sources: Sequence[Source], results: Path, on_bad: OnBad | None) -> list[Section]:
    cells = with_quantities(pd.concat([source.cells for source in sources], ignore_index=True))
    sources = _with_own(sources, cells)
    benchmarks = benchmark_blocks({run: frame for source in sources for run, frame in source.benchmarks.items()})
    tables = (cells_table(cells), *(block for block in benchmarks if isinstance(block, Table)))
    charts = [*_charts(sources, cells), *(block for block in benchmarks if isinstance(block, Chart)), *_rounds(sources)]
    found = [
        doubts_section(sources),
        summary_section(sources),
        Section("charts", "Charts", tuple(charts)) if charts else None,
        comparison_section(sources, results, on_bad),
        explanation_section(sources, on_bad),
        semantics_section(sources),
        machines_section(sources),
        Section("figures", "Figures", tables),
    ]
    return [section for section in found if section is not None]


def _with_own(sources: Sequence[Source], cells: pd.DataFrame) -> list[Source]:
    """Return the sources with their parts of the cells of all of them."""
    ends = np.cumsum([len(source.cells) for source in sources])
    return [
        replace(source, cells=cells.iloc[end - len(source.cells) : end].reset_index(drop=True))
        for source, end in zip(sources, ends, strict=True)
    ]


def _charts(sources: Sequence[Source], cells: pd.DataFrame) -> list[Chart]:
    first = sources[0].machine
    caches = data_caches(first) if all(source.machine == first for source in sources) else []
    over_bytes = cells_chart(cells, caches)
    if over_bytes is None and not any(source.benchmarks for source in sources):
        return [names_chart(cells)]
    return [over_bytes] if over_bytes else []


def _rounds(sources: Sequence[Source]) -> list[Chart]:
    return [rounds_chart(source.cells, source.rounds) for source in sources if source.rounds is not None]


def _title(sources: Sequence[Source]) -> str:
    names = [source.name for source in sources[:MOST_NAMED]]
    more = f" and {len(sources) - MOST_NAMED} more" if len(sources) > MOST_NAMED else ""
    return ", ".join(names) + more


def _colours(theme: str) -> dict[str, str]:
    own = THEMES[theme]
    return {"page": own.page, "ink": own.ink, "muted": own.muted, "guide": own.guide, "grid": own.grid}


def _version() -> str:
    try:
        return metadata.version("copycost")
    except metadata.PackageNotFoundError:
        return ""
