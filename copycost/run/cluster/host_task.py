"""What Dask's workers do for a cluster's run: the task that measures a host, and a watch over their other tasks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import Worker, WorkerPlugin, get_worker

import copycost
from copycost.run.cluster.hosts import REFUSED, facts, misfits
from copycost.run.session import BENCHMARKS
from copycost.store.json_file import LARGEST_BYTES
from copycost.store.record import RECORD

PREFIX = "copycost-measure-"
"""What the keys of measuring tasks begin with."""

_SUITE, _RESULTS, _JOB = "benchmarks", "results", "job.json"

_GRACE_SECONDS = 20.0
_RUNNING = ("executing", "long-running")
_ENDED_BY_ITSELF = ("memory", "error", *_RUNNING)


@dataclass(frozen=True)
class Job:
    """A run for one host.

    Args:
        key: the Dask task's.
        topic: under which events are logged, and the name of the plugin that watches.
        host: the host's number, which its events carry.
        name: the run's name: its folder's, as it will be where the results land.
        typed: what `settle` takes, without the folder, the name and the conversions file.
        yardstick: the facts of the machine that starts the run.
        suite: the benchmarks, which are no part of the installed package, by file name.
        conversions: the user's conversions file, its name and its content.
    """

    key: str
    topic: str
    host: int
    name: str
    typed: Mapping[str, Any]
    yardstick: Mapping[str, Any]
    suite: Mapping[str, bytes]
    conversions: tuple[str, bytes] | None = None

    def lay_out(self, folder: Path) -> None:
        """Write everything that the measuring process reads."""
        (folder / _SUITE).mkdir()
        for name, content in self.suite.items():
            (folder / _SUITE / name).write_bytes(content)
        conversions = None
        if self.conversions is not None:
            conversions = f"conversions/{self.conversions[0]}"  # where it is no module that others import by its name
            (folder / "conversions").mkdir()
            (folder / conversions).write_bytes(self.conversions[1])
        job = {
            "typed": {**self.typed, "name": self.name, "out": _RESULTS},
            "suite": _SUITE,
            "conversions": conversions,
        }
        (folder / _JOB).write_text(json.dumps(job), encoding="utf-8")


def suite() -> dict[str, bytes]:
    """Return this machine's benchmarks."""
    return {path.name: path.read_bytes() for path in BENCHMARKS.iterdir() if path.suffix in (".py", ".ini")}


class Watch(WorkerPlugin):
    """Counts what other tasks a worker runs, and ends measuring when its task is taken back or its worker closes."""

    def __init__(self) -> None:
        """Watch nothing yet."""
        self.others: set[str] = set()
        self.measuring: dict[str, asyncio.subprocess.Process] = {}

    def setup(self, worker: Worker) -> None:
        """Count what runs already."""
        for task in worker.state.executing | worker.state.long_running:
            self.transition(task.key, "ready", "executing")

    def transition(self, key: object, start: str, finish: str, **_: object) -> None:
        """Note another's task; end measuring when its task is taken back, as it is when the client is gone."""
        if not str(key).startswith(PREFIX):
            if finish in _RUNNING:
                self.others.add(str(key))
        elif start in _RUNNING and finish not in _ENDED_BY_ITSELF:
            self._end(str(key))

    def teardown(self, worker: Worker) -> None:
        """End measuring."""
        for key in list(self.measuring):
            self._end(key)

    def _end(self, key: str) -> None:
        if key in self.measuring:
            end(self.measuring[key])


async def watch(topic: str, dask_worker: Worker) -> Watch:
    """Add the watch to a worker that has none yet, and return it."""
    if topic not in dask_worker.plugins:
        await dask_worker.plugin_add(plugin=Watch(), name=topic)
    plugin = dask_worker.plugins[topic]
    assert isinstance(plugin, Watch)
    return plugin


async def leave(topic: str, dask_worker: Worker) -> int:
    """Take the watch from a worker and return how many tasks of others it has seen."""
    if topic not in dask_worker.plugins:
        return 0
    plugin = await watch(topic, dask_worker)
    await dask_worker.plugin_remove(name=topic)
    return len(plugin.others)


async def measure_host(job: Job) -> dict[str, bytes] | str:
    """Measure this host and return the files of its run, or why the host cannot do what is asked; the Dask task.

    A process of its own measures, beside the worker and not inside it.

    Raises:
        RuntimeError: nothing was measured; another attempt may do better.
    """
    worker = get_worker()
    reasons = misfits(job.yardstick, facts(), job.typed)
    if reasons:  # this worker came after the host was examined
        raise RuntimeError("; ".join(reasons))
    plugin = await watch(job.topic, worker)
    with tempfile.TemporaryDirectory(prefix=f"{job.topic}-", dir=worker.local_directory) as scratch:
        folder = Path(scratch)
        job.lay_out(folder)
        with open(folder / "errors", "wb") as errors:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "copycost.run.cluster.host_process", _JOB),
                cwd=folder,
                env=environ(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        plugin.measuring[job.key] = process
        if job.key not in worker.state.tasks or worker.state.tasks[job.key].state not in _RUNNING:
            end(process)  # the task was taken back while the process was being started
        try:
            assert process.stdout is not None
            async for line in process.stdout:
                worker.log_event(job.topic, {"host": job.host, "text": line.decode(errors="replace").strip()})
            await _ended(process)  # before the lifeline is closed, or its last line would be of an interrupt
        finally:
            end(process)
            await _ended(process)
            del plugin.measuring[job.key]
        reason = _last_line(folder / "errors")
        if process.returncode == REFUSED:
            return reason
        files = await asyncio.to_thread(_files, folder / _RESULTS / job.name)
        if sum(map(len, files.values())) > LARGEST_BYTES:
            return f"its results are larger than the {LARGEST_BYTES // 1024**2} MiB that are taken from a host"
        if len(files) < 2:
            raise RuntimeError(reason or "the measuring process ended early")
        return files


def end(process: asyncio.subprocess.Process) -> None:
    """Ask a measuring process to end: its standard input is a lifeline."""
    assert process.stdin is not None
    process.stdin.close()


async def _ended(process: asyncio.subprocess.Process) -> None:
    try:
        await asyncio.wait_for(process.wait(), _GRACE_SECONDS)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _files(folder: Path) -> dict[str, bytes]:
    """Return the record and the process files of a run, or nothing where there is no record."""
    if not (folder / RECORD).is_file():
        return {}
    return {path.name: path.read_bytes() for path in (folder / RECORD, *sorted(folder.glob("process-*.json")))}


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def environ() -> dict[str, str]:
    """Return the environment that the host itself would have: without what Dask's nanny set for its worker.

    The nanny makes NumPy and torch single-threaded and lets malloc trim early, which would be measured.
    """
    import dask.config

    for_worker = {
        **dask.config.get("distributed.nanny.environ", {}),
        **dask.config.get("distributed.nanny.pre-spawn-environ", {}),
    }
    own = {
        name: value for name, value in os.environ.items() if name not in for_worker or value != str(for_worker[name])
    }
    search = os.pathsep.join(filter(None, (str(Path(copycost.__file__).parents[1]), own.get("PYTHONPATH"))))
    return {**own, "PYTHONPATH": search}
