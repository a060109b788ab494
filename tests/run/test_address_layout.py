import os
import subprocess
import sys

import pytest

from copycost.run import address_layout

ADDRESS = "import ctypes; print(ctypes.addressof(ctypes.c_int.in_dll(ctypes.pythonapi, 'Py_OptimizeFlag')))"


def addresses(count: int) -> set[str]:
    command = address_layout.launched([sys.executable, "-c", ADDRESS])
    return {subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(count)}


def test_a_fixed_layout_is_the_same_in_every_process_or_the_reason_is_known():
    reason = address_layout.why_not_fixed()
    if reason is None:
        assert len(addresses(3)) == 1
    else:
        assert reason


def test_a_system_without_the_call_says_so(monkeypatch):
    monkeypatch.setattr(address_layout, "_LINUX", False)
    monkeypatch.setattr(address_layout.sys, "platform", "darwin")
    with pytest.raises(OSError, match="darwin"):
        address_layout.fix()


#: Starts a program by the launcher and is killed before or after the program could have begun.
STARTS = """
import os, subprocess, sys
from copycost.run.address_layout import launched
command = launched([sys.executable, "-c", "print('begun', flush=True); import time; time.sleep(600)"], chosen=False)
started = subprocess.Popen(command, stdout=subprocess.PIPE if {late} else None)
if {late}:
    assert started.stdout.readline() == b"begun\\n"
os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells of a parent's death")
@pytest.mark.parametrize("late", [False, True])
def test_a_program_ends_with_who_started_it_however_early_that_is_killed(late):
    done = subprocess.run([sys.executable, "-c", STARTS.format(late=late)], stderr=subprocess.PIPE, timeout=60)
    # Standard error is closed when nobody holds it any more: this would wait for the program.
    assert done.returncode == -9


def test_a_program_whose_parent_is_gone_does_not_begin():
    command = address_layout.launched(["echo", "begun"], chosen=False)
    command[command.index(str(os.getpid()))] = "1"  # whose child this is not
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == "" and "has ended" in done.stderr


def test_a_trial_that_never_ends_is_a_reason(monkeypatch):
    asleep = [sys.executable, "-c", "import time; time.sleep(3600)"]
    monkeypatch.setattr(address_layout, "launched", lambda program: asleep)
    monkeypatch.setattr(address_layout, "_LONGEST_TRIAL_SECONDS", 0.2)
    assert address_layout.why_not_fixed() == "no answer within 0.2 s"
