"""The `report` command: everything that is known of runs, in one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from copycost.commands.delivery import deliver
from copycost.commands.options import PATH, results_option, runs_argument, where_option
from copycost.commands.reading import reading_progress
from copycost.commands.skipping import on_bad, skip_bad_option
from copycost.errors import UsageError
from copycost.program import program
from copycost.store.names import LATEST

if TYPE_CHECKING:
    import pandas as pd

    from copycost.analyse.run import Run
    from copycost.analyse.where import Where
    from copycost.show.document import Chart, Document, Section

MOST_NAMED = 3
"""Runs whose names are the report's title, and that are told of conversion by conversion."""
MOST_EXPLAINED = 2
"""Runs that are explained; each takes more than a second."""


@click.command()
@runs_argument
@click.option("--out", type=PATH, default=Path("report.html"), help="The HTML file.")
@results_option
@where_option
@skip_bad_option
def report(runs: tuple[str, ...], out: Path, results: Path, where: Where | None, skip_bad: bool) -> None:
    """Write one HTML file with everything known of runs: it opens without a network.

    A RUN may also be any suite's pytest-benchmark file.
    """
    from copycost.analyse.select import select
    from copycost.show.render import html

    # Looked at before minutes of results are read.
    if out.is_dir() or not out.parent.is_dir():
        raise UsageError(f"{out}: cannot be written ({'a folder' if out.is_dir() else 'its folder does not exist'})")
    with reading_progress() as progress:
        selected = select(runs or (LATEST,), results, on_bad=on_bad(skip_bad), progress=progress, where=where)
    deliver(html.render(report_document(selected, results)), out)
    click.echo(out)


def report_document(runs: Sequence[Run], results: Path) -> Document:
    """Return everything that is known of runs.

    Args:
        runs: one or several; the others are compared with the first.
        results: the folder that holds the runs.

    Raises:
        UsageError: a run holds nothing to report.
    """
    from copycost.analyse.ceilings import ceilings
    from copycost.analyse.run import without_references
    from copycost.analyse.select import cells_of
    from copycost.show.document import Document, Name, Section
    from copycost.show.quantities import with_quantities
    from copycost.show.sections.against_first import comparison_section
    from copycost.show.sections.benchmarks import benchmark_blocks
    from copycost.show.sections.doubts import doubts_section
    from copycost.show.sections.figures import NAME, cells_table
    from copycost.show.sections.machines import machines_section
    from copycost.show.sections.sharing import sharing_section

    for run in runs:
        if run.estimates.empty:
            raise UsageError(f"{run.path}: holds no conversion to report")
    if len(runs) == 1:
        reached = runs[0].reached if runs[0].fitted else ceilings(runs[0].cells)
    else:  # without intervals of the shares of plain copies, for which the rounds of every run would be read
        reached = ceilings(cells_of(runs))
    cells = with_quantities(without_references(reached))
    benchmark_charts, benchmark_tables = benchmark_blocks(
        {name: frame for run in runs for name, frame in run.benchmarks.items()}
    )
    sections = [
        _summary(runs, cells),
        doubts_section(runs, NAME),
        _charts(runs, cells, benchmark_charts),
        comparison_section(runs, results),
        _explanation(runs),
        sharing_section(cells),
        machines_section(runs),
        Section("Figures", (cells_table(cells), *benchmark_tables), "figures"),
    ]
    names = [part for run in runs[:MOST_NAMED] for part in (", ", Name(run.name))][1:]
    more = [f" and {len(runs) - MOST_NAMED} more"] if len(runs) > MOST_NAMED else []
    return Document((*names, *more), tuple(section for section in sections if section is not None))


def _summary(runs: Sequence[Run], cells: pd.DataFrame) -> Section:
    """Return of each run what was measured, of a few runs also what it costs."""
    import numpy as np

    from copycost.show.document import Block, Lines, Name, Section
    from copycost.show.render.figures import counted
    from copycost.show.sections.summary import MOST_CONVERSIONS, summary_blocks

    blocks: list[Block] = []
    ends = np.cumsum([len(run.estimates) for run in runs])
    for run, end in list(zip(runs, ends, strict=True))[:MOST_NAMED]:
        explained = len(runs) <= MOST_EXPLAINED and bool(run.fitted)
        blocks += summary_blocks(run, cells.iloc[end - len(run.estimates) : end], explained=explained)
    rest = runs[MOST_NAMED:]
    if rest:
        named = [part for run in rest[:MOST_CONVERSIONS] for part in (", ", Name(run.name))][1:]
        more = f" and {len(rest) - MOST_CONVERSIONS} more" if len(rest) > MOST_CONVERSIONS else ""
        blocks.append(Lines(((f"And {counted(len(rest), 'more run')}: ", *named, f"{more}."),)))
    return Section("Summary", tuple(blocks), "summary")


def _charts(runs: Sequence[Run], cells: pd.DataFrame, of_benchmarks: Sequence[Chart]) -> Section:
    """Return the charts over bytes or of benchmarks, and of one run that of its rounds."""
    from copycost.show.charts.guides import data_caches
    from copycost.show.document import Section
    from copycost.show.sections.curves import cells_chart, names_chart
    from copycost.show.sections.rounds import rounds_chart

    machine = runs[0].machine
    over_bytes = cells_chart(cells, data_caches(machine) if all(run.machine == machine for run in runs) else [])
    charts = [over_bytes] if over_bytes is not None else [] if of_benchmarks else [names_chart(cells)]
    charts += of_benchmarks
    if len(runs) == 1:
        rounds = runs[0].rounds
        charts.append(rounds_chart(cells, rounds[(rounds["direction"] != "reference").to_numpy(dtype=bool)]))
    return Section("Charts", tuple(charts), "charts")


def _explanation(runs: Sequence[Run]) -> Section | None:
    """Return of a few runs the explanation, of more where to find it; None where nothing has a size."""
    from copycost.show.document import Block, Folded, Lines, Name, Section
    from copycost.show.sections.explanation import advice_section, curve_sections, first_call_sections

    explained = [run for run in runs if run.estimates["bytes"].notna().any()]
    if not explained:
        return None
    if len(explained) > MOST_EXPLAINED:
        line = f"A report of more than {MOST_EXPLAINED} runs explains none of them: `{program()} explain RUN` does."
        return Section("Explanation", (Lines((line,)),), "explanation")
    blocks: list[Block] = []
    for number, run in enumerate(explained):
        curves = [Folded(section.title, section.blocks) for section in curve_sections(run, run.model, run.crossovers)]
        said = Lines(("Time as a function of bytes, curve by curve; intervals are 95%.",))
        first_calls = first_call_sections(run.first_calls, f"first_calls_{number}" if number else "first_calls")
        of_run: tuple[Block, ...] = (advice_section(run.advice), *first_calls, said, *curves)
        blocks += [Folded(Name(run.name), of_run)] if len(explained) > 1 else of_run
    return Section("Explanation", tuple(blocks), "explanation")
