"""Which law a curve follows: its regimes are chosen by evidence, its borders found from the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from copycost.analyse.candidates import MOST_REGIMES, candidates, gap
from copycost.analyse.grouping import Floats
from copycost.analyse.law import KINK, RESTART, STEP, Kinds, Law, basis, border_effect

UNEXPLAINED = 0.01
"""What a law this simple leaves unexplained at the least: alignment, page colours, code paths."""
PRICE = 4.5
"""Units of -2 log likelihood that a parameter must gain: log 100, for 13 sizes in some 8 processes."""
FAULTS_SET_IN = 0.5
"""Page faults for each page of the result from which a size is bound by them."""
FITTED = 4
"""Laws with each number of regimes that are fitted to the end, the most promising of the coarse grid."""
LOOKED_AT = 50
Gaps = Sequence[tuple[float, float]]
_NONE = np.zeros(0)
_NO_KINDS = np.zeros(0, dtype=np.int64)


def choose_law(sizes: Floats, logs: Floats, errors: Floats, fault_shares: Floats | None = None) -> Law:
    """Return the law for a curve.

    Each law is fitted to relative residuals. Between laws the Bayesian information criterion
    decides (Schwarz, Annals of Statistics 6, 1978), with the likelihood's variance the sum of the
    figure's own and of an unexplained part that is estimated for each law by maximum likelihood.

    Args:
        sizes: bytes, ascending.
        logs: log seconds.
        errors: standard errors of the logs.
        fault_shares: page faults for each page of the result, where they are known: a jump needs
            no further evidence where page faults set in.
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
        rough = _promising(sizes, logs, variance, regimes)
        rough.sort(key=price)
        for law in rough[:FITTED]:
            fitted = polish(law, sizes, logs, variance)
            own = price(fitted)
            if own < lowest:
                best, lowest = fitted, own
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
    return float(likelihood.min() + PRICE * (law.parameters - expected))


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

    weight = 1 / np.sqrt(variance)
    kinks = np.flatnonzero(law.kinds == KINK)
    jump = bool((law.kinds == STEP).any())
    start = np.log(np.array([law.fixed, *law.slopes, *([law.step] if jump else []), *law.borders[kinks]]))
    low, high = start - 20.0, start + 20.0
    for place, number in enumerate(kinks, len(start) - len(kinks)):
        low[place], high[place] = np.log(gap(sizes, law.borders[number]))

    def unpacked(values: Floats) -> Law:
        numbers = np.exp(values)
        borders = law.borders.copy()
        borders[kinks] = numbers[len(numbers) - len(kinks) :]
        slopes = numbers[1 : 1 + law.regimes]
        return replace(
            law, fixed=float(numbers[0]), slopes=slopes, borders=borders,
            step=float(numbers[1 + law.regimes]) if jump else 0.0,
        )  # fmt: skip

    def residuals(values: Floats) -> Floats:
        own: Floats = weight * (np.log(unpacked(values).seconds(sizes)) - logs)
        return own

    def slope(values: Floats) -> Floats:
        own = unpacked(values)
        rows = basis(sizes, own.borders[None], own.kinds)[0]
        linear = rows[:, : 1 + own.regimes + jump]
        moved = border_effect(sizes, own.borders[None], own.slopes[None], own.kinds)[0]
        change = np.hstack([linear, moved]) * np.exp(values)
        result: Floats = change / own.seconds(sizes)[:, None] * weight[:, None]
        return result

    inside = np.clip(start, low + 1e-9, high - 1e-9)
    found = least_squares(residuals, inside, jac=slope, bounds=(low, high), max_nfev=30, xtol=1e-6, ftol=1e-6)
    return unpacked(found.x)


def _constant(logs: Floats, variance: Floats) -> Law:
    fixed = float(np.exp(np.average(logs, weights=1 / variance)))
    return Law(fixed, _NONE, _NONE, _NO_KINDS)


def _promising(sizes: Floats, logs: Floats, variance: Floats, regimes: int) -> list[Law]:
    laws = []
    for kinds, borders, rows in candidates(tuple(sizes.tolist()), regimes):
        costs, values = solve(rows, logs, variance)
        order = np.argsort(costs)[:LOOKED_AT]
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
