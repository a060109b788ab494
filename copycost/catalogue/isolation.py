"""Isolation: work done in a child process, so that a crash costs one result and not the program.

Libraries do crash: torch 2.13 aborts the whole process when ``torch.from_dlpack`` is given an array
with a negative stride. No ``except`` can catch that.
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
import warnings
from dataclasses import dataclass
from typing import Any, Callable, List, Sequence, Tuple, TypeVar, Union

Task = TypeVar("Task")


@dataclass(frozen=True)
class Crash:
    """A task that ended its process; the message is the last words, in one line."""

    message: str


def isolated(function: Callable[[Task], Any], tasks: Sequence[Task]) -> List[Union[Any, Crash]]:
    """Return ``function(task)`` for each task, or a Crash for a task that ended its process.

    Results have to be made of JSON's types. One child process does the tasks until one of them
    ends it; the next child goes on after that one. Where there is no fork (Windows), the tasks are
    done in this process.

    Raises:
        RuntimeError: the function raised, with the child's traceback.
    """
    if not hasattr(os, "fork"):
        return [function(task) for task in tasks]
    results: List[Union[Any, Crash]] = []
    while len(results) < len(tasks):
        with tempfile.TemporaryFile() as words:
            done, status = _in_child(function, tasks[len(results) :], words.fileno())
            results += done
            if os.WIFSIGNALED(status):
                words.seek(0)
                results.append(Crash(_last_words(words.read(), os.WTERMSIG(status))))
            elif len(results) < len(tasks):
                words.seek(0)
                raise RuntimeError(words.read().decode(errors="replace"))
    return results


def _in_child(function: Callable[[Task], Any], tasks: Sequence[Task], errors: int) -> Tuple[List[Any], int]:
    """Return the results that came back and the child's exit status."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 warns of a fork beside threads; the child only makes small conversions.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.close(reading)
        _work(function, tasks, writing, errors)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            lines = pipe.read().split(b"\n")
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(child, 0)
    # What follows the last newline is empty, or a result that a crash cut short.
    return [json.loads(line) for line in lines[:-1]], status


def _work(function: Callable[[Task], Any], tasks: Sequence[Task], pipe: int, errors: int) -> None:
    """Do the tasks in the child and leave it, whatever happens, without the parent's clean-up."""
    code = 1
    try:
        os.dup2(errors, 2)
        _die_quietly()
        for task in tasks:
            result = json.dumps(function(task)).encode() + b"\n"
            while result:
                result = result[os.write(pipe, result) :]
        code = 0
    except BaseException:
        import traceback

        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)


def _die_quietly() -> None:
    """Leave no core file and no traceback of a crash that is going to be told as a result."""
    import faulthandler
    import resource

    faulthandler.disable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _last_words(output: bytes, number: int) -> str:
    name = signal.Signals(number).name
    lines = [line.strip() for line in output.decode(errors="replace").splitlines()]
    words = [line.partition("what():")[2].strip() for line in lines if "what():" in line]
    return f"the process ends with {name}" + (f": {words[0]}" if words else "")
