"""The program as a person has started it, for usage, advice and hints that they can type."""

from __future__ import annotations

import sys
from pathlib import Path

COPYCOST = "copycost"

CHECKOUT = "python bench_runner.py"
"""The program within a clone of the repository, where nothing need be installed."""


def program() -> str:
    """Return what to type before a command: ``copycost`` where it was started so, else ``python bench_runner.py``."""
    return COPYCOST if Path(sys.argv[0]).stem == COPYCOST else CHECKOUT


def version() -> str:
    """Return the installed version; empty in a clone of which nothing is installed."""
    from importlib import metadata

    try:
        return metadata.version(COPYCOST)
    except metadata.PackageNotFoundError:
        return ""
