"""Runs of one machine and one method, made up to be compared."""

from dataclasses import replace
from pathlib import Path

from tests.made_up import Law, core_cells, made_up_rounds, write_run

LAW = Law(processes=6, visits=2, offset=0.003)
CELLS = core_cells(sizes=(1, 4096), dtypes=("float64",))
METHOD = {
    "protocol": 2,
    "canary": "python-100",
    "clock": "crc_hqx-1024",
    "address_layout": "chosen",
    "start": "fork",
    "page_frames": "own",
}


def write(folder: Path, *, seed=0, cells=CELLS, record=None, **law):
    return write_run(folder, made_up_rounds(replace(LAW, **law), cells, seed), record=record)
