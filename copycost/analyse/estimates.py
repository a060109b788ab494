"""From rounds to estimates: one figure with its interval for each cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from copycost.analyse.breakdown import bounds
from copycost.analyse.device import CEILING_OF, EMPTY_SYNCHRONISATION, UNTIL_RETURN
from copycost.analyse.doubts import flags
from copycost.analyse.grouping import (
    ARM,
    CELL,
    RUN,
    Codes,
    Floats,
    floats,
    group_codes,
    group_mean,
    group_median,
    group_quantile,
)
from copycost.analyse.layered_mean import layered_mean
from copycost.analyse.process_patterns import FAR_APART, drift, modes
from copycost.analyse.processes import FACTS, SESSION, enough_quiet, gated_logs, per_process
from copycost.analyse.quiet import marked
from copycost.analyse.robust_mean import half_width
from copycost.store.rounds import SUITE_NUMBERS, SUITE_TEXTS
from copycost.units import PAGE_BYTES

FIRST = "first"
GEOMETRIC_MEAN = "geometric mean"
MEDIAN = "median"
TOTAL = "total"
WORST = "worst"
ALL = "all"
UNION = "union"
BETWEEN_RUNS = "between runs"
UNKNOWN = "unknown"

OVER_RUNS = {
    **dict.fromkeys(("run", "machine", "arm", "conversion", "direction", "dtype", "size", "bytes"), FIRST),
    **dict.fromkeys(("threads", "cache"), FIRST),
    **dict.fromkeys(("seconds", "ci_low", "ci_high"), BETWEEN_RUNS),
    **dict.fromkeys(("net_seconds", "overhead_low", "overhead_high"), MEDIAN),
    "gb_per_s": BETWEEN_RUNS,
    "rounds": TOTAL,
    "quiet_share": MEDIAN,
    "processes": TOTAL,
    "page_faults": MEDIAN,
    **dict.fromkeys(("shares_memory", "result_dtype"), FIRST),
    "flags": UNION,
    **dict.fromkeys(("layout", "expression", "documented", "result_bytes", "block"), FIRST),
    "copy_ratio": GEOMETRIC_MEAN,
    **dict.fromkeys(("copy_ratio_low", "copy_ratio_high"), UNKNOWN),
    **dict.fromkeys(("clock", "raw_seconds"), GEOMETRIC_MEAN),
    "between_processes": MEDIAN,
    "gated": ALL,
    "mode_gap": WORST,
    "drift": UNKNOWN,
    "contended_processes": TOTAL,
    "partial_gating": FIRST,
    **dict.fromkeys(("clock_change", "interrupted"), WORST),
    **dict.fromkeys(("error", "degrees"), BETWEEN_RUNS),
    "sessions": MEDIAN,
    **dict.fromkeys(("layout_error", "layout_degrees"), UNKNOWN),
    "instructions": MEDIAN,
    "page_faults_share": MEDIAN,
    "bound": FIRST,
    "faults_apart": WORST,
}
"""Each column of the cells frame, in order, and how it is combined over runs of one cell (see ``host_spread.pooled``).

The first 24 columns are the export's promise. What is combined BETWEEN_RUNS comes from the spread of the runs' seconds.
"""
COLUMNS = tuple(OVER_RUNS)

SUITE_COLUMNS = (*SUITE_TEXTS, *(name for name in SUITE_NUMBERS if name != "rounds_told"))
"""Columns that come after them where a cell is another suite's: what its file tells, beside the estimate."""

ENOUGH_IN_CELL = 5
EMPTY_CALL = "empty call"

_NEAR_BYTES, _FAR_BYTES = 512 * 1024, 32 * 1024**2
"""Copies of more leave the caches near a core; those of more again are on fresh pages each time."""


def estimate(
    rounds: pd.DataFrame,
    *,
    clock_reference: float | None = None,
    precision: float | None = None,
    references: bool = False,
) -> pd.DataFrame:
    """Return one estimate per cell.

    Args:
        rounds: the rounds frame of ``store.loading.load``, all rounds of each run, because the undisturbed speed is the
            run's; or one that ``mark_quiet`` has marked.
        clock_reference: the clock, in seconds, that all times are corrected to. Comparisons on one
            machine use a common one; by default each run has its own, the median over its quiet
            rounds.
        precision: half-width of the interval, as a share, above which a cell is flagged
            ``imprecise``.
        references: whether to return the reference cells (empty call, plain copies) as well.

    Returns:
        The frame of ``estimate_cells``.
    """
    cells = estimate_cells(per_process(marked(rounds), clock_reference=clock_reference), precision)
    if references:
        return cells
    return cells[(cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True)].reset_index(drop=True)


def estimate_cells(processes: pd.DataFrame, precision: float | None = None) -> pd.DataFrame:
    """Return one estimate per cell, the reference cells among them, from what each process says about it.

    Args:
        processes: the frame of ``per_process``.
        precision: as for ``estimate``.

    Returns:
        One row per cell, in order of appearance, with ``COLUMNS``. ``seconds`` is per call: the 20% trimmed mean
        over address layouts of each process's median quiet round, at the reference clock; ``ci_low`` and ``ci_high``
        bound with 95% confidence what another run with the same layouts will find; ``error`` is the standard error of
        its logarithm, with ``degrees`` of freedom. These four are NaN below three sessions (below three processes
        where files tell no sessions). ``layout_error`` and ``layout_degrees`` are the same for any layout; see
        ``layered_mean``. ``page_faults_share``, the share of the time that goes into page faults, and
        ``bound``, the part of ``breakdown`` that takes most of it, are missing where the references do not tell them;
        ``faults_apart`` is by how many faults processes differ, as a share of the result's pages. ``raw_seconds``
        is neither gated nor corrected. ``flags`` has the doubts' names, joined by ``;``. ``instructions`` are
        told by the run's record alone: NaN.
    """
    cells = bounds(add_overhead(combine(processes))).assign(instructions=np.nan)
    suite = [name for name in SUITE_COLUMNS if name in cells]
    return cells.assign(flags=flags(cells, precision))[[*COLUMNS, *suite]]


def combine(processes: pd.DataFrame) -> pd.DataFrame:
    """Return one row per cell from what each process says about it, without overhead and flags.

    A cell with too few quiet rounds is estimated from all its rounds; ``gated`` is False there and
    it has no interval, because what contention adds is not in the spread between processes. Neither has one whose
    processes fall into two groups far apart, of which the larger one's figure is taken.
    """
    codes, first = group_codes(processes, CELL)
    count = len(first)
    n_rounds, n_quiet = floats(processes["n_rounds"]), floats(processes["n_quiet"])

    def total(values: Floats) -> Floats:
        return np.bincount(codes, weights=values, minlength=count).astype(np.float64)

    all_rounds = total(n_rounds)
    gated = (total(enough_quiet(processes)) > 0) & (total(n_quiet) >= np.minimum(ENOUGH_IN_CELL, all_rounds))
    of_all = gated_logs(processes, gated[codes])
    gap, of_one = modes(of_all, codes, count)
    logs, known_half = np.where(of_one, of_all, np.nan), gated & ~(gap >= FAR_APART)
    cells = processes[[*CELL, *FACTS]].iloc[first].reset_index(drop=True)
    session, layout = (floats(processes[name]) for name in SESSION)
    alike = classes(cells)
    figure = layered_mean(logs, codes, count, session, layout, alike)
    seconds, half = np.exp(figure.mean), half_width(figure.error, figure.degrees)
    low, high = np.exp(figure.mean - half), np.exp(figure.mean + half)
    ratios = np.where(of_one, gated_logs(processes, gated[codes], "ratio"), np.nan)
    beside = layered_mean(ratios, codes, count, session, layout, alike)
    beside_half = half_width(beside.error, beside.degrees)
    ratio_low, ratio_high = np.exp(beside.mean - beside_half), np.exp(beside.mean + beside_half)
    known = group_mean(floats(processes["gating"]), codes, count) > 0
    moved = floats(cells["bytes"]) / seconds / 1e9
    copies = ~cells["shares_memory"].to_numpy(dtype=bool, na_value=True)
    copies &= ~cells["direction"].isin(UNTIL_RETURN).to_numpy(dtype=bool)
    cells = cells.assign(
        seconds=seconds,
        ci_low=np.where(known_half, low, np.nan),
        ci_high=np.where(known_half, high, np.nan),
        error=np.where(known_half, figure.error, np.nan),
        degrees=np.where(known_half, figure.degrees, np.nan),
        sessions=figure.sessions,
        layout_error=np.where(known_half, figure.layout_error, np.nan),
        layout_degrees=np.where(known_half, figure.layout_degrees, np.nan),
        gb_per_s=np.where(copies, moved, np.nan),
        rounds=_rounds_told(processes, codes, all_rounds),
        quiet_share=np.where(known, total(n_quiet) / all_rounds, np.nan),
        processes=total(np.isfinite(of_all)).astype(np.int64),
        page_faults=group_median(floats(processes["page_faults"]), codes, count),
        copy_ratio=np.exp(beside.mean),
        copy_ratio_low=ratio_low,
        copy_ratio_high=ratio_high,
        clock=floats(processes["clock"])[first],
        raw_seconds=group_median(floats(processes["raw"]), codes, count),
        gated=gated,
        between_processes=_between_processes(of_all, codes, count),
        faults_apart=_faults_apart(processes, cells, codes),
        mode_gap=gap,
        drift=drift(of_all, floats(processes["process"]), codes, count),
        clock_change=_clock_change(processes, first),
        interrupted=np.where(
            np.isnan(floats(processes["clock"])[first]), np.nan, total(floats(processes["n_disturbed"]))
        )
        / all_rounds,
        contended_processes=total(floats(processes["contended_process"])).astype(np.int64),
        lowest=np.exp(_extreme(np.minimum, of_all, codes, count)),
        highest=np.exp(_extreme(np.maximum, of_all, codes, count)),
        **_of_suite(processes, codes, first),
    )
    return cells


def _rounds_told(processes: pd.DataFrame, codes: Codes, kept: Floats) -> NDArray[np.int64]:
    """Return how many rounds each cell's figure comes from: of a file that keeps none, as many as it tells."""
    if "rounds_told" not in processes:
        return kept.astype(np.int64)
    told = np.fmax(floats(processes["rounds_told"]), floats(processes["n_rounds"]))
    return np.bincount(codes, weights=told, minlength=len(kept)).astype(np.int64)


def _of_suite(processes: pd.DataFrame, codes: Codes, first: Codes) -> dict[str, Any]:
    """Return what another suite's files tell of each cell, of several the least minimum and the median of the rest."""
    if "rounds_told" not in processes:
        return {}
    texts = {name: processes[name].iloc[first].to_numpy(dtype=object) for name in SUITE_TEXTS}
    numbers = [name for name in SUITE_NUMBERS if name not in ("rounds_told", "min")]
    medians = {name: group_median(floats(processes[name]), codes, len(first)) for name in numbers}
    return texts | {"min": _extreme(np.minimum, floats(processes["min"]), codes, len(first))} | medians


def classes(cells: pd.DataFrame) -> Codes:
    """Return a class of each cell, in which figures vary alike: what shares memory, copies by where they fit."""
    moved = floats(cells["bytes"])
    shares = cells["shares_memory"].to_numpy(dtype=bool, na_value=False)
    size = np.where(shares, 0, 1 + (moved > _NEAR_BYTES) + (moved > _FAR_BYTES))
    arm, _ = group_codes(cells, ARM)
    reference = (cells["direction"] == "reference").to_numpy(dtype=bool, na_value=False)
    found: Codes = (8 * arm + 4 * reference + size).astype(np.int64)
    return found


def add_overhead(cells: pd.DataFrame) -> pd.DataFrame:
    """Add to cells what calling itself costs: ``overhead_low``, ``overhead_high`` and ``net_seconds``.

    One empty call costs what one call of a block costs beside the statements in it, so each of the
    block's calls bears its share. The interval is that of the run's empty call (below three processes,
    their lowest and highest); the net figure is the cell's less the middle of it, and never below
    zero. NaN where the run has no empty call.

    Args:
        cells: the frame of ``combine``.
    """
    is_empty = _is_reference(cells, EMPTY_CALL)
    low, high = _of_empty_calls(cells, is_empty, [*ARM, "threads"])
    low_any, high_any = _of_empty_calls(cells, is_empty, ARM)
    low = np.where(np.isnan(low), low_any, low)
    high = np.where(np.isnan(high), high_any, high)

    block = floats(cells["block"])
    share = np.where(is_empty | ~(block > 0), np.nan, block)
    low, high = low / share, high / share
    waits = cells["direction"].isin(CEILING_OF).to_numpy(dtype=bool)
    if waits.any():  # each call is followed by one of these
        of_waiting = _of_empty_calls(cells, _is_reference(cells, EMPTY_SYNCHRONISATION), ARM)
        low, high = (np.where(waits, end + wait, end) for end, wait in zip((low, high), of_waiting, strict=True))
    net = floats(cells["seconds"]) - (low + high) / 2
    return cells.assign(overhead_low=low, overhead_high=high, net_seconds=np.maximum(net, 0.0))


def _is_reference(cells: pd.DataFrame, name: str) -> np.ndarray:
    found: np.ndarray = ((cells["direction"] == "reference") & (cells["conversion"] == name)).to_numpy(
        dtype=bool, na_value=False
    )
    return found


def _of_empty_calls(cells: pd.DataFrame, empty: np.ndarray, columns: list[str]) -> tuple[Floats, Floats]:
    """Return for each cell the interval of the empty calls that agree with it in some columns."""
    codes, first = group_codes(cells, columns)
    low = floats(cells["ci_low"].fillna(cells["lowest"]))
    high = floats(cells["ci_high"].fillna(cells["highest"]))
    of_group = [group_mean(end[empty], codes[empty], len(first)) for end in (low, high)]
    return of_group[0][codes], of_group[1][codes]


def _clock_change(processes: pd.DataFrame, first: Codes) -> Floats:
    """Return how far apart the processes' clocks were in each cell's run, as a share."""
    process, process_first = group_codes(processes, [*RUN, "process"])
    clocks = group_median(floats(processes["clock_seen"]), process, len(process_first))
    run, run_first = group_codes(processes, RUN)
    of_process = run[process_first]
    slowest = _extreme(np.maximum, clocks, of_process, len(run_first))
    fastest = _extreme(np.minimum, clocks, of_process, len(run_first))
    return (slowest / fastest - 1)[run[first]]


def _between_processes(logs: Floats, codes: Codes, count: int) -> Floats:
    """Return a robust standard deviation of the logs: the middle half's width over that of a normal's."""
    middle_half = group_quantile(logs, codes, count, 0.75) - group_quantile(logs, codes, count, 0.25)
    deviation: Floats = middle_half / 1.349
    return deviation


def _faults_apart(processes: pd.DataFrame, cells: pd.DataFrame, codes: Codes) -> Floats:
    """Return by how many page faults a call processes differ, as a share of the result's pages; NaN where unknown."""
    faults, count = floats(processes["page_faults"]), len(cells)
    most, least = (_extreme(which, faults, codes, count) for which in (np.maximum, np.minimum))
    apart: Floats = (most - least) * PAGE_BYTES / np.maximum(floats(cells["result_bytes"]), PAGE_BYTES)
    return apart


def _extreme(which: np.ufunc, values: Floats, codes: Codes, count: int) -> Floats:
    """Return the lowest or highest known value of each group."""
    known = np.isfinite(values)
    result = np.full(count, np.nan)
    order = np.argsort(codes[known], kind="stable")
    groups, start = np.unique(codes[known][order], return_index=True)
    if len(groups):
        result[groups] = which.reduceat(values[known][order], start)
    return result
