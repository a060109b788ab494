"""Checks of transparent hugepages: for whom, at what price, and the daemon that makes them."""

from __future__ import annotations

import re

from copycost.measure.doctor.finding import Check, Finding, disturbs, fine, note
from copycost.measure.doctor.system import System, Untold

_FOLDER = "/sys/kernel/mm/transparent_hugepage"
_ENABLED = f"{_FOLDER}/enabled"
_DEFRAG = f"{_FOLDER}/defrag"
_COLLAPSED = f"{_FOLDER}/khugepaged/pages_collapsed"
_SLEEP = f"{_FOLDER}/khugepaged/scan_sleep_millisecs"
_NUMPY = "NUMPY_MADVISE_HUGEPAGE"  # 1 where not set, since Linux 4.6
_TORCH = "THP_MEM_ALLOC_ENABLE"


def _mode(system: System) -> str:
    mode: object = system.facts.get("hugepages")
    if mode is None:
        raise system.untold(_ENABLED)
    return str(mode)


def _who(system: System) -> Finding:
    mode = _mode(system)
    evidence = f"{mode} ({_ENABLED})"
    if mode == "never":
        return fine("All pages are small, for NumPy and torch alike.", evidence)
    if mode == "always":
        return note(
            "Large fresh blocks get huge pages where some are free, so page faults of large copies "
            "depend on what ran before.",
            evidence,
            system.setting("madvise", _ENABLED),
        )
    settings = {name: system.environment.get(name) for name in (_NUMPY, _TORCH)}
    evidence += "".join(f"; {name} {value or 'not set'}" for name, value in settings.items())
    numpy, torch = settings[_NUMPY] in (None, "1"), settings[_TORCH] == "1"
    if numpy == torch:
        return fine("Huge pages are for those who ask, and NumPy and torch do alike.", evidence)
    if torch:
        sentence = "torch asks for huge pages and NumPy does not: large results fault differently."
        return note(sentence, evidence, system.unset([_TORCH]))
    return note(
        "NumPy asks for huge pages from 4 MiB on and torch does not: large results take more page "
        "faults where torch allocates them.",
        evidence,
        f"export {_NUMPY}=0",
    )


def _price(system: System) -> Finding:
    chosen = re.search(r"\[([\w+]+)\]", system.text(_DEFRAG))
    if chosen is None:
        raise Untold(f"{_DEFRAG} marks no choice")
    evidence = f"{chosen[1]} ({_DEFRAG})"
    if _mode(system) == "never" or chosen[1] not in ("always", "madvise"):
        return fine("A page fault does not wait for memory to be moved together.", evidence)
    command = system.setting("defer", _DEFRAG)
    if chosen[1] == "always" and _mode(system) == "always":
        sentence = "Any page fault may wait until the kernel has moved memory together."
        return disturbs(sentence, evidence, command)
    return note(
        "A page fault of who asks for huge pages, as NumPy does from 4 MiB on, may wait until the "
        "kernel has moved memory together.",
        evidence,
        command,
    )


def _daemon(system: System) -> Finding:
    grown = system.growth(_COLLAPSED, r"^(\d+)")
    evidence = f"{grown} more during the sample ({_COLLAPSED})"
    if grown:
        sentence = "The kernel is making huge pages of small ones while you measure."
        return disturbs(sentence, evidence, system.setting(600000, _SLEEP))
    return fine("The kernel made no huge pages of small ones meanwhile.", evidence)


CHECKS = (
    Check("hugepages", "Who gets huge pages?", _who),
    Check("hugepage defrag", "May a page fault wait for a huge page?", _price),
    Check(
        "khugepaged",
        "Is the kernel making huge pages of small ones?",
        _daemon,
        lambda system: [_COLLAPSED],
    ),
)
