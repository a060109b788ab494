"""Kinds of machine in a fleet: which there are, how alike each is within itself, and who is odd."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from copycost.analyse.machine_kinds import Kinds
from copycost.show.compare_text import NOTHING, ratio_text
from copycost.show.machines_facts import most_common
from copycost.show.machines_sections import Section


def kinds_section(found: Kinds, machines: pd.DataFrame, relative: Sequence[float], run_spread: float) -> Section:
    """Return one row for each kind of machine.

    Args:
        found: the kinds of the machines.
        machines: their facts, in the same order.
        relative: their times, the fastest machine's is 1.
        run_spread: by how much runs of one machine differ; NaN where none was repeated.
    """
    times = np.asarray(relative, dtype=np.float64)
    rows = []
    for kind in range(found.count):
        own = np.flatnonzero((found.of == kind) & ~found.alone)
        facts = machines.iloc[own]
        rows.append(
            (
                f"kind {kind + 1}",
                str(len(own)),
                most_common(facts["cpu_model"]),
                most_common(facts["virtual"]),
                ratio_text(float(np.exp(np.log(times[own]).mean()))),
                ratio_text(times[own].min()),
                ratio_text(times[own].max()),
                _deviation(times[own]),
            )
        )
    headings = ("", "machines", "CPU", "virtual", "time", "from", "to", "spread")
    lone = int(found.alone.sum())
    said = f"{_counted(found.count, 'kind')} among {_counted(len(machines), 'machine')}"
    said += f", and {_counted(lone, 'machine')} like no other" if lone else ""
    said += f"; machines of one kind differ by {_percent(found.spread)}"
    said += f", runs of one machine by {_percent(run_spread)}" if np.isfinite(run_spread) else ""
    notes = (
        "kinds are found from the figures alone; time: geometric mean over the cells in common, the fastest is 1; "
        "spread and difference: one standard deviation, over all cells together",
    )
    return Section("kinds of machine", headings, tuple(rows), notes, (said,))


def odd_section(odd: pd.DataFrame) -> Section:
    """Return the machines that are odd in their kind.

    Args:
        odd: the frame of ``odd_machines``.
    """
    if odd.empty:
        return Section("odd machines", said=("no machine is odd in its kind",))
    rows = tuple(
        (
            str(row["machine"]),
            f"none, nearest to kind {row['kind'] + 1}" if row["alone"] else f"kind {row['kind'] + 1}",
            f"{row['conversion']}, {row['sizes']}",
            f"{ratio_text(row['ratio'])}× its kind's",
            f"{row['score']:.1f}",
        )
        for _, row in odd.iterrows()
    )
    notes = ("score: distance from its kind's median in standard deviations of the kind",)
    return Section("odd machines", ("machine", "kind", "most of all in", "time", "score"), rows, notes)


def _deviation(times: np.ndarray) -> str:
    return _percent(float(np.std(np.log(times), ddof=1))) if len(times) > 1 else NOTHING


def _percent(share: float) -> str:
    return f"{100 * share:.2g}%"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
