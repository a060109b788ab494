import subprocess
import sys
from pathlib import Path

import copycost
from copycost.run.cluster.host_process import environ


def test_what_the_nanny_set_for_its_worker_is_not_measured(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "65536")
    monkeypatch.setenv("MKL_NUM_THREADS", "3")  # no value of the nanny's
    own = environ()
    assert "OMP_NUM_THREADS" not in own and "MALLOC_TRIM_THRESHOLD_" not in own
    assert own["MKL_NUM_THREADS"] == "3"


def test_the_process_finds_the_workers_own_copycost(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    assert environ()["PYTHONPATH"].split(":") == [str(Path(copycost.__file__).parents[1]), "/somewhere"]


LIFELINE = """
import os, signal, threading, time
from copycost.run.cluster.hosted import end_with_parent
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    threading.Thread(target=end_with_parent, args=(0, os.getppid()), daemon=True).start()
    print("ready", flush=True)
    time.sleep(3600)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_a_process_ends_with_its_lifeline():
    with subprocess.Popen(
        [sys.executable, "-c", LIFELINE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.stdin.close()
        assert process.stdout.readline() == "interrupted\n"
