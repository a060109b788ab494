"""Where a page comes from: a comment at its foot, read back from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from copycost.errors import UsageError
from copycost.show.charts.frames import data_hash
from copycost.show.docs_page.material import Material

SCHEMA = 1
_OPEN, _CLOSE = "<!-- copycost ", " -->"
_OPTIONS = {"themes", "width", "syntax"}


@dataclass(frozen=True)
class Provenance:
    """What a page says of itself; no date and no path but those in the command that was typed."""

    schema: int
    tool: str
    version: str | None
    command: str
    run: str
    machine: str | None
    measured_with: Mapping[str, str]
    data: str
    options: Mapping[str, Any]


def made(own: Material, options: Mapping[str, Any], command: str, version: str | None = None) -> Provenance:
    """Return the provenance of a page; ``version`` is copycost's own unless it is to be another."""
    machine = own.machine
    return Provenance(
        schema=SCHEMA,
        tool="copycost",
        version=version or _version(),
        command=command,
        run=own.name,
        machine=machine.get("machine"),
        measured_with={key: str(machine[key]) for key in ("torch", "numpy") if machine.get(key)},
        data=data_hash(own.view.cells),
        options={**options, "themes": list(options["themes"])},
    )


def comment(known: Provenance) -> str:
    """Return provenance as an HTML comment that nothing in it can end."""
    text = json.dumps(asdict(known), sort_keys=True)
    for sign in ("--", "<", ">"):
        text = text.replace(sign, "".join(f"\\u{ord(one):04x}" for one in sign))
    return _OPEN + text + _CLOSE


def read(page: Path) -> Provenance | None:
    """Return the provenance of a page, or None where it has none that this version reads.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        lines = page.read_text(encoding="utf-8", errors="replace").rstrip("\n").split("\n")
    except OSError as error:
        raise UsageError(f"{page}: cannot be read ({error.strerror})") from error
    last = lines[-1]
    if not (last.startswith(_OPEN) and last.endswith(_CLOSE)):
        return None
    try:
        found = Provenance(**json.loads(last[len(_OPEN) : -len(_CLOSE)]))
    except (ValueError, TypeError):
        return None
    return found if _readable(found) else None


def _readable(found: Provenance) -> bool:
    """Return whether what the page is to be written again with is of the types that it must be."""
    if found.schema != SCHEMA or found.tool != "copycost" or not isinstance(found.command, str):
        return False
    if not isinstance(found.options, dict) or set(found.options) != _OPTIONS:
        return False
    themes, width = found.options["themes"], found.options["width"]
    known = isinstance(themes, list) and bool(themes) and set(map(str, themes)) <= {"light", "dark"}
    return known and isinstance(width, int) and isinstance(found.options["syntax"], str)


def _version() -> str | None:
    try:
        return metadata.version("copycost")
    except metadata.PackageNotFoundError:
        return None
