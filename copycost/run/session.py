"""A session: one started interpreter, from which measuring processes are forked, and the events that it sends.

A session is `pytest benchmarks` in an arm's interpreter, environment and address layout (`Start`). It imports what it
needs, is then told what is known of the cells of its plan and prepares the others; from then on it forks one measuring
process for each request. The runner writes a request a line to the session's standard input and reads an event a line
from its standard output.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import queue
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from copycost.catalogue import sandbox
from copycost.measure import safe_path
from copycost.run import address_layout
from copycost.run.memory_node import started_on

_PACKAGE = Path(__file__).parents[1]
_IN_WHEEL = _PACKAGE / "benchmarks"

#: The benchmarks: within the installed package, or beside it in a clone of the repository.
BENCHMARKS = _IN_WHEEL if _IN_WHEEL.is_dir() else _PACKAGE.parent / "benchmarks"

#: Plugins that a measuring process does without: each costs time at every test item.
_WITHOUT = ("logging", "terminal", "doctest", "unittest", "junitxml", "faulthandler")

#: How the names of variables begin that are set for other programs than a measuring process.
_FOR_OTHERS = ("PYTEST_", "PYTHONWARNINGS")

_LEAST_PIECES = 8
_LONGEST_PIECE = 1.0
_LAST_BYTES = 64 * 1024
_GRACE_SECONDS = 30.0

#: Seconds between two looks at whether a silent session's process lives.
_LONGEST_WAIT = 0.2

#: Bytes that a pipe may still hold when the session's process has ended.
_MOST_LEFT = 1024**2

#: Windows can wait for sockets only.
_SELECTABLE = os.name == "posix"

Event = dict[str, Any]


class SessionEnded(Exception):
    """A session's process ended before it had done what was asked; `status` is its exit status, None if not known."""

    def __init__(self, message: str, status: int | None = None) -> None:
        """Keep the exit status, which is minus the signal's number for a process that a signal ended."""
        super().__init__(message)
        self.status = status


class SessionSilent(Exception):
    """A session sent nothing for as long as it was given."""


@dataclass(frozen=True)
class Start:
    """The conditions under which a session is started.

    Args:
        python: the interpreter.
        environment: an arm's variables.
        layout: the number of the address layout; None leaves it to the system.
        fork: whether processes are forked from the session; else it is the measuring process itself.
        benchmarks: the folder of the benchmarks.
        node: the memory node whose cores are used; None leaves it to the system.
    """

    python: str = sys.executable
    environment: Mapping[str, str] = field(default_factory=dict)
    layout: int | None = 1
    fork: bool = True
    benchmarks: Path = BENCHMARKS
    node: int | None = None

    def command(self, plan_file: Path) -> list[str]:
        """Return the command line that starts a session."""
        return address_layout.launched(self._program(plan_file), chosen=self.layout is not None)

    def _program(self, plan_file: Path) -> list[str]:
        without = [word for name in _WITHOUT for word in ("-p", f"no:{name}")]
        return [
            self.python,
            # Its own ini file: pytest would take a surrounding project's, with its options and its conftest.py.
            *(safe_path.__file__, "pytest", "-c", str(self.benchmarks / "pytest.ini"), str(self.benchmarks), "-s"),
            *("-p", "pytest_benchmark.plugin", *without),
            "--benchmark-disable-gc",
            # Given a folder that exists, pytest-benchmark does not make one where it happens to run.
            *("--benchmark-storage", f"file://{Path(plan_file).absolute().parent}"),
            # One word: the value of an option that pytest does not know yet counts as a path to look for tests.
            f"--copycost-plan={plan_file}",
            *("--copycost-serve", "fork" if self.fork else "once"),
        ]

    def environ(self, plan_file: Path) -> dict[str, str]:
        """Return the whole environment of the session's processes; an arm's variables override the usual ones."""
        # What the caller has set for a pytest of their own, options or a worker's number, is not for this one; nor is
        # that warnings are errors.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_FOR_OTHERS)}
        usual = {} if self.layout is None else {"PYTHONHASHSEED": "0"}
        # Plugins that happen to be installed are never used here, and would move what is imported after them.
        environ = {**inherited, **usual, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **self.environment}
        if self.layout is None:
            return environ
        return address_layout.padded(environ, self._program(plan_file), self.layout)


class Session:
    """A session; use it as a context manager, so that its process never outlives the run."""

    def __init__(self, start: Start, plan_file: Path) -> None:
        """Start the process; it imports what the plan needs at once."""
        # Closed in __exit__, with the pipes.
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        with started_on(start.node):
            self._process = subprocess.Popen(
                start.command(plan_file),
                env=start.environ(plan_file),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C reaches the runner only, which then ends the session
            )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Session:
        """Return the session."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the session."""
        self.close()

    def close(self) -> None:
        """End the session's process and whatever it forked; may be called twice."""
        if self._process.poll() is None:
            self.kill()
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                stream.close()

    def events(self, until: str, timeout: float, meanwhile: Callable[[], object] = lambda: None) -> Iterator[Event]:
        """Yield events up to and including the first one named `until`; may be called again after a silence.

        A silence is counted in small pieces, so that a pause of the runner, as on a machine that sleeps, is not taken
        for a silence of the session.

        Args:
            until: name of the last event.
            timeout: seconds of silence that are too long.
            meanwhile: called in every silence, once a second at least.

        Raises:
            SessionEnded: the process ended before that event.
            SessionSilent: the process sent nothing for `timeout` seconds.
        """
        while True:
            line = self._next_line(timeout, meanwhile)
            if not line:
                raise self._ended()
            event = _event(line)
            if event is None:
                continue
            yield event
            if event["event"] == until:
                return

    def _next_line(self, timeout: float, meanwhile: Callable[[], object]) -> str:
        pieces = max(_LEAST_PIECES, math.ceil(timeout / _LONGEST_PIECE))
        for _ in range(pieces):
            with contextlib.suppress(queue.Empty):
                return self._lines.get(timeout=timeout / pieces)
            meanwhile()
        raise SessionSilent(f"nothing was heard for {timeout:.3g} s")

    def ask(self, request: Mapping[str, Any]) -> None:
        """Tell what is known of the cells, and from then on ask for one measuring process at a time.

        Raises:
            SessionEnded: there is no process to ask any more.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except (BrokenPipeError, OSError):
            raise self._ended() from None

    def kill(self, pid: int | None = None) -> None:
        """End one process that the session has forked; without a number, or with the session's own, all of them."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if not hasattr(os, "killpg"):
                self._process.kill()
            elif pid is None or pid == self._process.pid:
                left = sandbox.descendants(self._process.pid)  # some may have left the group
                os.killpg(self._process.pid, signal.SIGKILL)
                sandbox.kill(left)
            else:
                os.kill(pid, signal.SIGKILL)

    def is_stopped(self, pid: int | None = None) -> bool:
        """Return whether a process that the session has forked is stopped; without a number, the session's own."""
        return sandbox.is_stopped(self._process.pid if pid is None else pid)

    def mark(self) -> int:
        """Return how many bytes were written to standard error so far, for `last_line`."""
        return os.fstat(self._errors.fileno()).st_size

    def last_line(self, mark: int = 0) -> str:
        """Return the last line written to standard error since a mark; empty if there was none."""
        if hasattr(os, "pread"):  # the session writes at the file's own position, which must not be moved
            text = os.pread(self._errors.fileno(), _LAST_BYTES, max(mark, self.mark() - _LAST_BYTES))
        elif self._process.poll() is None:
            return ""
        else:
            self._errors.seek(mark)
            text = self._errors.read().encode()
        lines = [line.strip() for line in text.decode(errors="replace").splitlines() if line.strip()]
        return lines[-1].removeprefix("INTERNALERROR> ") if lines else ""

    def _read(self) -> None:
        """Hear the session until its process has ended; something that it left running may hold the pipe open."""
        assert self._process.stdout is not None
        pipe, text, left = self._process.stdout.fileno(), b"", _MOST_LEFT
        while left > 0:
            ended = self._process.poll() is not None
            if _SELECTABLE and not select.select([pipe], [], [], 0 if ended else _LONGEST_WAIT)[0]:
                if ended:
                    break
                continue
            piece = os.read(pipe, _LAST_BYTES)
            if not piece:
                break
            left -= len(piece) if ended else 0  # what is left behind may write for ever
            *lines, text = (text + piece).split(b"\n")
            for line in lines:
                self._lines.put(line.decode(errors="replace") + "\n")
        self._lines.put("")

    def _ended(self) -> SessionEnded:
        try:
            status = self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:  # it has closed its output and lives on
            self.kill()
            status = self._process.wait()
        last_line = self.last_line()
        return SessionEnded(
            f"the measuring process {how_it_ended(status)}" + (f": {last_line}" if last_line else ""), status
        )


def _event(line: str) -> Event | None:
    """Return the event that a line holds; None for a line that a conversion wrote where it should not have."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


def how_it_ended(status: int) -> str:
    """Return how a process ended, from its exit status or minus the signal, as ``was ended by SIGSEGV``."""
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"


#: Starts a session: `Session` itself, or what stands in for it in tests.
OpenSession = Callable[[Start, Path], Session]
