"""One law fitted to many replicates of a curve at once, each from the law found for the curve itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from copycost.analyse.grouping import Floats
from copycost.analyse.law import KINK, STEP, Law, basis, border_effect

ITERATIONS = 12
DAMPING = 1e-3
NARROWEST = np.log(1.5)
"""Two borders stay at least this far apart, as a log ratio."""


@dataclass(frozen=True)
class Refits:
    """The parameters of each replicate: shapes (replicates,), (replicates, regimes), (replicates, borders)."""

    fixed: Floats
    slopes: Floats
    borders: Floats
    step: Floats


def refit(law: Law, sizes: Floats, logs: Floats, variance: Floats) -> Refits:
    """Return the law fitted to replicates: same kinds of borders, kinks free to move.

    Levenberg-Marquardt on relative residuals with all replicates side by side (Marquardt, SIAM
    Journal 11, 1963), in the logarithms of the parameters, so that none becomes negative.

    Args:
        law: where every replicate starts.
        sizes: bytes, ascending, shape (sizes,).
        logs: log seconds, shape (replicates, sizes).
        variance: of the logs, shape (sizes,).
    """
    count = len(logs)
    if not law.regimes:
        fixed = np.exp(np.average(logs, axis=1, weights=1 / variance))
        return Refits(fixed, np.zeros((count, 0)), np.zeros((count, 0)), np.zeros(count))
    problem = _Problem(law, sizes, logs, 1 / np.sqrt(variance))
    values = np.tile(problem.start(), (count, 1))
    residuals, slope = problem.evaluate(values)
    cost = (residuals**2).sum(axis=1)
    damping = np.full(count, DAMPING)
    for _ in range(ITERATIONS):
        normal = slope.transpose(0, 2, 1) @ slope
        diagonal = np.einsum("rpp->rp", normal)
        normal = normal + (damping[:, None] * diagonal + 1e-9)[:, :, None] * np.eye(values.shape[1])
        gradient = (slope.transpose(0, 2, 1) @ residuals[..., None])[..., 0]
        tried = problem.inside(values - np.linalg.solve(normal, gradient[..., None])[..., 0])
        new_residuals, new_slope = problem.evaluate(tried)
        new_cost = (new_residuals**2).sum(axis=1)
        better = new_cost < cost
        values = np.where(better[:, None], tried, values)
        residuals = np.where(better[:, None], new_residuals, residuals)
        slope = np.where(better[:, None, None], new_slope, slope)
        done = better & (cost - new_cost < 1e-6 * cost)
        cost = np.where(better, new_cost, cost)
        damping = np.where(better, damping / 5, damping * 5)
        if (done | (damping > 1e6)).all():
            break
    return problem.unpacked(values)


class _Problem:
    """The logarithms of fixed cost, slopes, step and kinks as one vector, and the residuals they give."""

    def __init__(self, law: Law, sizes: Floats, logs: Floats, weight: Floats) -> None:
        self.law, self.sizes, self.logs, self.weight = law, sizes, logs, weight
        self.kinks = np.flatnonzero(law.kinds == KINK)
        self.jump = bool((law.kinds == STEP).any())
        self.linear = 1 + law.regimes + self.jump

    def start(self) -> Floats:
        law = self.law
        step = [law.step] if self.jump else []
        result: Floats = np.log(np.array([law.fixed, *law.slopes, *step, *law.borders[self.kinks]]))
        return result

    def inside(self, values: Floats) -> Floats:
        """Keep parameters finite, and borders in order and between the sizes."""
        values = values.copy()
        start = self.start()
        values[:, : self.linear] = np.clip(values[:, : self.linear], start[: self.linear] - 3, start[: self.linear] + 3)
        borders = np.tile(np.log(self.law.borders), (len(values), 1))
        borders[:, self.kinks] = values[:, self.linear :]
        own = np.log(self.law.borders)
        middles = (own[1:] + own[:-1]) / 2
        low = np.array([np.log(self.sizes[0]), *(middles + NARROWEST / 2)])
        high = np.array([*(middles - NARROWEST / 2), np.log(self.sizes[-1])])
        values[:, self.linear :] = np.clip(borders, low, high)[:, self.kinks]
        return values

    def unpacked(self, values: Floats) -> Refits:
        numbers = np.exp(values)
        borders = np.tile(self.law.borders, (len(values), 1))
        borders[:, self.kinks] = numbers[:, self.linear :]
        step = numbers[:, self.linear - 1] if self.jump else np.zeros(len(values))
        return Refits(numbers[:, 0], numbers[:, 1 : 1 + self.law.regimes], borders, step)

    def evaluate(self, values: Floats) -> tuple[Floats, Floats]:
        own = self.unpacked(values)
        rows = basis(self.sizes, own.borders, self.law.kinds)[:, :, : self.linear]
        seconds = (rows @ np.exp(values[:, : self.linear, None]))[..., 0]
        moved = border_effect(self.sizes, own.borders, own.slopes, self.law.kinds)
        change = np.concatenate([rows, moved], axis=2) * np.exp(values)[:, None, :]
        residuals = self.weight * (np.log(seconds) - self.logs)
        return residuals, change / seconds[:, :, None] * self.weight[:, None]
