"""Why a run's figures are what they are: terminal, Markdown or JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from copycost.analyse.advice import COMMAND, Advice, advice
from copycost.analyse.bootstrap import bootstrap
from copycost.analyse.breakdown import breakdown
from copycost.analyse.ceilings import ceilings
from copycost.analyse.crossovers import crossings
from copycost.analyse.curves import CURVE, curves
from copycost.analyse.estimates import estimate_cells
from copycost.analyse.grouping import floats
from copycost.analyse.processes import per_process
from copycost.analyse.quiet import mark_quiet
from copycost.analyse.scaling import fit_curves, fit_frame
from copycost.errors import UsageError, nearest
from copycost.show.explain_words import Section, advice_section, sections
from copycost.show.table import plain
from copycost.store.bad_files import OnBad
from copycost.store.loading import load
from copycost.store.record import RECORD, read_record

WIDTH = 100
_LABEL = 15
_NOTHING = "holds no benchmark with a known size: nothing to explain"
_CEILINGS = [f"{name}{end}" for name in ("share_of_mapped", "share_of_fresh") for end in ("", "_low", "_high")]


@dataclass(frozen=True)
class Explanation:
    """The frames of one run's analysis, and the advice that follows."""

    heading: str
    model: pd.DataFrame
    crossovers: pd.DataFrame
    cells: pd.DataFrame
    breakdown: pd.DataFrame
    advice: list[Advice]


def explain_run(path: Path, format: str = "table", on_bad: OnBad | None = None) -> str:
    """Return the explanation of a run folder or results file in a format: table, markdown or json.

    Raises:
        UsageError: the format is unknown, or the path holds no results with sizes.
    """
    if format not in _RENDERERS:
        raise UsageError(f"format {format!r} is unknown: {nearest(format, list(_RENDERERS))}")
    return _RENDERERS[format](explanation(path, on_bad))


def explanation(path: Path, on_bad: OnBad | None = None) -> Explanation:
    """Return the analysis of a run folder or results file.

    Raises:
        UsageError: the path holds no results with sizes.
    """
    record = read_record(path) if (path / RECORD).is_file() else None
    processes = per_process(mark_quiet(load(path, on_bad)))
    cells = estimate_cells(processes)
    # Looked at before anything is drawn: of other suites' files there may be a million cells, none with a size.
    if not (floats(cells["bytes"]) > 0).any():
        raise UsageError(f"{path}: {_NOTHING}")
    replicates = bootstrap(cells, processes)
    fitted = fit_curves(curves(cells, replicates))
    if not fitted:
        raise UsageError(f"{path}: {_NOTHING}")
    machine = record["machine"] if record else {}
    crossed = crossings(fitted)
    parts = breakdown(cells, replicates)
    return Explanation(
        _heading(path, record),
        fit_frame(fitted, machine.get("caches") or ()),
        crossed,
        ceilings(cells, replicates),
        parts,
        advice([one.curve for one in fitted], crossed, parts, record["arms"] if record else ()),
    )


def _heading(path: Path, record: dict[str, Any] | None) -> str:
    if record is None:
        return plain(path.name)
    machine = record["machine"].get("machine") or "unknown machine"
    return plain(" · ".join([record["name"], machine, f"{len(record['processes'])} processes"]))


def _all_sections(own: Explanation) -> list[Section]:
    return [*sections(own.model, own.crossovers, own.cells, own.breakdown), advice_section(own.advice)]


def _table(own: Explanation) -> str:
    lines = [*textwrap.wrap(f"{own.heading}; intervals are 95%", WIDTH), ""]
    for section in _all_sections(own):
        lines += textwrap.wrap(section.title, WIDTH)
        for label, texts in section.lines:
            for number, text in enumerate(texts):
                lead = f"  {label if number == 0 else '':<{_LABEL}}"
                lines += _wrapped(text, lead)
        lines.append("")
    return "\n".join(lines)


def _wrapped(text: str, lead: str) -> list[str]:
    """Return a text in lines that keep to the width; a command goes on after a backslash, as a shell reads it."""
    command = text.startswith(COMMAND)
    lines = textwrap.wrap(
        text, WIDTH - 2 * command, initial_indent=lead, subsequent_indent=" " * (len(lead) + 2),
        break_on_hyphens=False,
    )  # fmt: skip
    return [*(line + " \\" * command for line in lines[:-1]), *lines[-1:]]


def _markdown(own: Explanation) -> str:
    lines = [f"## {_escape(own.heading)}", "", "Intervals are 95%.", ""]
    for section in _all_sections(own):
        lines += [f"### {_escape(section.title)}", ""]
        for label, texts in section.lines:
            lines += [f"- {label}"] if label else []
            lines += [f"  - `` {text} ``" if text.startswith(COMMAND) else f"  - {_escape(text)}" for text in texts]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _json(own: Explanation) -> str:
    reached = own.cells[(own.cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True)]
    content = {
        "run": own.heading,
        "model": _records(own.model),
        "crossovers": _records(own.crossovers),
        "ceilings": _records(reached[[*CURVE, "size", "bytes", "seconds", *_CEILINGS]]),
        "breakdown": _records(own.breakdown),
        "advice": [asdict(one) for one in own.advice],
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain Python values, None where unknown."""
    rows: Sequence[dict[Any, Any]] = frame.astype(object).to_dict("records")
    return [{str(name): None if pd.isna(value) else _value(value) for name, value in row.items()} for row in rows]


def _value(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _escape(text: str) -> str:
    escaped = "".join("\\" + sign if sign in "\\|*_`[]" else sign for sign in text)
    return escaped.replace("<", "&lt;")


_RENDERERS: dict[str, Callable[[Explanation], str]] = {"table": _table, "markdown": _markdown, "json": _json}
