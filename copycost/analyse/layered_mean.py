"""The mean of processes in sessions: with an error for the same address layouts again, and one for any layout."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from copycost.analyse.grouping import Codes, Floats, group_mean, group_sum
from copycost.analyse.moderation import moderated
from copycost.analyse.robust_mean import cut_off, robust_mean


@dataclass(frozen=True)
class LayeredMean:
    """Means of cells, each with two standard errors and their degrees of freedom; unknown is NaN.

    ``error`` is what another run will differ by that has the same layouts, ``layout_error`` what a program will that
    happens to lie otherwise; they are the same where layouts were not chosen. ``sessions`` counts what had a figure;
    NaN where files do not tell sessions.
    """

    mean: Floats
    error: Floats
    degrees: Floats
    layout_error: Floats
    layout_degrees: Floats
    sessions: Floats


def layered_mean(
    values: Floats, codes: Codes, count: int, session: Floats, layout: Floats, classes: Codes
) -> LayeredMean:
    """Return each cell's 20% trimmed mean over layouts of the mean over a layout's processes.

    What layouts differ by is in ``layout_error``: that of the trimmed mean (see ``robust_mean``). What processes of one
    layout differ by, pooled over the layouts, is in ``error``. Both variances are moderated within classes of cells
    (see ``moderated``), since a run has few sessions. Processes whose session is not told stand each for itself, and
    nothing is moderated.

    Args:
        values: of processes; NaN where a process has no figure.
        codes: the cell of each.
        count: the number of cells.
        session: the session of each, NaN where it is not told.
        layout: the chosen layout's number of each, NaN where none was chosen.
        classes: of cells whose figures vary alike, by cell.
    """
    known = np.isfinite(values)
    values, codes, session, layout = values[known], codes[known], session[known], layout[known]
    place, cell_of_place, number = _places(codes, session, layout)
    means = group_mean(values, place, len(number))
    usual = robust_mean(means, cell_of_place, count)
    left = np.bincount(cell_of_place, minlength=count).astype(np.float64)
    left -= 2 * cut_off(left.astype(np.int64))

    within = group_sum((values - means[place]) ** 2, cell_of_place[place], count)
    freedom = group_sum(number - 1.0, cell_of_place, count)
    shares = group_mean(1.0 / number, cell_of_place, count)
    told = np.bincount(codes[np.isfinite(session)], minlength=count) > 0
    chosen = np.bincount(codes[np.isfinite(layout)], minlength=count) > 0

    enough = np.isfinite(usual.error)
    classes = np.where(told, classes, -1 - np.arange(count))  # a class of its own is not moderated
    scale = np.maximum(left, 1)
    between, layout_degrees = moderated(usual.error**2 * scale, usual.degrees, classes)
    repeats = chosen & enough & (freedom > 0)
    variance = np.divide(within, freedom, out=np.full(count, np.nan), where=repeats)
    variance, degrees = moderated(variance, np.where(repeats, freedom, np.nan), classes)
    again = variance * shares / scale
    layout_variance = np.where(repeats, np.fmax(between / scale, again), between / scale)
    return LayeredMean(
        usual.mean,
        np.sqrt(np.where(repeats, again, layout_variance)),
        np.where(repeats, degrees, layout_degrees),
        np.sqrt(layout_variance),
        layout_degrees,
        np.where(told, _distinct(codes, session, count), np.nan),
    )


def _places(codes: Codes, session: Floats, layout: Floats) -> tuple[Codes, Codes, Floats]:
    """Return the place of each value, a cell at one layout or else in one session, and each place's cell and number."""
    alone = -1e9 - np.arange(len(codes))  # no two are the same
    which = np.where(np.isfinite(layout), layout, np.where(np.isfinite(session), -session, alone))
    pairs, place, number = np.unique(np.stack([codes, which]), axis=1, return_inverse=True, return_counts=True)
    return place.ravel(), pairs[0].astype(np.int64), number.astype(np.float64)


def _distinct(codes: Codes, session: Floats, count: int) -> Floats:
    pairs = np.unique(np.stack([codes, session])[:, np.isfinite(session)], axis=1)
    return np.bincount(pairs[0].astype(np.int64), minlength=count).astype(np.float64)
