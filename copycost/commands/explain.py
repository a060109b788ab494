"""The `explain` command: why a run's figures are what they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from copycost.commands.options import results_option, run_argument, tells, where_option
from copycost.commands.skipping import on_bad, skip_bad_option
from copycost.errors import UsageError

if TYPE_CHECKING:
    from copycost.analyse.where import Where
    from copycost.show.document import Document


@click.command()
@run_argument
@tells()
@results_option
@where_option
@skip_bad_option
def explain(run: str, results: Path, where: Where | None, skip_bad: bool) -> Document:
    """Explain a run: scaling model, ceilings, where the time goes, crossovers, first calls, advice."""
    from copycost.analyse.ceilings import CEILINGS
    from copycost.analyse.curves import CURVE
    from copycost.analyse.select import select_one
    from copycost.show.document import Document
    from copycost.show.render.layout import parts_of
    from copycost.show.sections.doubts import doubts_told
    from copycost.show.sections.explanation import advice_section, curve_sections, first_call_sections
    from copycost.show.sections.machines import heading

    explained = select_one(run, results, on_bad=on_bad(skip_bad), where=where)
    if not explained.fitted:
        raise UsageError(f"{explained.path}: holds no benchmark with a known size: nothing to explain")
    reached = explained.reached[(explained.reached["direction"] != "reference").to_numpy(dtype=bool, na_value=True)]
    shares = [f"{name}{end}" for name in CEILINGS for end in ("", "_low", "_high")]
    return Document(
        (*parts_of(heading(explained)), "; intervals are 95%"),
        (
            *curve_sections(explained, explained.model, explained.crossovers),
            *first_call_sections(explained.first_calls),
            advice_section(explained.advice),
            doubts_told(explained),
        ),
        data={
            "run": explained.name,
            "model": explained.model,
            "crossovers": explained.crossovers,
            "ceilings": reached[[*CURVE, "size", "bytes", "seconds", *shares]],
            "breakdown": explained.breakdown,
            "first_calls": explained.first_calls,
            "advice": explained.advice,
        },
    )
