"""Layouts by number: the same places again for the same number, other ones for another."""

import json
import subprocess
import sys

import pytest

from copycost.run import address_layout

PLACES = """
import json, sys
from copycost.measure.placement import place
assert "torch" not in sys.modules and "numpy" not in sys.modules
place(int(sys.argv[1]))
names = ("libtorch_cpu.so", "libtorch_python.so", "_multiarray_umath")
lines = [line.split() for line in open("/proc/self/maps")]
print(json.dumps({name: next(line[0] for line in lines if name in line[-1]) for name in names}))
"""


def places(layout):
    program = [sys.executable, "-c", PLACES, str(layout)]
    environ = address_layout.padded({"PYTHONHASHSEED": "0", "PATH": "/usr/bin"}, program, layout)
    command = address_layout.launched(program)
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.skipif(address_layout.why_not_fixed() is not None, reason="layouts cannot be chosen on this system")
def test_a_layout_repeats_and_layouts_differ():
    first, again, other = (places(layout) for layout in (1, 1, 2))
    assert first == again
    assert all(first[name] != other[name] for name in first)


def size(environ, command):
    texts = [*command, *(f"{name}={value}" for name, value in environ.items())]
    return sum(len(text.encode()) + 1 + 8 for text in texts) + len(command[0].encode()) + 1


def test_the_stack_begins_where_the_layout_has_it_whatever_names_are_long():
    short, long = ["/bin/python", "-c", "x"], ["/home/somebody/of/a/long/name/bin/python", "-c", "x", "y"]
    begins = {
        layout: {
            size(address_layout.padded(environ, command, layout), command) % (4 * 4096)
            for command in (short, long)
            for environ in ({}, {"USER": "a"}, {"USER": "a-much-longer-user-name", "Ünïcode": "ä" * 500})
        }
        for layout in range(1, 30)
    }
    assert all(len(places) == 1 for places in begins.values())
    assert len(set.union(*begins.values())) > 20
    assert all(place % 16 == 0 for place in set.union(*begins.values()))
