"""A comparison as Markdown for a pull-request comment: what changed first, the rest folded away."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

import pandas as pd

from copycost.analyse.verdicts import FASTER, SLOWER, UNDECIDED, VERDICTS
from copycost.show.compare_text import (
    condition_text,
    counts_text,
    interval_text,
    mean_text,
    own_flags,
    ratio_text,
    seconds_text,
    shared_flags,
    shared_note,
    size_text,
    verdict_text,
    worth_a_row,
)
from copycost.show.table import plain

LONGEST = 60_000
"""Characters; GitHub refuses a comment of more than 65,536."""
_ROW = ("cell", "bytes", "A", "B", "B / A", "95% interval", "verdict", "doubts")
_PLAIN_NAME = re.compile(r"[\w .,()=+/:-]+", re.ASCII)
_LONGEST_NAME = 120


def markdown(cells: pd.DataFrame, summary: pd.DataFrame, heading: Sequence[str], notes: Sequence[str]) -> str:
    """Return the comparison as GitHub Markdown of at most ``LONGEST`` characters."""
    shared = shared_flags(cells)
    lines = [f"**{counts_text(summary.iloc[-1])}**; geometric mean B / A {mean_text(summary.iloc[-1])}", ""]
    lines += [f"- {sentence(line)}" for line in [*heading, *notes, *shared_note(shared)]]
    lines += ["", *_summary(worth_a_row(summary), LONGEST // 4), ""]
    first = {verdict: place for place, verdict in enumerate((SLOWER, FASTER, UNDECIDED))}
    telling = cells[cells["verdict"].isin(list(first))]
    away = telling["ratio"].map(lambda ratio: -abs(ratio - 1))
    telling = telling.assign(place=telling["verdict"].map(first), away=away).sort_values(
        ["place", "away"], kind="stable"
    )
    rest = cells[~cells["verdict"].isin(list(first))]
    room = LONGEST - sum(len(line) + 1 for line in lines)
    if len(telling):
        # Half of the room, so that the folded cells are not crowded out altogether.
        table = _cells(telling, shared, room // 2 if len(rest) else room)
        room -= sum(len(line) + 1 for line in table)
        lines += [*table, ""]
    if len(rest):
        lines += [
            f"<details><summary>{len(rest)} other cells</summary>",
            "",
            *_cells(rest, shared, room - 200),
            "",
            "</details>",
        ]
    return "\n".join(lines).rstrip("\n") + "\n"


def escaped(text: object) -> str:
    """Return text that Markdown and HTML show as it is, on one line: names come from others' files.

    A name of the usual signs becomes code. In any other, all but letters and digits are written as
    character references, which neither Markdown nor HTML takes for markup, and the whole stands in a
    code element, in which no user is mentioned and no issue linked.
    """
    own = " ".join(plain(text).split())
    if len(own) > _LONGEST_NAME:
        own = own[: _LONGEST_NAME - 1] + "…"
    if _PLAIN_NAME.fullmatch(own):
        return f"`{own}`"
    written = "".join(sign if sign.isalnum() or sign == " " else f"&#{ord(sign)};" for sign in own)
    return f"<code>{written}</code>"


def sentence(text: object) -> str:
    """Return running text that Markdown shows as it is: no markup, no link, no user mentioned."""
    own = " ".join(plain(text).split())
    # The invisible sign parts what GitHub would make a mention or a link of after decoding.
    return "".join(
        sign if sign.isalnum() or sign in " .,;:()%'+=·→–-" else f"&#{ord(sign)};" + "&#8203;" * (sign in "@#")
        for sign in own
    )


def _summary(summary: pd.DataFrame, room: int) -> list[str]:
    """Return a table of as many of the conversions as there is room for, and of all cells."""
    counted = [verdict for verdict in VERDICTS if summary[verdict].any()]
    lines = _head(["geometric mean", "B / A", *counted])
    rows = []
    for _, row in summary.iterrows():
        name = "all" if pd.isna(row["conversion"]) else escaped(row["conversion"])
        rows.append(_line([name, mean_text(row), *(str(row[verdict]) for verdict in counted)]))
    named = rows[:-1]
    left = room - len(rows[-1])
    shown = sum(length <= left for length in accumulate(len(row) + 1 for row in named))
    more = ["", f"and {len(named) - shown} more conversions, left out for length"] if shown < len(named) else []
    return [*lines, *named[:shown], rows[-1], *more]


def _cells(cells: pd.DataFrame, shared: list[str], room: int) -> list[str]:
    """Return a table of as many of the cells as there is room for, and how many are left out."""
    lines = _head(_ROW)
    left = room - sum(len(line) + 1 for line in lines) - 80
    for number, (_, row) in enumerate(cells.iterrows()):
        line = _line(
            [
                escaped(condition_text(row)),
                size_text(row),
                seconds_text(row["seconds_a"]),
                seconds_text(row["seconds_b"]),
                ratio_text(row["ratio"]),
                interval_text(row["ci_low"], row["ci_high"]),
                verdict_text(row["verdict"]),
                own_flags(row, shared),
            ]
        )
        left -= len(line) + 1
        if left < 0:
            return [*lines, "", f"and {len(cells) - number} more cells, left out for length"]
        lines.append(line)
    return lines


def _head(names: Sequence[str]) -> list[str]:
    return [_line(names), "|" + " --- |" * len(names)]


def _line(values: Sequence[str]) -> str:
    return "| " + " | ".join(values) + " |"
