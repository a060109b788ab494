"""The first call: a program that makes one call in a fresh process, `safe_path.py copycost.measure.first_call PLAN`.

It imports torch and NumPy, makes the source, and times one call, before which nothing has been called that is not
needed for that. A process forked from a session that has called nothing will not do: it has pages to fault in again
that were there when a fresh one had imported torch, and `torch.from_numpy` took it several times as long.

One JSON event a line goes to standard output: ``started``, ``preparing``, ``called`` or ``failed``, then ``ready``.
"""

from __future__ import annotations

import os
import sys
import warnings
from importlib import import_module
from time import perf_counter

from copycost.catalogue.bfloat16 import of_dtype
from copycost.catalogue.block import block, with_destination
from copycost.catalogue.cell import Cell
from copycost.catalogue.conversions import Conversion
from copycost.catalogue.sources import source
from copycost.errors import told
from copycost.measure.beside import begin, conversions_of
from copycost.measure.prepare import set_threads


def first_call_seconds(conversion: Conversion, cell: Cell) -> float:
    """Return what one call of a conversion takes.

    A contiguous tensor is made by torch alone, since one of random values is filled from an array: the way between the
    two would have been gone before the call.
    """
    import torch

    if cell.direction == "to_array" and cell.layout == "contiguous":
        made = torch.ones(cell.size, dtype=getattr(torch, cell.dtype))
    else:
        made = source(cell)
    given = conversion.given(made)
    target = with_destination(block(conversion, 1), conversion, given)
    start = perf_counter()
    target(given)
    return perf_counter() - start


def main(plan_file: str) -> None:
    """Make the first call of the plan's one cell, one event a line on standard output."""
    plan, tell = begin(plan_file)
    for library in ("numpy", "torch"):
        import_module(library)
    conversions = conversions_of(plan)
    warnings.simplefilter("ignore")
    tell("started")
    (cell,) = plan.cells
    tell("preparing", cell=cell.id, pid=os.getpid())
    try:
        set_threads(cell.threads)
        seconds = first_call_seconds(of_dtype(conversions[cell.conversion], cell.dtype), cell)
    except BaseException as error:  # a user's conversion may raise whatever there is, SystemExit too
        tell("failed", cell=cell.id, error=told(error))
    else:
        tell("called", cell=cell.id, seconds=seconds)
    tell("ready")


if __name__ == "__main__":
    main(*sys.argv[1:])
