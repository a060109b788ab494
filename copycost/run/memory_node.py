"""Memory nodes (NUMA): the cores of one, and programs that are started on them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from copycost.errors import UsageError
from copycost.measure.machine import cpu_list, cpu_set, read

_NODES = Path("/sys/devices/system/node")


def cores_of(node: int) -> frozenset[int]:
    """Return the cores of a memory node that this process may use.

    Raises:
        UsageError: the system tells no nodes, has no such node, or lets this process use none of its cores.
    """
    nodes = cpu_set(read(_NODES / "online") or "")
    if not nodes or not hasattr(os, "sched_getaffinity"):
        raise UsageError(f"numa={node}: this system tells no memory nodes")
    if node not in nodes:
        raise UsageError(f"numa={node}: this machine has no such memory node: valid: {cpu_list(nodes)}")
    cores = cpu_set(read(_NODES / f"node{node}" / "cpulist") or "")
    allowed = cores & os.sched_getaffinity(0)
    if not allowed:
        raise UsageError(
            f"numa={node}: this process may use none of the node's cores ({cpu_list(cores) or 'it has none'})"
        )
    return allowed


@contextmanager
def started_on(node: int | None) -> Iterator[None]:
    """Let what is started within the context run on a node's cores only; None leaves it alone.

    Linux takes memory from the node of the core that first touches it, so that what such a program allocates is near.
    The calling thread is moved for as long, since a program inherits the cores of the thread that starts it.
    """
    if node is None:
        yield
        return
    cores, before = cores_of(node), os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
