"""What plain copies beside the cells give for comparison: a value at any number of bytes in a panel."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from copycost.analyse.ceilings import FRESH, MAPPED
from copycost.show.charts.panels import Panel

Value = Callable[[Panel, np.ndarray], np.ndarray]
_SAME = ["run", "machine", "arm", "threads"]


def has(references: pd.DataFrame | None, name: str) -> bool:
    """Return whether a reference was measured."""
    return references is not None and bool((references["conversion"] == name).any())


def of_reference(references: pd.DataFrame | None, name: str, value: Callable[[pd.DataFrame], pd.Series]) -> Value:
    """Return a guide's value: that of a reference of the panel's run and threads, between its sizes.

    Nothing is known beyond the sizes that were measured: it is NaN there.
    """

    def at(panel: Panel, x: np.ndarray) -> np.ndarray:
        own = _of_panel(references, name, panel)
        if not len(own):
            return np.full(len(x), np.nan)
        y = np.log(value(own).to_numpy(float))
        between = np.interp(np.log(x), np.log(own["bytes"].to_numpy(float)), y, left=np.nan, right=np.nan)
        values: np.ndarray = np.exp(between)
        return values

    return at


def fresh_share(references: pd.DataFrame | None) -> Value:
    """Return a guide's value: the bandwidth of a copy into fresh memory over that into mapped memory.

    It is NaN where that is no less: what bounds a copy there is another thing.
    """
    fresh = of_reference(references, FRESH, lambda copy: copy["seconds"])
    mapped = of_reference(references, MAPPED, lambda copy: copy["seconds"])

    def at(panel: Panel, x: np.ndarray) -> np.ndarray:
        share = mapped(panel, x) / fresh(panel, x)
        return np.where(share < 1, share, np.nan)

    return at


def _of_panel(references: pd.DataFrame | None, name: str, panel: Panel) -> pd.DataFrame:
    if references is None:
        return pd.DataFrame(columns=["bytes"])
    chosen = references["conversion"] == name
    for column in _SAME:
        chosen &= references[column] == panel.points[column].iloc[0]
    # References are measured once for each number of bytes, whatever the dtype.
    return references[chosen & (references["seconds"] > 0)].drop_duplicates("bytes").sort_values("bytes")
