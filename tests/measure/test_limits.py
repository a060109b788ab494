import os
import subprocess
import sys

import pytest

from copycost.measure import limits
from copycost.measure.limits import Growth, is_out_of_memory, says_out_of_memory


def in_a_process(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


@pytest.mark.parametrize(
    "take", ["bytearray(2**30)", "import numpy; numpy.empty(2**30, 'u1')", "import torch; torch.empty(2**30)"]
)
def test_memory_beyond_the_limit_is_an_exception_and_the_process_lives_on(take):
    code = (
        "from copycost.measure.limits import is_out_of_memory, limit_memory, private_bytes\n"
        "import numpy, torch\n"
        "limit_memory(private_bytes() + 2**28)\n"
        "try:\n"
        f"    exec({take!r})\n"
        "except Exception as error:\n"
        "    print(is_out_of_memory(error), len(bytearray(2**20)))\n"
    )
    assert in_a_process(code).stdout == "True 1048576\n"


def test_a_limit_below_what_a_process_begins_with_is_refused():
    with pytest.raises(MemoryError, match="memory limit 1 MiB is below the"):
        limits.limit_memory(2**20)


def test_no_limit_is_none():
    code = (
        "import resource\n"
        "from copycost.measure.limits import limit_memory\n"
        "limit_memory(None)\n"
        "print(resource.getrlimit(resource.RLIMIT_DATA) == (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
    )
    assert in_a_process(code).stdout == "True\n"


def test_a_process_dies_with_its_parent():
    code = (
        "import os, sys, time\n"
        "from copycost.measure.limits import die_with_parent\n"
        "ready, told = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    die_with_parent()\n"
        "    os.write(told, b'x')\n"
        "    time.sleep(600)\n"
        "os.read(ready, 1)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    # The pipe of standard output is closed when nobody holds it any more: this would wait for the child.
    assert in_a_process(code).returncode == -9


def test_a_crash_leaves_no_core_file():
    code = (
        "import resource\n"
        "from copycost.measure.limits import crash_quietly\n"
        "crash_quietly()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE)[0])\n"
    )
    assert in_a_process(code).stdout == "0\n"


@pytest.mark.parametrize(
    ("error", "is_memory"),
    [
        (MemoryError(), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), True),
        (RuntimeError("std::bad_alloc"), True),
        (OSError(12, os.strerror(12)), True),
        (ValueError("wrong memory format"), False),
        (None, False),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_says_that_memory_ran_out(error, is_memory):
    assert is_out_of_memory(error) == is_memory
    if error is not None:
        assert says_out_of_memory(f"{type(error).__name__}: {error}") == is_memory


def test_the_cause_of_an_error_counts():
    error = RuntimeError("refused")
    error.__cause__ = MemoryError()
    assert is_out_of_memory(error)


def growing(monkeypatch, *steps):
    held = iter([0, *steps])
    monkeypatch.setattr(limits, "private_bytes", lambda: next(held))
    return Growth()


MIB = 1024**2


def test_the_cell_that_holds_most_is_to_blame(monkeypatch):
    growth = growing(monkeypatch, 500 * MIB, 510 * MIB, 1100 * MIB, 1200 * MIB)
    for cell in ("leak", "good", "leak", "large"):
        growth.add(cell)
    assert growth.culprit("large") == "leak"


def test_a_cell_that_asks_for_too_much_at_once_is_to_blame_itself(monkeypatch):
    growth = growing(monkeypatch, 20 * MIB, 30 * MIB, 30 * MIB)
    for cell in ("a", "b", "huge"):
        growth.add(cell)
    assert growth.culprit("huge") == "huge"


def test_where_memory_cannot_be_seen_the_last_is_to_blame(monkeypatch):
    growth = growing(monkeypatch, None)
    growth.add("a")
    assert growth.culprit("b") == "b"
