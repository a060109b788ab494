"""A sandbox: a function run in a forked process, so that a crash costs one result and not the program.

Libraries do crash: torch 2.13 aborts the whole process when ``torch.from_dlpack`` is given an array
with a negative stride, and no ``except`` can catch that. Nor may a process that is forked from later run
anything on several threads: OpenMP's threads do not survive a fork, and a process forked after they
were started waits for them for ever.

A process can also be kept from leaving a core file, from outliving its parent and from taking more than so
much memory; processes forked from it inherit the limit on memory.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import json
import os
import select
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from copycost.units import format_bytes

Task = TypeVar("Task")

_LINUX = sys.platform.startswith("linux")

#: Whether a process can be forked here; Windows cannot.
POSSIBLE = hasattr(os, "fork")

#: Whether a limit on memory can be kept here.
LIMITABLE = _LINUX

_STATM = Path("/proc/self/statm")
_OOM_SCORE = Path("/proc/self/oom_score_adj")
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # from the kernel's prctl.h
_LONGEST_WAIT = 0.05  # seconds


@dataclass(frozen=True)
class Ended:
    """How a task ended its process: minus a signal's number or an exit status, and the reason if it is known."""

    status: int
    reason: str = ""

    def __str__(self) -> str:
        """Return how the process ended, in one line."""
        how = signal.Signals(-self.status).name if self.status < 0 else f"exit status {self.status}"
        return f"the process ends with {how}" + (f": {self.reason}" if self.reason else "")


def _ignore(pid: int) -> None:
    pass


def sandboxed(
    function: Callable[[Task], Any],
    tasks: Sequence[Task],
    *,
    seconds: float | None = None,
    began: Callable[[int], None] = _ignore,
    silent: bool = False,
) -> list[Any | Ended]:
    """Return ``function(task)`` for each task, or how the process ended for a task that ended it.

    Results have to be made of JSON's types. One forked process does the tasks until one of them
    ends it; the next goes on after that one. Where there is no fork the tasks are done in this process.

    Args:
        function: what is called in the forked process.
        tasks: the values it is called with.
        seconds: the time that one task may take before its process is killed; None for no limit.
        began: told the number of every process that is forked.
        silent: keeps what the processes write on standard error, and gives the reason of an ending from it.

    Raises:
        RuntimeError: the function raised, with the forked process's traceback.
    """
    if not POSSIBLE:
        return [function(task) for task in tasks]
    results: list[Any | Ended] = []
    while len(results) < len(tasks):
        with tempfile.TemporaryFile() as errors:
            rest = tasks[len(results) :]
            child, pipe = _forked(function, rest, errors.fileno() if silent else None)
            lines, status, hung = _heard(child, pipe, seconds, began)
            messages = [message for message in map(_message, lines) if message is not None]
            for message in messages:
                if "raised" in message:
                    raise RuntimeError(message["raised"])
                results.append(message["result"])
            if len(messages) < len(rest):
                errors.seek(0)
                reason = f"no answer within {seconds:.4g} s" if hung else _reason(errors.read())
                results.append(Ended(status, reason))
    return results


def _message(line: bytes) -> dict[str, Any] | None:
    """Return what a task's process has written of the task; None for what the task itself wrote into the pipe."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) and message.keys() <= {"result", "raised"} and message else None


def _forked(function: Callable[[Task], Any], tasks: Sequence[Task], errors: int | None) -> tuple[int, int]:
    """Fork a process that does the tasks; return its number and the pipe that it writes to, a line a task."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 warns of a fork beside threads; the child only makes small conversions.
        warnings.simplefilter("ignore", DeprecationWarning)
        parent = os.getpid()
        child = os.fork()
    if child == 0:
        os.close(reading)
        _work(function, tasks, writing, errors, parent)
    os.close(writing)
    return child, reading


def _work(function: Callable[[Task], Any], tasks: Sequence[Task], pipe: int, errors: int | None, parent: int) -> None:
    """Do the tasks in the child and leave it, whatever happens, without the parent's clean-up."""
    code = 1
    try:
        if errors is not None:
            os.dup2(errors, 2)
        die_with_parent(parent)
        adopt_orphans()
        without_input()
        crash_quietly()
        own = os.getpid()
        for task in tasks:
            try:
                line = json.dumps({"result": function(task)})
            except BaseException:
                line = json.dumps({"raised": traceback.format_exc()})
            if os.getpid() != own:
                os._exit(1)  # a task has forked, and its child would do the others once more
            message = b"\n" + line.encode() + b"\n"  # on a line of its own, whatever the task has written
            while message:
                message = message[os.write(pipe, message) :]
        code = 0
    finally:
        kill_children()
        os._exit(code)


def _heard(child: int, pipe: int, seconds: float | None, began: Callable[[int], None]) -> tuple[list[bytes], int, bool]:
    """Return the lines that a child has written, its exit status, and whether it was killed for its silence."""
    text, status, hung = b"", None, False
    last = time.monotonic()
    try:
        began(child)
        while True:
            if status is None:
                ended, wait_status = os.waitpid(child, os.WNOHANG)
                status = wait_status if ended else None
            # A process that the child has forked may hold the pipe open: its end is not waited for.
            readable = select.select([pipe], [], [], _LONGEST_WAIT if status is None else 0)[0]
            piece = os.read(pipe, 1 << 16) if readable else b""
            if piece:
                text, last = text + piece, time.monotonic()
            elif status is not None:
                # What follows the last newline is empty, or a result that a crash cut short.
                return text.split(b"\n")[:-1], os.waitstatus_to_exitcode(status), hung
            elif readable:
                status = os.waitpid(child, 0)[1]
            elif seconds is not None and time.monotonic() - last > seconds:
                os.kill(child, signal.SIGKILL)
                hung = True
    finally:
        if status is None:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        os.close(pipe)


def _reason(output: bytes) -> str:
    """Return the message of the C++ exception that ended a process, if there was one."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines()]
    return next((line.partition("what():")[2].strip() for line in lines if "what():" in line), "")


def die_with_parent(parent: int | None = None) -> None:
    """Be killed when the parent dies, however it dies: nothing is left running that measures for nobody.

    Args:
        parent: its number, where it may have died already.
    """
    if _LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if parent is not None and os.getppid() != parent:
            os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of whatever children leave behind, so that `descendants` finds it."""
    if _LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def descendants(pid: int) -> list[int]:
    """Return a process's children and theirs; none where the system does not list them."""
    found: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in file.read_text(encoding="ascii").split():
                found += [int(child), *descendants(int(child))]
    return found


def is_stopped(pid: int) -> bool:
    """Return whether a process was stopped by a signal and not continued; False where the system does not tell."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"T"
    except (OSError, IndexError):
        return False


def kill(pids: Iterable[int]) -> list[int]:
    """Kill processes, and return those that could be: some may have ended, or be another user's by now."""
    killed = []
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
    return killed


def kill_children() -> None:
    """Kill all children of this process and theirs, and wait for those that could be killed."""
    while killed := kill(descendants(os.getpid())):
        for pid in killed:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def without_input() -> None:
    """Let standard input be empty: what comes there is not a conversion's to read."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def crash_quietly() -> None:
    """Write no core file and no dump in a crash, and be the first whom the kernel ends when memory runs out."""
    faulthandler.disable()
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        _OOM_SCORE.write_text("500", encoding="ascii")
    except OSError:
        return


def limit_memory(most: int | None) -> None:
    """Let allocating fail beyond so many bytes of private memory; forked processes inherit the limit.

    The limit is RLIMIT_DATA: on Linux it counts what is private and writable. RLIMIT_AS would count
    the address space that libraries reserve and never use, tens of GiB of it with CUDA. A failed
    allocation is an exception that names its cell, where a watcher of the resident size would come
    too late or kill the process without a word.

    Raises:
        MemoryError: the process has more already.
    """
    if most is None or not LIMITABLE:
        return
    import resource

    taken = private_bytes() or 0
    if taken >= most:
        begins = f"the {format_bytes(taken)} that a measuring process begins with"
        raise MemoryError(f"memory limit {format_bytes(most)} is below {begins}")
    _, highest = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most if highest < 0 else min(most, highest), highest))


def private_bytes() -> int | None:
    """Return the bytes of private memory that the limit counts, or None where they are not known."""
    try:
        pages = int(_STATM.read_bytes().split()[5])
    except (OSError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
