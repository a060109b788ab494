"""Which law a curve follows: its regimes are chosen by evidence, its borders and costs found from the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from copycost.analyse.grouping import Floats
from copycost.analyse.law import (
    KINK,
    MOST_REGIMES,
    RESTART,
    STEP,
    Kinds,
    Law,
    basis,
    border_effect,
    candidates,
    gap,
)

UNEXPLAINED = 0.01
"""What a law this simple leaves unexplained at the least: alignment, page colours, code paths."""
PRICE = 4.5
"""Units of -2 log likelihood that a parameter must gain: log 100, for 13 sizes in some 8 processes."""
FAULTS_SET_IN = 0.5
"""Page faults for each page of the result from which a size is bound by them."""
FITTED = 4
"""Laws with each number of regimes that are fitted to the end, the most promising of the coarse grid."""
LOOKED_AT = 50
WITHOUT_BORDER = 1e6
"""What it costs a law to have no border where page faults set in: no other evidence outweighs it."""
ITERATIONS = 12
DAMPING = 1e-3
NARROWEST = np.log(1.5)
"""Two borders stay at least this far apart, as a log ratio."""
Gaps = Sequence[tuple[float, float]]
_NONE = np.zeros(0)
_NO_KINDS = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Refits:
    """The parameters of each replicate: shapes (replicates,), (replicates, regimes), (replicates, borders)."""

    fixed: Floats
    slopes: Floats
    borders: Floats
    step: Floats


def choose_law(sizes: Floats, logs: Floats, errors: Floats, fault_shares: Floats | None = None) -> Law:
    """Return the law for a curve.

    Each law is fitted to relative residuals. Between laws the Bayesian information criterion
    decides (Schwarz, Annals of Statistics 6, 1978), with the likelihood's variance the sum of the
    figure's own and of an unexplained part that is estimated for each law by maximum likelihood.

    Args:
        sizes: bytes, ascending.
        logs: log seconds.
        errors: standard errors of the logs.
        fault_shares: page faults for each page of the result, where they are known: where page faults set in, a
            jump needs no further evidence, and a law with a border there is taken if there is one at all, so that
            no regime is told of sizes of which some take faults and some take none.
    """
    faulting = _fault_gaps(sizes, fault_shares)

    def price(law: Law) -> float:
        return criterion(law, sizes, logs, errors, faulting)

    variance = errors**2 + UNEXPLAINED**2
    best = _constant(logs, variance)
    lowest = price(best)
    for regimes in range(1, MOST_REGIMES + 1):
        if lowest <= np.log(variance).sum() + PRICE * 2 * regimes:
            break  # not even a law without residuals could do better
        rough = _promising(sizes, logs, variance, regimes, faulting)
        rough.sort(key=price)
        for law in rough[:FITTED]:
            fitted = polish(law, sizes, logs, variance)
            reached = price(fitted)
            if reached < lowest:
                best, lowest = fitted, reached
    return best


def criterion(law: Law, sizes: Floats, logs: Floats, errors: Floats, faulting: Gaps = ()) -> float:
    """Return -2 log likelihood and the price of the parameters; the lower the better.

    Args:
        law: any.
        sizes: bytes.
        logs: log seconds.
        errors: standard errors of the logs.
        faulting: gaps between sizes in which page faults set in.
    """
    squares = (logs - np.log(law.seconds(sizes))) ** 2
    unexplained = UNEXPLAINED * np.geomspace(1, 300, 60)
    variance = errors**2 + unexplained[:, None] ** 2
    likelihood = (squares / variance + np.log(variance)).sum(axis=1)
    jumps = law.borders[np.isin(law.kinds, (RESTART, STEP))]
    expected = sum(low < border <= high for border in jumps for low, high in faulting)
    missed = int(_missed(law.borders[None], faulting)[0])
    return float(likelihood.min() + PRICE * (law.parameters - expected) + WITHOUT_BORDER * missed)


def _missed(borders: Floats, faulting: Gaps) -> Floats:
    """Return for each set of borders in how many of the gaps it has none."""
    missed = np.zeros(len(borders))
    for low, high in faulting:
        missed += ~((borders > low) & (borders <= high)).any(axis=1)
    return missed


def _fault_gaps(sizes: Floats, shares: Floats | None) -> Gaps:
    if shares is None:
        return ()
    known = np.nan_to_num(shares)
    begin = np.flatnonzero((known[1:] >= FAULTS_SET_IN) & (known[:-1] < FAULTS_SET_IN / 2))
    return [(float(sizes[place]), float(sizes[place + 1])) for place in begin]


def misfit(law: Law, sizes: Floats, logs: Floats) -> Floats:
    """Return how far the figures are above the law, as log ratios."""
    result: Floats = logs - np.log(law.seconds(sizes))
    return result


def polish(law: Law, sizes: Floats, logs: Floats, variance: Floats) -> Law:
    """Return the law with its parameters at the least relative residuals, borders within their gaps."""
    if not law.regimes:
        return law
    from scipy.optimize import least_squares  # half as long to load as all the rest: only where a law is fitted

    problem = _Problem(law, sizes, logs[None], 1 / np.sqrt(variance))
    start = problem.start()
    low, high = start - 20.0, start + 20.0
    for place, number in enumerate(problem.kinks, problem.linear):
        low[place], high[place] = np.log(gap(sizes, law.borders[number]))
    inside = np.clip(start, low + 1e-9, high - 1e-9)
    fitted = least_squares(
        lambda values: problem.residuals(values[None])[0],
        inside,
        jac=lambda values: problem.evaluate(values[None])[1][0],
        bounds=(low, high), max_nfev=30, xtol=1e-6, ftol=1e-6,
    )  # fmt: skip
    found = problem.unpacked(fitted.x[None])
    return Law(float(found.fixed[0]), found.slopes[0], found.borders[0], law.kinds, float(found.step[0]))


def refit(law: Law, sizes: Floats, logs: Floats, variance: Floats) -> Refits:
    """Return the law fitted to replicates: same kinds of borders, kinks free to move.

    Levenberg-Marquardt on relative residuals with all replicates side by side (Marquardt, SIAM
    Journal 11, 1963), in the logarithms of the parameters, so that none becomes negative. After a step
    that failed, the next one holds the kinks where they are: the residuals have no derivative where a kink
    lies at a size, and one that starts there would hold all other parameters too.

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
    held = np.zeros(count, dtype=bool)
    is_kink = np.arange(values.shape[1]) >= problem.linear
    for _ in range(ITERATIONS):
        free = np.where(held[:, None, None] & is_kink, 0.0, slope)
        normal = free.transpose(0, 2, 1) @ free
        diagonal = np.einsum("rpp->rp", normal)
        normal = normal + (damping[:, None] * diagonal + 1e-9)[:, :, None] * np.eye(values.shape[1])
        gradient = (free.transpose(0, 2, 1) @ residuals[..., None])[..., 0]
        tried = problem.inside(values - np.linalg.solve(normal, gradient[..., None])[..., 0])
        new_residuals, new_slope = problem.evaluate(tried)
        new_cost = (new_residuals**2).sum(axis=1)
        better = new_cost < cost
        held = ~better & ~held
        values = np.where(better[:, None], tried, values)
        residuals = np.where(better[:, None], new_residuals, residuals)
        slope = np.where(better[:, None, None], new_slope, slope)
        done = better & (cost - new_cost < 1e-6 * cost)
        cost = np.where(better, new_cost, cost)
        damping = np.where(better, damping / 5, damping * 5)
        if (done | (damping > 1e6)).all():
            break
    return problem.unpacked(values)


def _constant(logs: Floats, variance: Floats) -> Law:
    fixed = float(np.exp(np.average(logs, weights=1 / variance)))
    return Law(fixed, _NONE, _NONE, _NO_KINDS)


def _promising(sizes: Floats, logs: Floats, variance: Floats, regimes: int, faulting: Gaps) -> list[Law]:
    laws = []
    for kinds, borders, rows in candidates(tuple(sizes.tolist()), regimes):
        costs, values = solve(rows, logs, variance)
        order = np.lexsort((costs, _missed(borders, faulting)))[:LOOKED_AT]
        cuts = np.searchsorted(sizes, borders[order])
        _, first = np.unique(cuts, axis=0, return_index=True)
        for best in order[np.sort(first)[:FITTED]]:
            if np.isfinite(costs[best]):
                laws.append(_law(values[best], borders[best], kinds))
    return laws


def solve(rows: Floats, logs: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Return the sum of squared relative residuals and the parameters of many linear laws at once.

    Laws that would need a negative cost are no laws: their sum is infinite.

    Args:
        rows: the basis, shape (laws, sizes, parameters).
        logs: log seconds, shape (sizes,).
        variance: of the logs, shape (sizes,).
    """
    weight = 1 / np.sqrt(variance)
    scaled = rows * (weight * np.exp(-logs))[:, None]
    length = np.sqrt((scaled**2).sum(axis=1))
    length[length == 0] = 1
    scaled = scaled / length[:, None, :]
    normal = scaled.transpose(0, 2, 1) @ scaled
    normal += 1e-12 * np.eye(normal.shape[1])
    values = np.linalg.solve(normal, (weight @ scaled)[..., None])[..., 0]
    residuals = (scaled @ values[..., None])[..., 0] - weight
    costs = (residuals**2).sum(axis=1)
    needed = scaled.any(axis=1)
    costs[((values <= 0) & needed).any(axis=1)] = np.inf
    return costs, values / length


def _law(values: Floats, borders: Floats, kinds: Kinds) -> Law:
    return Law(float(values[0]), values[1:-1], borders, kinds, float(values[-1]) if STEP in kinds else 0.0)


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

    def residuals(self, values: Floats) -> Floats:
        """Return how far the logs of each replicate's law are above its figures, in standard deviations."""
        residuals: Floats = self.weight * (np.log(self._seconds(values, self._rows(values))) - self.logs)
        return residuals

    def evaluate(self, values: Floats) -> tuple[Floats, Floats]:
        """Return the residuals, and by how much they grow with each parameter."""
        rows, refits = self._rows(values), self.unpacked(values)
        seconds = self._seconds(values, rows)
        moved = border_effect(self.sizes, refits.borders, refits.slopes, self.law.kinds)
        change = np.concatenate([rows, moved], axis=2) * np.exp(values)[:, None, :]
        residuals = self.weight * (np.log(seconds) - self.logs)
        return residuals, change / seconds[:, :, None] * self.weight[:, None]

    def _rows(self, values: Floats) -> Floats:
        return basis(self.sizes, self.unpacked(values).borders, self.law.kinds)[:, :, : self.linear]

    def _seconds(self, values: Floats, rows: Floats) -> Floats:
        seconds: Floats = (rows @ np.exp(values[:, : self.linear, None]))[..., 0]
        return seconds
