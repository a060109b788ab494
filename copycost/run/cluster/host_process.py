"""The process that measures a host, as its Dask worker sees it: started, heard, ended with the worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import copycost

_GRACE_SECONDS = 20.0


class HostProcess:
    """One process of `copycost.run.cluster.hosted`.

    Its standard input is a lifeline: it ends itself when that is closed, by `stop` or by the worker's death.
    """

    def __init__(self, job_file: Path) -> None:
        """Start it; it measures at once."""
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 closed in wait
        self._process = subprocess.Popen(
            [sys.executable, "-m", "copycost.run.cluster.hosted", str(job_file)],
            cwd=job_file.parent,
            env=environ(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield what it tells, until it has ended."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            yield json.loads(line)

    def stop(self) -> None:
        """Ask it to end; does not wait."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def wait(self) -> tuple[int, str]:
        """Wait until it has ended and return its exit status and its last words."""
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.seek(0)
        lines = [line.strip() for line in self._errors if line.strip()]
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                stream.close()
        return self._process.returncode, lines[-1] if lines else ""


def environ() -> dict[str, str]:
    """Return the environment that the host itself would have: without what Dask's nanny set for its worker.

    The nanny makes NumPy and torch single-threaded and lets malloc trim early, which would be measured.
    """
    import dask.config
    import distributed  # noqa: F401  which brings its part of the configuration

    for_worker = {
        **dask.config.get("distributed.nanny.environ", {}),
        **dask.config.get("distributed.nanny.pre-spawn-environ", {}),
    }
    own = {
        name: value for name, value in os.environ.items() if name not in for_worker or value != str(for_worker[name])
    }
    search = os.pathsep.join(filter(None, (str(Path(copycost.__file__).parents[1]), own.get("PYTHONPATH"))))
    return {**own, "PYTHONPATH": search}
