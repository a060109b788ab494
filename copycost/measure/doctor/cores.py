"""Checks of the cores: their frequency, siblings, isolated ones, those allowed, NUMA nodes."""

from __future__ import annotations

from statistics import median

from copycost.measure.doctor.check import Check, Finding, System, Untold, disturbs, fine, note
from copycost.measure.machine import cpu_list, cpu_set
from copycost.program import program

_CPUS = "/sys/devices/system/cpu"
_NO_TURBO = f"{_CPUS}/intel_pstate/no_turbo"
_BOOST = f"{_CPUS}/cpufreq/boost"
_SMT = f"{_CPUS}/smt/control"
_ISOLATED = f"{_CPUS}/isolated"
_ONLINE = f"{_CPUS}/online"
_NODES = "/sys/devices/system/node"

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
    evidence = ", ".join(f"{name} on CPU {cpu_list(cpus)}" for name, cpus in governors.items())
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
    grade = disturbs if ratio >= _UNSTEADY else note
    sentence = "The core changed its speed; the clock beside each round takes most of it out."
    return grade(sentence, evidence)


def _siblings(system: System) -> Finding:
    cpu = min(system.cpus or {0})
    path = f"{_CPUS}/cpu{cpu}/topology/thread_siblings_list"
    siblings = cpu_set(system.text(path))
    evidence = f"CPUs on the core of CPU {cpu}: {cpu_list(siblings)} ({path})"
    if len(siblings) > 1:
        switchable = system.read(_SMT) == "on"
        return note(
            "Two threads share each core: one that works slows its sibling 1.5 to 2 times.",
            evidence,
            system.setting("off", _SMT) if switchable else "",
        )
    if system.facts.get("virtual"):
        return fine("No siblings are shown; on the host there may be some all the same.", evidence)
    return fine("No two CPUs share a core.", evidence)


def _isolated(system: System) -> Finding:
    isolated = cpu_set(system.text(_ISOLATED))
    evidence = f"{cpu_list(isolated) or 'none'} ({_ISOLATED})"
    if not isolated:
        return fine("No cores are kept free of other work, which matters only beside other work.", evidence)
    if system.cpus is None:
        raise Untold(f"isolated CPUs {evidence}, but not which ones this process may use")
    evidence += f"; this process may use {cpu_list(system.cpus)} (sched_getaffinity)"
    command = f"taskset --cpu-list {cpu_list(isolated)} {program()}"
    if not system.cpus <= isolated:
        return note("Some cores are kept free of other work, but not used for this.", evidence, command)
    if len(system.cpus) > 1:
        # sched(7), isolcpus: an isolated core is in no scheduling domain, nothing balances it.
        return disturbs(
            "Threads are not spread over isolated cores by the kernel: all would share one.",
            evidence,
            f"taskset --cpu-list {min(isolated)} {program()}",
        )
    return fine("This process has a core that is kept free of other work.", evidence)


def _affinity(system: System) -> Finding:
    if system.cpus is None:
        raise Untold(f"{system.platform} has no sched_getaffinity")
    online = cpu_set(system.text(_ONLINE))
    evidence = f"{cpu_list(system.cpus)} (sched_getaffinity) of {cpu_list(online)} ({_ONLINE})"
    if system.cpus >= online:
        return fine("This process may use every core.", evidence)
    sentence = "This process may use some of the cores only, and threads beyond them share."
    return note(sentence, evidence, f"taskset --cpu-list --pid {cpu_list(online)} $$")


def _nodes(system: System) -> Finding:
    path = f"{_NODES}/online"
    nodes = sorted(cpu_set(system.text(path)))
    evidence = f"{cpu_list(nodes)} ({path})"
    if len(nodes) == 1:
        return fine("All memory is equally near.", evidence)
    for node in nodes:
        near = cpu_set(system.read(f"{_NODES}/node{node}/cpulist") or "")
        if system.cpus and system.cpus <= near:
            evidence += f"; all CPUs of this process are in node {node} ({_NODES}/node{node}/cpulist)"
            return fine("This process stays in one of the memory nodes.", evidence)
    return note(
        f"{len(nodes)} memory nodes: a copy from another node's memory is slower.",
        evidence,
        f"numactl --cpunodebind={nodes[0]} --membind={nodes[0]} {program()}",
    )


CHECKS = (
    Check("governor", "Do the cores run at full speed at once?", _governor),
    Check("turbo", "Does the frequency follow the temperature?", _turbo),
    Check("clock stability", "Does the core keep its speed?", _steadiness),
    Check("SMT siblings", "Do two CPUs share a core?", _siblings),
    Check("isolated cores", "Are some cores kept free of other work?", _isolated),
    Check("affinity", "May this process use every core?", _affinity),
    Check("NUMA nodes", "Is some memory farther away?", _nodes),
)
