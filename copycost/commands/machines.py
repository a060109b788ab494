"""The `machines` command: what machines differ in, the shape of their figures, and why one is slower than another."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from copycost.commands.options import results_option, runs_argument, tells, where_option
from copycost.commands.skipping import on_bad, skip_bad_option
from copycost.store.names import LATEST

if TYPE_CHECKING:
    from copycost.analyse.fleet import Fleet
    from copycost.analyse.run import Run
    from copycost.analyse.where import Where
    from copycost.show.document import Block, Document


@click.command()
@runs_argument
@click.option("--dtype", help="Whose curves to show; by default that in which the most conversions copy.")
@click.option("--one-clock", is_flag=True, help="Take the machines' clock frequencies out: all times at the first's.")
@tells()
@results_option
@where_option
@skip_bad_option
def machines(
    runs: tuple[str, ...], dtype: str | None, one_clock: bool, results: Path, where: Where | None, skip_bad: bool
) -> Document:
    """Describe the machines of runs, show what differs, and tell slower machines from slower conversions.

    Of more than a handful, the runs of one machine are taken together, and more machines than that by CPU model.
    """
    from copycost.analyse.fleet import fleet
    from copycost.analyse.select import select
    from copycost.commands.reading import reading_progress
    from copycost.show.document import Document
    from copycost.show.render.figures import counted
    from copycost.show.sections.fleet import (
        careful,
        cpu_models,
        facts,
        facts_by_model,
        ranking,
        slower_machine_or_conversion,
    )
    from copycost.show.sections.machine_answer import answer
    from copycost.show.sections.shapes import shape_tables

    with reading_progress() as progress:
        selected = select(runs or (LATEST,), results, on_bad=on_bad(skip_bad), progress=progress, where=where)
    units = [unit for run in selected for unit in _units(run)]
    found = fleet(units, dtype, one_clock=one_clock)

    blocks: list[Block] = [*answer(found), *_picture(runs, selected, found, results), *careful(found)]
    if found.models is None:
        blocks += facts(found.machines)
    else:
        blocks += [*cpu_models(found.models, found.machines, found.run_spread), *facts_by_model(found.machines)]
    blocks += slower_machine_or_conversion(found.reasons)
    blocks += [*shape_tables(found.shapes), *ranking(found)]
    data: dict[str, Any] = {
        "machines": found.machines,
        "answers": found.answers,
        "ranking": found.ranking,
        "reasons": found.reasons,
        "differing_methods": found.methods,
        "unfinished": found.unfinished,
    }
    if found.shapes is not None:
        data |= {
            "conditions": found.shapes.conditions,
            "model": found.shapes.model,
            "crossovers": found.shapes.crossovers,
            "ceilings": found.shapes.cells[list(CEILINGS)],
        }
    if found.models is not None:
        data |= {"models": found.models, "run_spread": found.run_spread}
    title = f"Machines of {counted(len(units), 'run')}"
    return Document(title, tuple(blocks), data)


CEILINGS = ("run", "conversion", "direction", "dtype", "bytes", "seconds", "share_of_mapped", "share_of_fresh")
"""Columns of the cells that are told with the shapes."""


def _picture(words: Sequence[str], selected: Sequence[Run], found: Fleet, results: Path) -> list[Block]:
    """Return the command that draws the ratio against bytes, a line for each conversion; of two machines only."""
    from copycost.program import program
    from copycost.show.document import Command, Lines

    if found.pooled or found.shapes is None or found.answers["machine"].nunique() != 1:
        return []
    named = list(words or (LATEST,)) if len(selected) in (1, len(words)) else [str(run.path) for run in selected]
    options = ["--chart", "ratio", *(["--anyway"] if found.methods else [])]
    options += ["--results", str(results)] if results != Path("results") else []
    line = "The picture, the ratio against bytes with its intervals, one line for each conversion:"
    return [Lines((line, Command(shlex.join([*program().split(), "plot", *named, *options]))))]


def _units(run: Run) -> list[Run]:
    """Return a run's arms; the reports that a file of another suite holds are one run."""
    from copycost.analyse.run import Run

    return [Run.together(run.name, run.path, [run])] if run.has_several_reports else run.by_arm()
