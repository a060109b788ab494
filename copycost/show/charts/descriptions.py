"""What charts say in words: descriptions for readers who cannot see a chart, and how cells and sides are called."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from copycost.analyse.verdicts import FASTER, SLOWER
from copycost.show.charts.axes import Across, ValueAxis
from copycost.show.charts.labels import plain
from copycost.show.charts.palette import LOOKS
from copycost.show.charts.panels import Panel, condition
from copycost.units import format_bytes, format_ratio

_MANY = 24
_LONGEST_NAME = 40


def describe_lines(
    title: str,
    points: pd.DataFrame,
    panels: Sequence[Panel],
    axis: ValueAxis,
    across: Across,
    about: Sequence[str],
    notes: Sequence[str] = (),
    says: Sequence[str] = (),
) -> str:
    """Return the description of a chart of lines: its axes, its data, and each line from end to end.

    ``points`` are those of all panels, shown or left out. Where there are many lines, each panel has those
    that end lowest and highest; ``says`` stands in their place where it is given.
    """
    low, high = across.format(points["x"].min()), across.format(points["x"].max())
    scale = "logarithmic axes" if across.logarithmic else "a logarithmic axis"
    shows = f"{plain(title)}: {axis.label}, for {across.label} from {low} to {high}, as lines on {scale}."
    of_lines = list(says)
    many = sum(panel.points["line"].nunique() for panel in panels) > _MANY
    for panel in panels if not says else []:
        ends = [_ends(line, axis, across) for line in _from_lowest(panel)]
        if many and len(ends) > 2:
            ends = [ends[0], f"{len(ends) - 2} others between", ends[-1]]
        of_lines.append(titled(panel, "; ".join(ends) + "."))
    doubtful = int(points["flagged"].sum())
    doubts = f"{doubtful} of {len(points)} points are marked as doubtful." if doubtful else ""
    return described(shows, about, [*of_lines, doubts], notes)


def described(shows: str, about: Sequence[str], sentences: Sequence[str], notes: Sequence[str]) -> str:
    """Return a description from its parts: the subject of a chart, facts of its data, sentences on them, and notes."""
    parts = [shows, ", ".join(about) + "." if about else "", *sentences, *map(as_sentence, notes)]
    return " ".join(part for part in parts if part)


def titled(panel: Panel, sentence: str) -> str:
    """Return a sentence about a panel that begins with the panel's title, where it has one."""
    return f"{panel.title}: {sentence}" if panel.title else sentence


def as_sentence(note: str) -> str:
    """Return a note with a capital letter and a full stop."""
    return plain(note)[:1].upper() + plain(note)[1:] + "."


def _from_lowest(panel: Panel) -> list[pd.DataFrame]:
    lines = [line.sort_values("x") for _, line in panel.points.groupby("line", sort=True)]
    return sorted(lines, key=lambda line: float(line["value"].iloc[-1]))


def _ends(line: pd.DataFrame, axis: ValueAxis, across: Across) -> str:
    looks = " and ".join(LOOKS[look].word for look in sorted(line["look"].unique()))
    ends = [line.iloc[0], line.iloc[-1]] if len(line) > 1 else [line.iloc[0]]
    places = [f"{axis.format(end['value'])} at {across.format(end['x'])}" for end in ends]
    return plain(line["line"].iloc[0]) + (f" ({looks})" if looks else "") + " " + ", ".join(places)


def cell_text(row: pd.Series) -> str:
    """Return a cell in words, such as ``torch.tensor, float64, 2 MiB, 2 threads``."""
    parts = [plain(row["conversion"]), plain(row["dtype"]), format_bytes(row["bytes"]) if row["bytes"] > 0 else ""]
    if row["threads"] > 1:
        parts.append(condition("threads", row["threads"]))
    parts += [condition("cache", row["cache"])] if row["cache"] not in ("", "warm") else []
    parts += [condition("layout", row["layout"])] if row["layout"] not in ("", "contiguous") else []
    return ", ".join(part for part in parts if part)


def side_name(name: str) -> str:
    """Return the name of a side of a comparison, short enough to stand in a label."""
    cleaned = plain(name)
    return cleaned if len(cleaned) <= _LONGEST_NAME else cleaned[: _LONGEST_NAME - 1] + "…"


def time_ratio(names: tuple[str, str]) -> str:
    """Return the label of an axis of ratios between two sides."""
    a, b = map(side_name, names)
    return f"time of {b} ÷ time of {a}"


def counted(verdicts: pd.Series, order: Sequence[str]) -> str:
    """Return a sentence with how many cells have which verdict."""
    counts = verdicts.value_counts()
    parts = [f"{counts[name]} {name}" for name in order if counts.get(name, 0)]
    return f"Of {len(verdicts)} cells: {', '.join(parts)}."


def extremes(cells: pd.DataFrame) -> list[str]:
    """Return sentences with the largest change in each direction."""
    sentences = []
    for verdict, word in ((SLOWER, "slower"), (FASTER, "faster")):
        changed = cells[cells["verdict"] == verdict]
        if len(changed):
            row = changed.sort_values("ratio", ascending=verdict == FASTER, kind="stable").iloc[0]
            sentences.append(f"Most of all {word}: {cell_text(row)}, {format_ratio(row['ratio'])}.")
    return sentences


def one_sided(comparison: pd.DataFrame) -> tuple[str, ...]:
    """Return a note on cells without a ratio; none where all have one."""
    missing = int((~(comparison["ratio"] > 0)).sum())
    return (f"{missing} cells were measured on one side only",) if missing else ()
