"""The `show` command: what a run measured, as tables with their doubts; of a tree, which runs are in it."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from copycost.commands.options import results_option, run_argument, tells, where_option
from copycost.commands.skipping import on_bad, skip_bad_option
from copycost.errors import UsageError

if TYPE_CHECKING:
    from copycost.analyse.run import Run
    from copycost.analyse.where import Where
    from copycost.show.document import Document


@click.command()
@run_argument
@tells()
@results_option
@where_option
@skip_bad_option
def show(run: str, results: Path, where: Where | None, skip_bad: bool) -> Document:
    """Print a run's table."""
    from copycost.analyse.select import select
    from copycost.commands.reading import reading_progress
    from copycost.show.sections.tree import tree_document

    with reading_progress() as progress:
        runs = select([run], results, on_bad=on_bad(skip_bad), progress=progress, where=where)
    return run_document(runs[0], run) if len(runs) == 1 else tree_document(Path(run).name, runs)


def run_document(run: Run, typed: str = "") -> Document:
    """Return what there is to say of one run: its figures, how to read them, and what to distrust about them.

    Args:
        run: any.
        typed: the word that names it on a command line, its name unless another was typed.

    Raises:
        UsageError: it holds no conversion.
    """
    from copycost.program import program
    from copycost.show.document import Block, Document, Line, Lines, Name
    from copycost.show.sections.costs import any_layout, cost_tables, instruction_tables, legend, multiples
    from copycost.show.sections.doubts import brief_notes
    from copycost.show.sections.machines import heading
    from copycost.show.sections.summary import answer

    cells = run.estimates
    if cells.empty:
        raise UsageError(f"{run.path}: holds no conversion to show")
    doubts = brief_notes(run, table="cells")
    sized = bool((cells["bytes"] > 0).any())
    more: Line = ("more about these: ", program(), " explain ", Name(quote(typed or run.name)))
    blocks: tuple[Block, ...] = (
        *answer(cells.assign(multiple=multiples(cells)), run.machine.get("caches") or ()),
        *cost_tables(cells),
        legend(cells),
        *any_layout(cells),
        *instruction_tables(cells),
        *doubts,
        *([Lines((more,))] if doubts and sized else []),
    )
    return Document(heading(run) if run.record else "", blocks, data={"cells": cells, "missing": run.missing})
