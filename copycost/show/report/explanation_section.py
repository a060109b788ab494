"""Why the figures are what they are: the advice, then each curve's model, ceilings and parts."""

from __future__ import annotations

from collections.abc import Sequence

from copycost.errors import UsageError
from copycost.show.explain_view import explanation
from copycost.show.explain_words import Section as Words
from copycost.show.explain_words import advice_section, sections
from copycost.show.report.document import Block, Entries, Folded, Lines, Section
from copycost.show.report.source import Source
from copycost.store.bad_files import OnBad

MOST_RUNS = 2
"""Runs that are explained; each takes more than a second."""


def explanation_section(sources: Sequence[Source], on_bad: OnBad | None = None) -> Section | None:
    """Return the section: of a few runs the explanation, of more where to find it; None where nothing has a size.

    ``on_bad`` is as for ``load``.
    """
    sources = [source for source in sources if source.cells["bytes"].notna().any()]
    if not sources:
        return None
    title = "Explanation"
    if len(sources) > MOST_RUNS:
        line = f"A report of more than {MOST_RUNS} runs explains none of them: `bench_runner.py explain RUN` does."
        return Section("explanation", title, (Lines((line,), bullets=False),))
    blocks: list[Block] = []
    for source in sources:
        own = _explained(source, on_bad)
        blocks += [Folded(source.name, own)] if len(sources) > 1 else own
    return Section("explanation", title, tuple(blocks))


def _explained(source: Source, on_bad: OnBad | None) -> tuple[Block, ...]:
    try:
        own = explanation(source.path, on_bad)
    except UsageError:
        return (Lines((f"{source.name} holds no benchmark with a known size: nothing to explain.",), bullets=False),)
    advice = advice_section(own.advice)
    curves = sections(own.model, own.crossovers, own.cells, own.breakdown)
    return (
        Entries(_entries(advice)),
        Lines(("Time as a function of bytes, curve by curve; intervals are 95%.",), bullets=False),
        *(Folded(words.title, (Entries(_entries(words)),)) for words in curves),
    )


def _entries(words: Words) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((label or words.title, lines) for label, lines in words.lines)
