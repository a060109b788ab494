"""The law of one curve: a fixed cost, then a cost per byte in each regime."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copycost.analyse.grouping import Floats

KINK = 0
"""The cost per byte changes and the time goes on from where it was."""
RESTART = 1
"""From here on every byte costs the new price, those below the border as well."""
STEP = 2
"""The time jumps, and the cost per byte changes."""
PINNED = 3
"""A kink that no figure can place within its gap, because the regime it begins holds one size only."""

Kinds = NDArray[np.int64]


@dataclass(frozen=True)
class Law:
    """Seconds as a function of bytes.

    Attributes:
        fixed: seconds that a call costs however few its bytes.
        slopes: seconds per byte in each regime; none for a constant.
        borders: bytes at which the second and later regimes begin.
        kinds: how the time goes over each border: KINK, RESTART, STEP or PINNED.
        step: seconds that are added at the border of kind STEP.
    """

    fixed: float
    slopes: Floats
    borders: Floats
    kinds: Kinds
    step: float = 0.0

    @property
    def regimes(self) -> int:
        """The number of costs per byte; 0 for a constant."""
        return len(self.slopes)

    @property
    def parameters(self) -> int:
        """How many numbers were chosen to fit: a border's place is one, that it is a jump another."""
        restarts, steps = (self.kinds == RESTART).sum(), (self.kinds == STEP).sum()
        return 1 + self.regimes + len(self.borders) + int(restarts + 2 * steps)

    def seconds(self, sizes: Floats) -> Floats:
        """Return the seconds for sizes in bytes."""
        if not self.regimes:
            return np.full(len(sizes), self.fixed)
        rows = basis(sizes, self.borders[None], self.kinds)[0]
        result: Floats = rows @ np.array([self.fixed, *self.slopes, self.step])
        return result


def basis(sizes: Floats, borders: Floats, kinds: Kinds) -> Floats:
    """Return what each parameter adds to the seconds at each size, for many sets of borders.

    Args:
        sizes: bytes, shape (sizes,).
        borders: bytes, ascending, shape (sets, borders).
        kinds: shape (borders,): common to all sets.

    Returns:
        Shape (sets, sizes, parameters). The parameters are the fixed cost, a cost per byte for
        each regime, and the height of the step.
    """
    sets, count = borders.shape
    at = np.zeros((sets, count + 3))
    at[:, 0] = 1
    start = np.zeros(sets)
    rows = np.repeat(at[:, None, :], len(sizes), axis=1)
    rows[:, :, 1] = sizes
    for number, kind in enumerate(kinds):
        border = borders[:, number]
        at = at.copy()
        if kind == RESTART:
            at[:, 1:] = 0
            at[:, 2 + number] = border
        else:
            at[:, 1 + number] += border - start
            at[:, -1] += kind == STEP
        beyond = sizes >= border[:, None]
        rows = np.where(beyond[:, :, None], at[:, None, :], rows)
        rows[:, :, 2 + number] += np.where(beyond, sizes - border[:, None], 0.0)
        start = border
    return rows


def border_effect(sizes: Floats, borders: Floats, slopes: Floats, kinds: Kinds) -> Floats:
    """Return by how many seconds the time at each size grows as each kink moves up by a byte.

    Args:
        sizes: bytes, shape (sizes,).
        borders: bytes, shape (sets, borders).
        slopes: seconds per byte, shape (sets, borders + 1).
        kinds: shape (borders,).

    Returns:
        Shape (sets, sizes, kinks); steps and restarts stay where they are.
    """
    effects = []
    for number in np.flatnonzero(kinds == KINK):
        reach = sizes >= borders[:, number, None]
        for later in np.flatnonzero(kinds == RESTART):
            if later > number:
                reach &= sizes < borders[:, later, None]
        change = slopes[:, number] - slopes[:, number + 1]
        effects.append(np.where(reach, change[:, None], 0.0))
    if not effects:
        return np.zeros((len(borders), len(sizes), 0))
    return np.stack(effects, axis=2)
