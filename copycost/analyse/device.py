"""What the analysis knows of calls to a device and back: their directions, their references, the calls it compares."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copycost.analyse.grouping import floats

TO_DEVICE, FROM_DEVICE = "plain copy to the device", "plain copy from the device"
EMPTY_SYNCHRONISATION = "empty synchronisation"

CEILING_OF = {"to_device_there": TO_DEVICE, "from_device_there": FROM_DEVICE}
"""What bounds a call that is timed until its data is there, by its direction."""
UNTIL_RETURN = ("to_device", "from_device")
"""Directions of what is timed until the call returns: its data may still be on its way, and has no bandwidth."""

WAYS = {
    "to_device_there": "NumPy → device, until the data is there",
    "to_device": "NumPy → device, until the call returns",
    "from_device_there": "device → NumPy, until the data is there",
    "from_device": "device → NumPy, until the call returns",
}
"""Directions to a device and back, as people read them."""

UNTIL_THERE = "+sync"
"""How the name of a call ends that is timed until its data is there."""
PAGEABLE = f"torch.from_numpy.to{UNTIL_THERE}"
PINNED_FIRST, PINNED_ALREADY = f"pin_memory.to{UNTIL_THERE}", f"pinned.to{UNTIL_THERE}"


def of_device(cells: pd.DataFrame) -> pd.Series:
    """Return which cells are conversions to a device or back."""
    return cells["direction"].isin(WAYS)


LINK_BOUND_BYTES = 1024**2
"""Sources of more bytes take the link longer than the call takes the core: 19 µs at 55 GB/s."""


def at_its_own_clock(rows: pd.DataFrame) -> np.ndarray:
    """Return which cells, or rounds, take as long at any frequency of the core: those that the link bounds.

    After a wait as long as theirs the core's clock is read while the core wakes, besides.
    """
    found: np.ndarray = with_device(rows) & (floats(rows["bytes"]) > LINK_BOUND_BYTES)
    return found


def with_device(rows: pd.DataFrame) -> np.ndarray:
    """Return which cells, or rounds, are conversions to a device or back, or bound them."""
    bounds = rows["conversion"].isin([TO_DEVICE, FROM_DEVICE, EMPTY_SYNCHRONISATION])
    found: np.ndarray = (of_device(rows) | bounds).to_numpy(dtype=bool)
    return found
