"""The noise report: how far apart identical measurements come out on this machine."""

from __future__ import annotations

import json
from collections.abc import Callable

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from copycost.analyse.grouping import floats
from copycost.analyse.noise_profile import NoiseProfile
from copycost.errors import UsageError, nearest
from copycost.show.compare_markdown import sentence
from copycost.show.compare_text import records
from copycost.show.table import plain
from copycost.units import format_bytes

WIDTH_ON_A_PIPE = 100
_HEADINGS = ("kind", "bytes", "cells", "noise floor", ">1% apart", ">2%", ">5%", "same", "false verdicts")
_SHARES = ("over_1", "over_2", "over_5", "same", "false_verdicts")


def render(profile: NoiseProfile, format: str) -> str:
    """Return the report in a format: table, markdown or json.

    Raises:
        UsageError: the format is unknown.
    """
    check_format(format)
    return _RENDERERS[format](profile)


def check_format(format: str) -> None:
    """Refuse a format that `render` does not know."""
    if format not in _RENDERERS:
        raise UsageError(f"format {format!r} is unknown: {nearest(format, list(_RENDERERS))}")


def sentences(profile: NoiseProfile) -> list[str]:
    """Return the lines that say what was compared and how to read the table."""
    total = int(profile.sizes["cells"].sum())
    wrong = _weighted(profile.sizes, "false_verdicts")
    return [
        f"{profile.machine}, {profile.created[:10]}: {profile.repeats} comparisons of identical conditions, "
        f"{total} pairs of figures",
        f"called faster or slower although nothing differed: {wrong:.2%}; "
        f"called the same: {_weighted(profile.sizes, 'same'):.1%}",
        "noise floor: 95% of identical figures are no further apart",
    ]


def _weighted(sizes: pd.DataFrame, name: str) -> float:
    weight = floats(sizes["cells"])
    return float((floats(sizes[name]) * weight).sum() / weight.sum())


def _lines(profile: NoiseProfile) -> list[list[str]]:
    return [
        [
            str(row["kind"]),
            format_bytes(row["bytes"]),
            str(row["cells"]),
            f"{100 * row['floor']:.2f}%",
            *(f"{100 * row[name]:.1f}%" for name in _SHARES),
        ]
        for _, row in profile.sizes.iterrows()
    ]


def _table(profile: NoiseProfile) -> str:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in _HEADINGS:
        table.add_column(heading, justify="left" if heading == "kind" else "right", no_wrap=True)
    for row in _lines(profile):
        table.add_row(*map(Text, row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_ON_A_PIPE
    with console.capture() as captured:
        console.print(table)
        console.print()
        for line in sentences(profile):
            console.print(Text(plain(line)), soft_wrap=True)
    return "\n".join(line.rstrip() for line in captured.get().split("\n"))


def _markdown(profile: NoiseProfile) -> str:
    rows = [list(_HEADINGS), ["---"] * len(_HEADINGS), *_lines(profile)]
    lines = ["| " + " | ".join(text.replace(">", "&gt;") for text in row) + " |" for row in rows]
    return "\n".join([*lines, "", *(f"- {sentence(line)}" for line in sentences(profile))]) + "\n"


def _json(profile: NoiseProfile) -> str:
    content = {
        "machine": profile.machine,
        "created": profile.created,
        "repeats": profile.repeats,
        "noise": records(profile.sizes),
        "false_verdicts": _weighted(profile.sizes, "false_verdicts"),
        "same": _weighted(profile.sizes, "same"),
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


_RENDERERS: dict[str, Callable[[NoiseProfile], str]] = {"table": _table, "markdown": _markdown, "json": _json}
