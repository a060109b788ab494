"""Checks of which cores there are: siblings, isolated ones, those allowed, NUMA nodes."""

from __future__ import annotations

from typing import Iterable

from copycost.measure.doctor.finding import Check, Finding, disturbs, fine, note
from copycost.measure.doctor.system import System, Untold

_CPUS = "/sys/devices/system/cpu"
_SMT = f"{_CPUS}/smt/control"
_ISOLATED = f"{_CPUS}/isolated"
_ONLINE = f"{_CPUS}/online"
_NODES = "/sys/devices/system/node"
_PROGRAM = "python bench_runner.py"


def cpu_set(text: str) -> frozenset[int]:
    """Return the CPUs that a kernel list such as ``0-3,8`` names."""
    found: set[int] = set()
    for part in text.split(","):
        if part.strip():
            first, _, last = part.partition("-")
            found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


def cpu_list(cpus: Iterable[int]) -> str:
    """Return the kernel's way to write a set of CPUs, such as ``0-3,8``."""
    runs: list[list[int]] = []
    for cpu in sorted(cpus):
        if runs and cpu == runs[-1][-1] + 1:
            runs[-1].append(cpu)
        else:
            runs.append([cpu])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


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
    command = f"taskset --cpu-list {cpu_list(isolated)} {_PROGRAM}"
    if not system.cpus <= isolated:
        return note("Some cores are kept free of other work, but not used for this.", evidence, command)
    if len(system.cpus) > 1:
        # sched(7), isolcpus: an isolated core is in no scheduling domain, nothing balances it.
        return disturbs(
            "Threads are not spread over isolated cores by the kernel: all would share one.",
            evidence,
            f"taskset --cpu-list {min(isolated)} {_PROGRAM}",
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
        own = cpu_set(system.read(f"{_NODES}/node{node}/cpulist") or "")
        if system.cpus and system.cpus <= own:
            evidence += f"; all CPUs of this process are in node {node} ({_NODES}/node{node}/cpulist)"
            return fine("This process stays in one of the memory nodes.", evidence)
    return note(
        f"{len(nodes)} memory nodes: a copy from another node's memory is slower.",
        evidence,
        f"numactl --cpunodebind={nodes[0]} --membind={nodes[0]} {_PROGRAM}",
    )


CHECKS = (
    Check("SMT siblings", "Do two CPUs share a core?", _siblings),
    Check("isolated cores", "Are some cores kept free of other work?", _isolated),
    Check("affinity", "May this process use every core?", _affinity),
    Check("NUMA nodes", "Is some memory farther away?", _nodes),
)
