"""Machines: what is told of the one that a run was measured on."""

from __future__ import annotations

from copycost.analyse.run import Run
from copycost.show.document import Line, Name
from copycost.show.render.figures import counted


def heading(run: Run) -> Line:
    """Return a run's name, machine, versions and number of processes; its status where it is not complete."""
    facts = run.machine
    versions = f"torch {facts.get('torch') or '?'}, NumPy {facts.get('numpy') or '?'}"
    parts: list[str | Name] = [
        Name(run.name),
        " · ",
        Name(facts.get("machine") or "unknown machine"),
        f" · {versions} · {counted(run.process_count, 'process', 'processes')}",
    ]
    return (*parts, f" · {run.unfinished}") if run.unfinished else tuple(parts)
