"""A measuring session: the `pytest benchmarks` process that the runner starts and asks."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from copycost.run import address_layout

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

#: Plugins that a measuring process does without: each costs time at every test item.
_WITHOUT = ("logging", "terminal", "doctest", "unittest", "junitxml", "faulthandler")

_ENVIRONMENT_STEP = 16 * 1024

Event = dict[str, Any]


class SessionEnded(Exception):
    """The session's process ended, or fell silent, before it had done what it was asked."""


@dataclass(frozen=True)
class Start:
    """How a session's processes come to be: the interpreter, its environment, its address layout."""

    python: str = sys.executable
    environment: Mapping[str, str] = field(default_factory=dict)
    fixed_layout: bool = True
    fork: bool = True

    def command(self, plan_file: Path) -> list[str]:
        """Return the command line that starts a session."""
        layout = [sys.executable, address_layout.__file__] if self.fixed_layout else []
        without = [word for name in _WITHOUT for word in ("-p", f"no:{name}")]
        return [
            *layout,
            self.python,
            *("-m", "pytest", str(BENCHMARKS), "-s", *without, "--benchmark-disable-gc"),
            *("--copycost-plan", str(plan_file)),
            *("--copycost-serve", "fork" if self.fork else "once"),
        ]

    def environ(self) -> dict[str, str]:
        """Return the whole environment of the session's processes."""
        search = os.pathsep.join(filter(None, (str(BENCHMARKS.parent), os.environ.get("PYTHONPATH"))))
        environ = {**os.environ, "PYTHONPATH": search, **self.environment}
        return _padded({**environ, "PYTHONHASHSEED": "0"}) if self.fixed_layout else environ


def _padded(environ: dict[str, str]) -> dict[str, str]:
    """Return the environment filled up to a round size.

    The stack begins below the environment, so that a longer user name or path would move it
    (Mytkowicz et al. 2009).
    """
    size = sum(len(os.fsencode(name)) + len(os.fsencode(value)) + 2 for name, value in environ.items())
    padding = -(size + len("COPYCOST_PADDING") + 2) % _ENVIRONMENT_STEP
    return {**environ, "COPYCOST_PADDING": "x" * padding}


class MeasuringSession:
    """One session; use it as a context manager, so that its process never outlives the run."""

    def __init__(self, start: Start, plan_file: Path) -> None:
        """Start the process; it prepares the plan's cells at once."""
        # Closed in __exit__, with the pipes.
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(
            start.command(plan_file),
            env=start.environ(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C reaches the runner only, which then ends the session
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> MeasuringSession:
        """Return the session."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the session."""
        self.close()

    def close(self) -> None:
        """End the session's process and whatever it forked; may be called twice."""
        if self._process.poll() is None:
            self._kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                stream.close()

    def events(self, until: str, timeout: float) -> Iterator[Event]:
        """Yield events up to and including the one named `until`.

        Args:
            until: name of the event that ends the wait.
            timeout: seconds of silence after which the session is given up.

        Raises:
            SessionEnded: the process ended or fell silent first.
        """
        while True:
            try:
                line = self._lines.get(timeout=timeout)
            except queue.Empty:
                self._kill()
                raise SessionEnded(f"nothing was heard for {timeout:.0f} s") from None
            if not line:
                raise SessionEnded(self._last_words())
            event = json.loads(line)
            yield event
            if event["event"] == until:
                return

    def ask(self, request: Mapping[str, Any]) -> None:
        """Ask for one measuring process.

        Raises:
            SessionEnded: there is no process to ask any more.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except (BrokenPipeError, OSError):
            raise SessionEnded(self._last_words()) from None

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def _kill(self) -> None:
        if hasattr(os, "killpg"):
            os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()

    def _last_words(self) -> str:
        self._process.wait()
        self._errors.seek(0)
        lines = [line.strip() for line in self._errors if line.strip()]
        last = f": {lines[-1]}" if lines else ""
        return f"the measuring process ended with status {self._process.returncode}{last}"
