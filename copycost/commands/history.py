"""The `history` command: one machine's runs in the order of time, and the steps in their figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from copycost.commands.options import PATH, results_option, tells, where_option
from copycost.commands.skipping import on_bad, skip_bad_option

if TYPE_CHECKING:
    import pandas as pd

    from copycost.analyse.where import Where
    from copycost.show.document import Document


@click.command()
@click.argument("label")
@click.option("--plots", type=PATH, help="Draw the history's chart into this folder too.")
@tells()
@results_option
@where_option
@skip_bad_option
def history(label: str, plots: Path | None, results: Path, where: Where | None, skip_bad: bool) -> Document:
    """Show each cell against its past; LABEL is how the runs' names begin, the machine's name,
    or a CPU model, whose machines are then taken as one."""
    from copycost.analyse.history import latest, step_changes
    from copycost.analyse.run_history import run_history
    from copycost.analyse.select import select_history
    from copycost.show.document import Block, Column, Document, Name, Note, Table
    from copycost.show.render.figures import counted

    tell = on_bad(skip_bad)
    found = run_history(select_history(label, results, on_bad=tell, where=where), on_bad=tell)
    steps, newest = step_changes(found.series), latest(found.series)
    missing: list[str] = []
    if plots is not None:
        from copycost.show.chart_data import draw, history_data

        chart = history_data(found.series, label)
        if chart.possible:
            draw(chart, plots)
        else:
            missing = [f"no chart is drawn: {reason}" for reason in chart.impossible]
    by_model = []
    if found.cpu_model is not None:
        said = f"by CPU model: {found.machines} machines of one model"
        by_model = [f"{said}, {found.cpu_model}; a step may be that of another machine"]
    notes = [
        *missing,
        *by_model,
        f"{counted(found.series['run'].nunique(), 'run')}, {counted(len(steps), 'step')}; a step is a level that at "
        "least two runs share (least squares with a penalty of 3 log n, by optimal partitioning)",
        *(f"{name} is {status}: taken as far as it goes" for name, status in found.unfinished),
        *(f"{name} is left out: another method than the newest run's ({fields})" for name, fields in found.left_out),
    ]
    tables = [
        Table(
            "steps",
            _told(steps).assign(levels=[f"{row['runs_before']} + {row['runs_after']}" for _, row in steps.iterrows()]),
            (
                Column("since", "since"),
                Column("run", "run", "name"),
                Column("cell", "cell", "name"),
                Column("bytes", "bytes", "bytes"),
                Column("before", "before", "seconds"),
                Column("after", "after", "seconds"),
                Column("ratio", "ratio", "ratio"),
                Column("levels", "runs"),
            ),
            caption="Steps",
        ),
        Table(
            "latest",
            _told(newest),
            (
                Column("cell", "cell", "name"),
                Column("bytes", "bytes", "bytes"),
                Column("runs", "runs", "count"),
                Column("past", "past", "seconds"),
                Column("seconds", "newest", "seconds"),
                Column("ratio", "ratio", "ratio"),
                Column("flags", "doubts", "doubts"),
            ),
            caption="Newest against the past",
        ),
    ]
    blocks: list[Block] = [*map(Note, notes), *(table for table in tables if len(table.frame))]
    return Document(
        ("History of ", Name(label)), tuple(blocks), data={"series": found.series, "steps": steps, "latest": newest}
    )


def _told(rows: pd.DataFrame) -> pd.DataFrame:
    from copycost.show.sections.comparison import cell_name

    since: Sequence[str] = [f"{created:%Y-%m-%d %H:%M}" for created in rows["created"]]
    return rows.assign(since=since, cell=[cell_name(row) for _, row in rows.iterrows()])
