import json
import subprocess
import sys

CODE = """
import os, subprocess, sys
from copycost.run.cluster.hosted import Teller, own_output
teller = Teller(own_output())
print("a user's file says so")
subprocess.run([sys.executable, "-c", "print('and so does what it starts')"])
teller.tell("ended", status="complete")
"""


def test_only_events_are_on_standard_output_whatever_is_printed():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"event": "ended", "status": "complete"}
    assert "a user's file says so" in done.stderr and "and so does what it starts" in done.stderr
