"""What copycost adds to a Dask worker while its host is measured: the process, and a watch for others' tasks."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from pathlib import Path
from typing import Any

from distributed import Worker, WorkerPlugin

from copycost.run.cluster.host_process import HostProcess
from copycost.run.cluster.job import RESULTS, Job

OUR_KEYS = "copycost-measure-"

_RUNNING = ("executing", "long-running")
_LEAVE_SECONDS = 25.0
_ENDED_BY_ITSELF = ("memory", "error", *_RUNNING)


class HostPlugin(WorkerPlugin):
    """Lives on every worker of a host; one of them measures."""

    def __init__(self, name: str, key: str) -> None:
        """Be known by `name` on the worker; the task that measures has this key."""
        self.name = name
        self.key = key
        self.other_tasks = 0
        self._other_seconds = 0.0
        self._running: dict[str, float] = {}
        self._process: HostProcess | None = None
        self._stopped = False
        self._idle = threading.Event()
        self._idle.set()

    def setup(self, worker: Worker) -> None:
        """Count what is running already."""
        self._worker = worker
        self.folder = Path(worker.local_directory) / self.name
        for task in worker.state.executing | worker.state.long_running:
            self.transition(str(task.key), "ready", "executing")

    async def teardown(self, worker: Worker) -> None:
        """End measuring and take everything away."""
        self.stop()
        await asyncio.to_thread(self._idle.wait, _LEAVE_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)

    def transition(self, key: object, start: str, finish: str, **_: object) -> None:
        """Note others' tasks; go when the task that measures is taken back, as it is when the client is gone."""
        name = str(key)
        if name.startswith(OUR_KEYS):
            if name == self.key and start in _RUNNING and finish not in _ENDED_BY_ITSELF:
                self._worker.loop.add_callback(self._worker.plugin_remove, name=self.name)
        elif finish in _RUNNING:
            self.other_tasks += name not in self._running
            self._running.setdefault(name, time.monotonic())
        elif name in self._running:
            self._other_seconds += time.monotonic() - self._running.pop(name)

    @property
    def other_seconds(self) -> float:
        """Return the seconds that others' tasks have run, those that are running included."""
        return self._other_seconds + sum(time.monotonic() - began for began in list(self._running.values()))

    @property
    def results(self) -> Path:
        """Return the folder that will have the run's folder in it."""
        return self.folder / RESULTS

    def lay_out(self, job: Job) -> None:
        """Lay the job's files out where `measure` finds them."""
        self._job_file = job.unpack(self.folder)

    def measure(self) -> dict[str, Any]:
        """Measure this host and return the last event and the exit status; called in a task's thread."""
        process = HostProcess(self._job_file)
        self._process = process
        self._idle.clear()
        try:
            if self._stopped:  # while the process was being started
                process.stop()
            event: dict[str, Any] = {}
            for event in process.events():
                self._worker.log_event(self.name, event)
            status, last_words = process.wait()
            return {"event": event, "status": status, "last_words": last_words}
        finally:
            process.stop()  # it must not go on where it could not be heard to the end
            self._idle.set()

    def stop(self) -> None:
        """End measuring; does not wait."""
        self._stopped = True
        if self._process is not None and not self._idle.is_set():
            self._process.stop()
