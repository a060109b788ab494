"""The `compare` command: is B faster than A, slower, or the same, and where is that not known?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from copycost.commands.options import PATH, results_option, run_names, tells, where_option
from copycost.commands.skipping import on_bad, skip_bad_option
from copycost.errors import UsageError
from copycost.store.names import LATEST

if TYPE_CHECKING:
    import pandas as pd

    from copycost.analyse.gate import Gate
    from copycost.analyse.run_comparison import RunComparison
    from copycost.analyse.where import Where
    from copycost.show.document import Block, Document


@click.command()
@click.argument("a", metavar="[A]", default=f"{LATEST}~1", shell_complete=run_names)
@click.argument("b", metavar="[B]", default=LATEST, shell_complete=run_names)
@click.option("--margin", help="What still counts as the same, such as 3%.")
@click.option("--all", "everything", is_flag=True, help="Show what did not change too.")
@click.option("--anyway", is_flag=True, help="Compare runs of different methods, every row marked.")
@click.option(
    "--by",
    help="Compare one run with itself along conversion, dtype, threads, cache or layout: each with the first.",
)
@click.option("--fail-on", help="Exit with 1 on a verdict, such as 'slower>5%' or 'undecided'.")
@click.option("--plots", type=PATH, help="Draw the comparison's charts into this folder too.")
@tells()
@results_option
@where_option
@skip_bad_option
def compare(
    a: str,
    b: str,
    margin: str | None,
    everything: bool,
    anyway: bool,
    by: str | None,
    fail_on: str | None,
    plots: Path | None,
    results: Path,
    where: Where | None,
    skip_bad: bool,
) -> Document:
    """Say for every cell whether B is faster, slower or the same as A, or that it is undecided.

    A and B are runs, pytest-benchmark files, or two arms of one run, written RUN@ARM; without B, A is compared with the
    latest run, and without A the one before is.
    """
    from copycost.analyse.gate import parse_gate
    from copycost.analyse.run_comparison import MARGIN, compare_runs
    from copycost.analyse.select import select_sides
    from copycost.units import parse_share

    gate = parse_gate(fail_on) if fail_on is not None else None
    smallest = (gate.smallest if gate else None) or MARGIN
    share = parse_share(margin) if margin is not None else min(MARGIN, smallest)

    if by is not None:
        return _by(a, by, share, gate, fail_on, everything, results=results, skip_bad=skip_bad, where=where)
    baseline, candidate = select_sides((a, b), results, on_bad=on_bad(skip_bad), where=where)
    compared = compare_runs(baseline, candidate, margin=share, anyway=anyway)
    if plots is not None:
        from copycost.show.chart_data import draw, pair_data

        draw(pair_data(compared), plots)
    return comparison_document(compared, gate, fail_on, everything=everything)


def _by(
    word: str,
    axis: str,
    margin: float,
    gate: Gate | None,
    fail_on: str | None,
    everything: bool,
    *,
    results: Path,
    skip_bad: bool,
    where: Where | None,
) -> Document:
    """Return what one run says of itself along an axis; ``word`` stands for it, the latest one where none was typed."""
    from copycost.analyse.gate import failures
    from copycost.analyse.select import select_sides
    from copycost.analyse.within_run import compare_within
    from copycost.show.document import Document, Lines, Name, Note
    from copycost.show.sections.comparison import in_short_lines, means, verdicts
    from copycost.show.sections.gate import gate_notes

    typed = click.get_current_context().get_parameter_source
    if typed("b") is not ParameterSource.DEFAULT:
        raise UsageError(f"--by {axis} compares one run with itself: give one RUN")
    word = LATEST if typed("a") is ParameterSource.DEFAULT else word
    (run,) = select_sides([word], results, on_bad=on_bad(skip_bad), where=where)
    cells = compare_within(run, axis, margin=margin)
    failed = failures(gate, cells) if gate else None
    blocks: list[Block] = [Lines(in_short_lines(cells)), *gate_notes(fail_on, failed, cells)]
    blocks += [*means(cells), *verdicts(cells, everything=everything)]
    pairs = "paired by their sessions" if run.estimates["sessions"].notna().any() else "which are the pairs"
    blocks.append(Note(f"measured by the same processes, {pairs}; 5% false discoveries in each table at most"))
    data: dict[str, Any] = {"cells": cells}
    if failed is not None:
        data["gate"] = {"fail_on": fail_on, "failures": failed}
    exit_status = int(failed is not None and len(failed) > 0)
    return Document((Name(run.name), f" by {axis}"), tuple(blocks), data, exit_status=exit_status)


def comparison_document(
    compared: RunComparison, gate: Gate | None = None, fail_on: str | None = None, *, everything: bool = False
) -> Document:
    """Return what a comparison says: in short, the gate's answer, what the sides are, means, what changed and remarks.

    Args:
        compared: the comparison.
        gate: what must not be; the document's exit status is 1 where it is.
        fail_on: the gate as it was typed.
        everything: whether what did not change is shown where nothing folds, too.
    """
    from copycost.analyse.gate import failures
    from copycost.analyse.geometric_means import summary
    from copycost.show.document import Document, Lines, Name
    from copycost.show.render.layout import plain_text
    from copycost.show.sections.comparison import (
        in_short_lines,
        instructions,
        means,
        remarks,
        verdicts,
        what_they_are,
    )
    from copycost.show.sections.gate import gate_notes

    baseline, candidate = compared.baseline, compared.candidate
    failed = failures(gate, compared.cells) if gate else None
    what = what_they_are(compared)
    blocks: list[Block] = [
        Lines(in_short_lines(compared.cells)),
        *gate_notes(fail_on, failed, compared.cells),
        Lines(what, bullets=True),
        *means(compared.cells),
    ]
    blocks += [*verdicts(compared.cells, everything=everything), *instructions(compared), *remarks(compared)]
    data: dict[str, Any] = {
        "cells": compared.cells,
        "heading": [plain_text(line) for line in what],
        "summary": _nested(summary(compared.cells)),
    }
    if failed is not None:
        data["gate"] = {"fail_on": fail_on, "failures": failed}
    title = (Name(candidate.name), " against ", Name(baseline.name))
    return Document(title, tuple(blocks), data, exit_status=int(failed is not None and len(failed) > 0))


def _nested(summary: pd.DataFrame) -> dict[str, Any]:
    """Return a summary as machines read it: the row of all cells, and those of the conversions within it."""
    head = ("conversion", "cells", "ratio", "ci_low", "ci_high")
    rows = [
        {name: row[name] for name in head}
        | {"verdicts": {name: value for name, value in row.items() if name not in head}}
        for row in summary.to_dict("records")
    ]
    return {name: value for name, value in rows[-1].items() if name != "conversion"} | {"conversions": rows[:-1]}
