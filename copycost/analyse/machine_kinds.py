"""Kinds of machine: found from their figures, against what identical machines and runs differ by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from copycost.analyse.grouping import Codes, Floats
from copycost.analyse.machine_figures import Figures, noise

MOST_KINDS = 20
MOST_DIRECTIONS = 8
ALIKE = 0.01
"""Standard deviation of all cells together by which machines of one kind may always differ."""
FEWEST = 3
"""Machines that make a kind which another may be odd beside."""
ROUNDS = 4
"""How often the machines are grouped again by distances that the last grouping's own spread scales."""


@dataclass(frozen=True)
class Kinds:
    """Which machine is of which kind.

    Attributes:
        of: the kind of each machine, from 0, the largest kind first; shape (machines,).
        alone: whether a machine is like no other; ``of`` is then the kind that it is nearest to.
        spread: standard deviation of machines within their kinds, over all cells together, as a share.
    """

    of: Codes
    alone: NDArray[np.bool_]
    spread: float

    @property
    def count(self) -> int:
        """How many kinds there are."""
        return int(self.of.max(initial=-1)) + 1


def kinds(own: Figures) -> Kinds:
    """Return the kinds of machine among complete figures.

    Each cell is scaled by its noise, and the directions in which machines differ by more than noise can (the
    edge of Marchenko and Pastur, Mathematics of the USSR-Sbornik 1, 1967) are kept. In those, machines are
    joined by Ward's method (Journal of the American Statistical Association 58, 1963), and the Bayesian
    information criterion decides how many groups there are (Fraley and Raftery, The Computer Journal 41, 1998).
    Groups have one
    common covariance, so that what moves all cells of a machine at once, such as its clock, is no evidence
    for a kind of its own; it is never smaller than noise and ``ALIKE``. Distances are then scaled by that
    covariance and the machines grouped again (after Art, Gnanadesikan and Kettenring, Utilitas Mathematica
    21A, 1982).

    A single machine beside kinds of ``FEWEST`` and more is no kind: it is like no other.

    Args:
        own: without gaps, see ``copycost.analyse.machine_figures.common``.
    """
    centred = own.logs - np.median(own.logs, axis=0)
    at_once = np.fmax(ALIKE, own.run_spread / np.sqrt(np.median(own.runs)))
    scores = _directions(centred, noise(own), at_once)
    found = _best(scores) if scores.shape[1] else np.zeros(len(own.names), dtype=np.int64)
    labels, alone = _without_lone(centred, _by_size(found))
    overall = centred.mean(axis=1)
    within = overall - np.bincount(labels[~alone], overall[~alone])[labels] / np.bincount(labels[~alone])[labels]
    freedom = max(int((~alone).sum()) - int(labels.max(initial=0)) - 1, 1)
    return Kinds(labels, alone, float(np.sqrt((within[~alone] ** 2).sum() / freedom)))


def criterion(scores: Floats, labels: Codes) -> float:
    """Return -2 log likelihood of groups with a common covariance, and the price of their means and shares.

    The price is the corrected one for few machines (McQuarrie, Statistics and Probability Letters 44, 1999).

    Args:
        scores: in units of the least spread of a kind, shape (machines, directions).
        labels: the group of each machine, from 0.
    """
    count, directions = scores.shape
    sizes = np.bincount(labels)
    spread = _within(scores, labels)
    likelihood = count * np.log(np.linalg.eigvalsh(spread)).sum() - 2 * (sizes * np.log(sizes / count)).sum()
    parameters = len(sizes) * directions + len(sizes) - 1
    left = max(count - len(sizes) - directions - 1, 1)
    return float(likelihood + parameters * np.log(count) * count / left)


def _directions(centred: Floats, noise: Floats, at_once: float) -> Floats:
    """Return the scores of machines in the directions whose variance noise does not explain.

    In units of what identical machines differ by at least: noise, and what all cells differ by at once.
    """
    machines, cells = centred.shape
    if machines < 2 or not cells:
        return np.zeros((machines, 0))
    scaled = (centred - centred.mean(axis=0)) / noise
    left, lengths, right = np.linalg.svd(scaled, full_matrices=False)
    edge = np.sqrt(machines) + np.sqrt(cells)
    kept = min(int((lengths > edge).sum()), MOST_DIRECTIONS, max((machines - 1) // 4, 1))
    together = right[:kept] @ (at_once / noise)
    least = np.linalg.cholesky(np.eye(kept) + np.outer(together, together))
    result: Floats = np.linalg.solve(least, (left[:, :kept] * lengths[:kept]).T).T
    return result


def _best(scores: Floats) -> Codes:
    """Return the grouping with the lowest criterion, of all numbers of groups and rounds of scaling."""
    best, lowest = np.zeros(len(scores), dtype=np.int64), np.inf
    scaled = scores
    for _ in range(ROUNDS):
        tree = linkage(scaled, "ward")
        found = [fcluster(tree, number, "maxclust") - 1 for number in range(1, _most(len(scores)) + 1)]
        prices = [criterion(scores, labels) for labels in found]
        if min(prices) >= lowest:
            break
        best, lowest = found[int(np.argmin(prices))], min(prices)
        values, vectors = np.linalg.eigh(_within(scores, best))
        scaled = scores @ vectors / np.sqrt(values)
    return best.astype(np.int64)


def _most(machines: int) -> int:
    return max(1, min(MOST_KINDS, machines // 2))


def _within(scores: Floats, labels: Codes) -> Floats:
    """Return the groups' common covariance, nowhere smaller than noise."""
    sizes = np.bincount(labels)
    means = np.stack([np.bincount(labels, column) / sizes for column in scores.T], axis=1)
    left = scores - means[labels]
    values, vectors = np.linalg.eigh(left.T @ left / max(len(scores) - len(sizes), 1))
    result: Floats = (vectors * np.maximum(values, 1.0)) @ vectors.T
    return result


def _without_lone(centred: Floats, labels: Codes) -> tuple[Codes, NDArray[np.bool_]]:
    """Return labels with each single machine in the kind nearest to it, and which those are."""
    sizes = np.bincount(labels)
    alone = sizes[labels] == 1
    if not (sizes >= FEWEST).any() or not alone.any():
        return labels, np.zeros(len(labels), dtype=np.bool_)
    kept = np.flatnonzero(sizes > 1)  # they come first: the largest kind is 0
    middles = np.stack([np.median(centred[labels == number], axis=0) for number in kept])
    nearest = [int(np.abs(middles - centred[machine]).mean(axis=1).argmin()) for machine in np.flatnonzero(alone)]
    joined = labels.copy()
    joined[alone] = kept[nearest]
    return joined, alone


def _by_size(labels: Codes) -> Codes:
    order = np.argsort(-np.bincount(labels), kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return place[labels]
