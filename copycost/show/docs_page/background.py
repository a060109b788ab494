"""What a reader needs to judge a page's figures: advice, doubts, method, machine."""

from __future__ import annotations

from typing import Any

from copycost.analyse.grouping import floats
from copycost.analyse.machines import FACTS, facts_as_text
from copycost.show.docs_page.markdown import name, table, words
from copycost.show.docs_page.material import Material
from copycost.show.docs_page.provenance import Provenance
from copycost.show.table import doubt_lines
from copycost.units import format_seconds


def advice_section(own: Material) -> list[str]:
    """Return the section: what the run's figures suggest, with the command that tests it; empty without."""
    if not own.explained.advice:
        return []
    lines = ["## What to try", ""]
    for advice in own.explained.advice:
        lines += [f"Try {words(advice.text)}: {words(advice.evidence)}. This tests it:", ""]
        lines += ["```sh", _command(advice.command), "```", ""]  # not in a list, where MkDocs reads no such block
    return lines


def doubts_section(own: Material) -> list[str]:
    """Return the section: what is doubtful about the run."""
    doubts = doubt_lines(own.view.cells)
    if not doubts:
        return ["## Doubts", "", "None: every figure is as precise as was asked for.", ""]
    return ["## Doubts", "", *(f"- {words(line)}" for line in doubts), ""]


def method_section(own: Material) -> list[str]:
    """Return the section: how the figures were made."""
    record = own.view.record or {}
    cells = own.view.cells
    rounds, share = floats(cells["rounds"]), floats(cells["quiet_share"])
    said = [f"{int(rounds.sum()):,} rounds of {len(cells)} cells"]
    if record.get("processes"):
        said.append(f"in {len(record['processes'])} processes")
    if record.get("wall_seconds"):
        said.append(f"measured for {format_seconds(record['wall_seconds'])}")
    quiet = share == share
    if quiet.any():
        said.append(f"{(share[quiet] * rounds[quiet]).sum() / rounds[quiet].sum():.0%} of the rounds on a quiet core")
    lines = ["## How it was measured", "", f"{words(', '.join(said))}.", ""]
    if own.view.record is not None and record.get("status", "complete") != "complete":
        lines += [f"The run is {words(record['status'])}: more of it may follow.", ""]
    plan = record.get("plan") or {}
    facts = {**own.method, "precision": plan.get("precision"), "budget": plan.get("budget")}
    known = [(words(key.replace("_", " ")), _fact(key, value)) for key, value in facts.items() if value is not None]
    return [*lines, *table(("what", "how"), known)] if known else lines


def machine_section(own: Material) -> list[str]:
    """Return the section: the machine and the versions."""
    known = facts_as_text(own.machine)
    rows = [(heading, words(known[key])) for key, heading in FACTS if known[key]]
    return ["## The machine", "", *table(("what", "which"), rows)] if rows else []


def source_section(own: Material, known: Provenance) -> list[str]:
    """Return the section: the run and the command that makes the page again."""
    created = str((own.view.record or {}).get("created", ""))[:10]
    version = f" by copycost {words(known.version)}" if known.version else ""
    when = f" of {words(created)}" if created else ""
    return [
        "## Where these figures come from",
        "",
        f"All figures on this page are of the run {name(own.name)}{when}. The page and its charts are made"
        f"{version} with:",
        "",
        "```sh",
        _command(known.command),
        "```",
        "",
    ]


def _fact(key: str, value: Any) -> str:
    if key == "precision":
        return words(f"{100 * value:.3g}%")
    if key.endswith("seconds") or key == "budget":
        return words(format_seconds(value)) if isinstance(value, int | float) else words(value)
    return words(value)


def _command(text: str) -> str:
    """Return a command on one line that cannot end the block it stands in."""
    return " ".join(text.split()).replace("```", "")
