"""Runs a module with the modules of its interpreter, of this package and of nobody else.

`python safe_path.py MODULE [ARGUMENT ...]` does what `python -m MODULE [ARGUMENT ...]` does, and `python safe_path.py
-c CODE` what `python -c CODE` does, but for where modules are looked for. The current folder is not among the places,
so that a `json.py` or `pytest.py` in it is not taken for the library's; Python itself can be told so only from 3.11 on.
Nor is the folder in which this package lies: beside it in a clone are files of any name, and beside an installed one
the packages of another interpreter.
"""

import os
import runpy
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec


def begin() -> None:
    """Import this package by its place, and look for no other module in the current folder or beside this file."""
    own = os.path.dirname(os.path.abspath(__file__))
    package = os.path.dirname(own)
    sys.path[:] = [place for place in sys.path if place and os.path.normpath(place) != own]
    spec = PathFinder.find_spec(os.path.basename(package), [os.path.dirname(package)])
    assert spec is not None and spec.loader is not None
    sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules[spec.name])


if __name__ == "__main__":
    begin()
    del sys.argv[0]
    if sys.argv[0] == "-c":
        exec(sys.argv.pop(1), {"__name__": "__main__"})
    else:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
