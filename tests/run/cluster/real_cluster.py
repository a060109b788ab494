"""A real scheduler and real workers, each worker on a loopback address and so a host of its own."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[3]
_LONGEST = 900.0


class RealCluster:
    """Processes of Dask's own command line; ended with the fixture, whatever they do."""

    def __init__(self, folder):
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.workers = []
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0")
        wait_until(lambda: address_in(self.file) is not None)

    def worker(self, number, *options, environment=None):
        """Start a worker on the host 127.0.0.`number`."""
        place = ("--host", f"127.0.0.{number}", "--no-nanny", "--local-directory", str(self.folder / f"host-{number}"))
        worker = self._start("worker", *place, *options, environment=environment)
        self.workers.append(worker)
        return worker

    def restart(self):
        """Kill the scheduler and start another in its place, to which the workers of the first do not belong."""
        port = address_in(self.file).rpartition(":")[2]
        self.scheduler.kill()
        self.scheduler.wait()
        self.file.unlink()
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", port)
        wait_until(lambda: address_in(self.file) is not None, self.scheduler)

    def close(self):
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()

    def _start(self, *words, environment=None):
        log = (self.folder / f"{words[0]}-{len(self.workers)}.log").open("w")
        with log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *words, "--scheduler-file", str(self.file), "--no-dashboard"],
                env={**os.environ, **(environment or {})},
                stdout=log,
                stderr=log,
            )


class GatedRun:
    """A run of a conversion that goes on beyond its first process only where it may."""

    def __init__(self, folder):
        self.folder = folder
        self.gate = folder / "go-on"
        self.gate.write_text("", encoding="utf-8")
        self.conversions = folder / "gated.py"
        self.conversions.write_text(
            f"""
import time
from pathlib import Path

from copycost import conversion

print("loaded")
gate = Path({str(self.gate)!r})
here = Path.cwd().parts


@conversion("gated")
def gated(array):
    import torch  # not while the file is read, which takes every process that reads it two seconds

    while list(Path("results").glob("*/process-*.json")) and not set(gate.read_text().split()) & set(here):
        gate.with_name("waits-" + next((part for part in here if part.startswith("host-")), "host")).touch()
        time.sleep(0.01)
    return torch.from_numpy(array)
""",
            encoding="utf-8",
        )

    def start(self, cluster, *options):
        """Begin or resume the run on a cluster, as it would be on a command line."""
        grid = ("--conversion", "gated", "--size", "64", "--dtype", "float64", "--no-references")
        if "--resume" in options:
            grid = ()
        words = (*grid, "--conversions", self.conversions, "--out", self.folder / "results", *options)
        return subprocess.Popen(
            [sys.executable, "-W", "error", ROOT / "bench_runner.py", "run", "--cluster", cluster, *map(str, words)],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def waiting(self):
        """Return the numbers of hosts that have waited at the gate, the first first."""
        files = sorted(self.folder.glob("waits-host-*"), key=lambda file: file.stat().st_mtime)
        return [file.name.removeprefix("waits-host-") for file in files]

    @property
    def landed(self):
        """Return the records of hosts whose results have come back."""
        return sorted((self.folder / "results").glob("*/[!.]*/run.json"))

    def go_on(self, number=None):
        """Open the gate, for one host or for all."""
        with self.gate.open("a") as gate:
            gate.write(f" host-{number}" if number else f" {self.gate.anchor}")


def wait_until(condition, alive=None):
    """Wait for what is bound to come, however slow the machine is."""
    deadline = time.monotonic() + _LONGEST
    while not condition():
        assert alive is None or alive.poll() is None, alive.communicate()
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


def measuring(worker):
    """Return the processes that measure for a worker; others examine its host."""
    try:
        children = psutil.Process(worker.pid).children(recursive=True)
        return children if any("copycost.run.cluster.host_process" in child.cmdline() for child in children) else []
    except psutil.NoSuchProcess:
        return []


def address_in(file):
    try:
        return json.loads(file.read_text())["address"]
    except (OSError, ValueError):
        return None
