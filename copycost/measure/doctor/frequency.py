"""Checks of the cores' frequency: what governs it, turbo, and how steady it was."""

from __future__ import annotations

from statistics import median

from copycost.measure.doctor.cores import cpu_list
from copycost.measure.doctor.finding import Check, Finding, disturbs, fine, note
from copycost.measure.doctor.system import System, Untold

_CPUS = "/sys/devices/system/cpu"
_NO_TURBO = f"{_CPUS}/intel_pstate/no_turbo"
_BOOST = f"{_CPUS}/cpufreq/boost"

# A neighbour alone slows the clock 1.04 times; the rest is the frequency.
_STEADY, _UNSTEADY = 1.05, 1.10
_WINDOWS = 50
_FEWEST_IN_A_WINDOW = 20


def _governor(system: System) -> Finding:
    governors: dict[str, list[int]] = {}
    for cpu in sorted(system.cpus or {0}):
        name = system.read(f"{_CPUS}/cpu{cpu}/cpufreq/scaling_governor")
        if name is not None:
            governors.setdefault(name, []).append(cpu)
    path = f"{_CPUS}/cpu*/cpufreq/scaling_governor"
    if not governors:
        raise system.untold(path, "the host decides" if system.facts.get("virtual") else "")
    evidence = ", ".join(f"{name} on CPU {cpu_list(own)}" for name, own in governors.items())
    evidence += f" ({path})"
    if set(governors) == {"performance"}:
        return fine("The cores are asked for their full speed at once.", evidence)
    sentence = "The cores slow down when idle and take time to speed up when a measurement starts."
    return disturbs(sentence, evidence, system.setting("performance", path))


def _turbo(system: System) -> Finding:
    for path, on, off in ((_NO_TURBO, "0", "1"), (_BOOST, "1", "0")):
        value = system.read(path)
        if value == off:
            return fine("Turbo is off: the frequency does not follow the temperature.", f"{value} ({path})")
        if value == on:
            return note(
                "Turbo is on: the frequency follows the temperature and the neighbours; the clock "
                "beside each round takes most of it out.",
                f"{value} ({path})",
                system.setting(off, path),
            )
    raise system.untold(f"{_NO_TURBO} or {_BOOST}", "the host decides" if system.facts.get("virtual") else "")


def _steadiness(system: System) -> Finding:
    clocks = [look.clock for look in system.sample.probes]
    length = len(clocks) // _WINDOWS
    if length < _FEWEST_IN_A_WINDOW:
        raise Untold(f"only {len(clocks)} clocks could be timed")
    windows = sorted(median(clocks[n * length : (n + 1) * length]) for n in range(_WINDOWS))
    low, high = windows[_WINDOWS // 10], windows[-1 - _WINDOWS // 10]
    ratio = high / low
    evidence = (
        f"{high / 1000:.2f} against {low / 1000:.2f} µs, {ratio:.3f} times "
        f"(the clock, 10 to 90% of {_WINDOWS} windows over {system.sample.seconds:.1f} s)"
    )
    if ratio < _STEADY:
        return fine("The core kept its speed.", evidence)
    kind = disturbs if ratio >= _UNSTEADY else note
    sentence = "The core changed its speed; the clock beside each round takes most of it out."
    return kind(sentence, evidence)


CHECKS = (
    Check("governor", "Do the cores run at full speed at once?", _governor),
    Check("turbo", "Does the frequency follow the temperature?", _turbo),
    Check("clock stability", "Does the core keep its speed?", _steadiness),
)
