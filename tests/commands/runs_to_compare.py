"""Runs of one machine and one method, made up to be compared."""

from dataclasses import replace
from pathlib import Path

from tests.made_up import METHOD as METHOD
from tests.made_up import Law, core_cells, made_up_rounds, write_run

LAW = Law(processes=6, visits=2, offset=0.003)
CELLS = core_cells(sizes=(1, 4096), dtypes=("float64",))


def write(folder: Path, *, seed=0, cells=CELLS, record=None, **law):
    return write_run(folder, made_up_rounds(replace(LAW, **law), cells, seed), record=record)
