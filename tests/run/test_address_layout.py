import subprocess
import sys

import pytest

from copycost.run import address_layout

ADDRESS = "import ctypes; print(ctypes.addressof(ctypes.c_int.in_dll(ctypes.pythonapi, 'Py_OptimizeFlag')))"


def addresses(count: int) -> set[str]:
    command = [sys.executable, address_layout.__file__, sys.executable, "-c", ADDRESS]
    return {subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(count)}


def test_a_fixed_layout_is_the_same_in_every_process_or_the_reason_is_known():
    reason = address_layout.why_not_fixed()
    if reason is None:
        assert len(addresses(3)) == 1
    else:
        assert reason


def test_a_system_without_the_call_says_so(monkeypatch):
    monkeypatch.setattr(address_layout.sys, "platform", "darwin")
    with pytest.raises(OSError, match="darwin"):
        address_layout.fix()
