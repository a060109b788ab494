"""Checks of what others do to the same hardware: time stolen, and the core shared unseen."""

from __future__ import annotations

from statistics import median
from typing import NamedTuple, Sequence

from copycost.measure.canary import Probe
from copycost.measure.doctor.finding import Check, Finding, disturbs, fine, note
from copycost.measure.doctor.load import STAT, cpu_ticks
from copycost.measure.doctor.system import System, Untold

_STEAL = 7
_NOTED_STEAL, _DISTURBING_STEAL = 0.01, 0.05

#: The undisturbed level is this quantile of canary / clock, and contended what is this much above.
LEVEL_SHARE, CONTENDED = 0.02, 1.15
_NOTED_SHARE, _DISTURBING_SHARE = 0.03, 0.15

_FEWEST_PROBES = 100


class Contention(NamedTuple):
    """The share of probes that a neighbour slowed, how many times, and the undisturbed level."""

    share: float
    slower: float
    level: float


def contention(probes: Sequence[Probe]) -> Contention:
    """Return what canary / clock tells of neighbours; one that stays throughout it cannot tell."""
    index = sorted(look.canary / look.clock for look in probes)
    level = index[int(LEVEL_SHARE * len(index))]
    slowed = [value for value in index if value > CONTENDED * level]
    slower = median(slowed) / level if slowed else 1.0
    return Contention(len(slowed) / len(index), slower, level)


def _contention(system: System) -> Finding:
    probes = system.sample.probes
    if len(probes) < _FEWEST_PROBES:
        raise Untold(f"only {len(probes)} canaries could be timed")
    share, slower, level = contention(probes)
    evidence = f"{share:.0%} of {len(probes)} canaries contended"
    evidence += f", {slower:.2f} times slower" if share else ""
    evidence += f" (canary / clock above {CONTENDED} times its low quantile, {level:.2f})"
    if share < _NOTED_SHARE:
        return fine("No neighbour came and went on the core while the canary ran.", evidence)
    kind = disturbs if share >= _DISTURBING_SHARE else note
    return kind(
        "Something shares the core and slows it, whether the kernel counts it or not; a run drops "
        "those rounds and takes longer.",
        evidence,
    )


def _steal(system: System) -> Finding:
    first, last = (cpu_ticks(text) for text in system.twice(STAT))
    spent = [last[n] - first[n] for n in range(len(last))]
    share = spent[_STEAL] / sum(spent)
    evidence = f"{share:.1%} of all CPU time stolen (steal in {STAT})"
    if share < _NOTED_STEAL:
        return fine("The hypervisor takes no time; a neighbour on the core does not show here.", evidence)
    kind = disturbs if share >= _DISTURBING_STEAL else note
    return kind("The hypervisor takes the cores away for others: a dedicated host would not.", evidence)


CHECKS = (
    Check("contention", "Does something slow the core that the kernel does not see?", _contention),
    Check(
        "steal time",
        "Does the hypervisor take time away?",
        _steal,
        lambda system: [STAT],
    ),
)
