"""The address layout of a program, chosen by a number, where the system allows it.

Where code, heap and stack lie decides which of them meet in a cache set or a branch predictor's entry: 7 to 14% of a
short call on some machines (Mytkowicz et al. 2009, "Producing wrong data without doing anything obviously wrong";
Curtsinger and Berger 2013, STABILIZER). The system draws the layout of every program afresh. Without that it is always
the same one, which may lie far off all others; so it is moved, by distances that are drawn from the layout's number:
the stack here, by the size of the environment, the libraries and the heap in `measure.placement`.

Run as a program, this file is the launcher of a session (see `launched`): it becomes the session's program, with
randomisation switched off where a layout was chosen, and ends with its parent from the first moment on.
"""

from __future__ import annotations

import ctypes
import os
import random
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence

_LINUX = sys.platform.startswith("linux")
_ADDR_NO_RANDOMIZE = 0x0040000
_QUERY = 0xFFFFFFFF

_PR_SET_PDEATHSIG = 1  # from the kernel's prctl.h

#: A program that does nothing takes a tenth of a second.
_LONGEST_TRIAL_SECONDS = 60.0

_PAGE, _STACK_ALIGNMENT, _POINTER = 4096, 16, 8
_ENVIRONMENT_STEP = 4 * _PAGE
_PADDING = "COPYCOST_PADDING"


def fix() -> None:
    """Switch address randomisation off for whatever this process executes next.

    Raises:
        OSError: the system refuses, or has no such call.
    """
    if not _LINUX:
        raise OSError(f"{sys.platform} has no personality call")
    libc = ctypes.CDLL(None, use_errno=True)
    current = libc.personality(_QUERY)
    if current == -1 or libc.personality(current | _ADDR_NO_RANDOMIZE) == -1:
        raise OSError(ctypes.get_errno(), "personality(ADDR_NO_RANDOMIZE) was refused")


def why_not_fixed() -> str | None:
    """Return why the layout cannot be chosen here, or None where it can."""
    trial = launched([sys.executable, "-P", "-c", ""])
    try:
        tried = subprocess.run(trial, capture_output=True, text=True, check=False, timeout=_LONGEST_TRIAL_SECONDS)
    except subprocess.TimeoutExpired:  # somebody has stopped it: the run would wait for it for good
        return f"no answer within {_LONGEST_TRIAL_SECONDS:.3g} s"
    if tried.returncode == 0:
        return None
    lines = tried.stderr.strip().splitlines()
    return lines[-1] if lines else f"exit status {tried.returncode}"


def launched(program: Sequence[str], chosen: bool = True) -> list[str]:
    """Return the command line by which this process starts a program that is to end with it.

    Args:
        program: the program and its arguments.
        chosen: whether its address layout is chosen; else it is the system's.
    """
    if not chosen and not _LINUX:
        return list(program)
    # Importing torch takes a program seconds, in which it would not notice that nobody waits for it any more.
    return [sys.executable, "-P", "-S", __file__, str(os.getpid()), str(int(chosen)), *program]


def end_with(parent: int) -> None:
    """Be killed, as this program and as whatever it executes next, when the parent dies or has died already."""
    if _LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            raise SystemExit("whoever started this process has ended")


def padded(environ: Mapping[str, str], command: Sequence[str], layout: int) -> dict[str, str]:
    """Return an environment filled up so that a program's stack begins where its layout has it.

    The stack begins below the program's arguments and environment, so that a longer user name or path would move it.

    Args:
        environ: the environment.
        command: the program and its arguments.
        layout: the layout's number.
    """
    texts = [*command, *(f"{name}={value}" for name, value in environ.items()), f"{_PADDING}="]
    # The system puts each text there, a pointer to it, and the program's name once more.
    size = sum(len(os.fsencode(text)) + 1 + _POINTER for text in texts) + len(os.fsencode(command[0])) + 1
    place = _STACK_ALIGNMENT * random.Random(layout).randrange(_PAGE // _STACK_ALIGNMENT)
    return {**environ, _PADDING: "x" * ((place - size) % _ENVIRONMENT_STEP)}


if __name__ == "__main__":
    end_with(int(sys.argv[1]))
    if int(sys.argv[2]):
        fix()
    os.execvp(sys.argv[3], sys.argv[3:])
