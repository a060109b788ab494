"""The machines that the runs were measured on, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from copycost.analyse.machines import FACTS, describe
from copycost.show.report.document import Block, Column, Lines, Section, Table
from copycost.show.report.source import Source


def machines_section(sources: Sequence[Source]) -> Section:
    """Return the section: a row for each fact, a column for each run; of many runs a row for each."""
    facts = describe([{"name": source.name, **_known(source)} for source in sources])
    names = [(name, heading) for name, heading in FACTS if facts[name].notna().any()]
    blocks: list[Block] = []
    if len(sources) <= 3 and names:
        columns = [Column("fact", "fact", "text", [heading for _, heading in names])]
        columns += [
            Column(f"run-{number}", source.name, "text", [facts[name].iloc[number] for name, _ in names])
            for number, source in enumerate(sources)
        ]
        blocks.append(Table("machines", "Facts about the machine", tuple(columns)))
    elif names:
        columns = [Column("run", "run", "text", [source.name for source in sources])]
        columns += [
            Column(name, heading, "text", facts[name].tolist(), shown=facts[name].nunique(dropna=False) > 1)
            for name, heading in names
        ]
        blocks.append(Table("machines", "Facts about the machines", tuple(columns)))
        common = [(name, heading) for name, heading in names if facts[name].nunique(dropna=False) == 1]
        same = [f"{heading}: {facts[name].iloc[0]}" for name, heading in common]
        blocks += [Lines((f"All the same: {'; '.join(same)}.",), bullets=False)] if same else []
    else:
        blocks.append(Lines(("Nothing is known of the machine.",), bullets=False))
    blocks += _methods(sources)
    return Section("machine", "Machine" if len(sources) == 1 else "Machines", tuple(blocks))


def _known(source: Source) -> dict[str, Any]:
    names = source.cells["machine"].dropna().unique()
    machine = {"machine": str(names[0]) if len(names) == 1 else None, **source.machine}
    return {"machine": machine, "method": (source.record or {}).get("method") or {}}


def _methods(sources: Sequence[Source]) -> list[Block]:
    """Return how each run was measured, once where all of them were measured alike."""
    methods = [(source.record or {}).get("method") or {} for source in sources]
    found = [method for number, method in enumerate(methods) if method and method not in methods[:number]]
    lines = []
    for method in found:
        own = [source.name for source, other in zip(sources, methods, strict=True) if other == method]
        whose = "" if len(found) == 1 else f"{', '.join(own[:3])}{' …' if len(own) > 3 else ''}: "
        lines.append(f"{whose}{_method(method)}")
    return [Lines(("Method of measuring:", *lines), bullets=False)] if lines else []


def _method(method: Mapping[str, Any]) -> str:
    return "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in method.items() if value is not None)
