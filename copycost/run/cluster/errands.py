"""Errands: what the client has done on workers, each a function that Dask runs there."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from distributed import Worker, get_worker

from copycost.run.cluster.host_plugin import HostPlugin
from copycost.run.cluster.job import Job
from copycost.run.cluster.parcel import Parcel

_FILES_AT_ONCE = 8


@dataclass(frozen=True)
class Collected:
    """Process files that were asked for and, when these are all of them, the record that lists them."""

    files: tuple[Parcel, ...]
    record: Parcel | None


async def install(name: str, key: str, job: Job | None, dask_worker: Worker) -> None:
    """Add the plugin to a worker, and the job's files where it is the one that measures.

    Raises:
        RuntimeError: the worker could not take it.
    """
    plugin = HostPlugin(name, key)
    answer = await dask_worker.plugin_add(plugin=plugin, name=name)
    if answer["status"] != "OK":
        raise RuntimeError(f"the plugin cannot be added: {answer.get('exception')}")
    if job is not None:
        await asyncio.to_thread(plugin.lay_out, job)


async def remove(name: str, dask_worker: Worker) -> None:
    """Take the plugin from a worker, and with it whatever it holds."""
    if name in dask_worker.plugins:  # it goes by itself when its task is taken back
        await dask_worker.plugin_remove(name=name)


def measure(name: str) -> dict[str, Any]:
    """Measure the host; the Dask task."""
    plugin = get_worker().plugins[name]
    assert isinstance(plugin, HostPlugin)
    return plugin.measure()


def other_tasks(name: str, dask_worker: Worker) -> tuple[int, float]:
    """Return how many tasks of others ran on a worker since the plugin is there, and for how many seconds."""
    plugin = dask_worker.plugins[name]
    assert isinstance(plugin, HostPlugin)
    return plugin.other_tasks, plugin.other_seconds


async def collect(name: str, run: str, have: frozenset[str], dask_worker: Worker) -> Collected:
    """Return process files of a run that the client has not, some at a time."""
    plugin = dask_worker.plugins[name]
    assert isinstance(plugin, HostPlugin)
    return await asyncio.to_thread(_collected, plugin, run, have)


def _collected(plugin: HostPlugin, run: str, have: frozenset[str]) -> Collected:
    folder = plugin.results / run
    if not (folder / "run.json").is_file():
        return Collected((), None)
    record = Parcel.of(folder / "run.json")  # before the files: every file that it lists is there
    listed = [process["file"] for process in json.loads(record.content())["processes"]]
    wanted = [file for file in listed if file not in have]
    files = tuple(Parcel.of(folder / file) for file in wanted[:_FILES_AT_ONCE])
    return Collected(files, record if len(files) == len(wanted) else None)
