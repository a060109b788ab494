"""A candidate compared with a baseline: per cell a ratio with its interval and a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from copycost.analyse.bootstrap import cell_positions
from copycost.analyse.common_clock import cells_at_clock, first_clock, processes_at_clock
from copycost.analyse.differences import Logs, alternating_processes, difference, layer_difference
from copycost.analyse.doubts import DOUBTS, IMPRECISE, interrupted_share
from copycost.analyse.estimates import classes
from copycost.analyse.grouping import KEY, Codes, Floats, floats, group_codes
from copycost.analyse.measurement import Measured, Measurement, require_one_arm
from copycost.analyse.processes import SESSION, gated_logs
from copycost.analyse.quiet import NEVER_QUIET, undisturbed_level
from copycost.analyse.robust_mean import FEWEST
from copycost.analyse.verdicts import ONLY_A, ONLY_B, judge
from copycost.errors import UsageError
from copycost.store.rounds import named_alike

COLUMNS = (
    *("conversion", "direction", "dtype", "size", "bytes", "threads", "cache", "layout"),
    *("seconds_a", "seconds_b", "ratio", "ci_low", "ci_high", "verdict", "flags", "floor"),
    *("processes_a", "processes_b", "shares_memory", "clock", "paired", "p", "error", "degrees"),
    "detectable",
)
"""Columns of a comparison; the first 18 are its promise."""

SIDE_NEVER_QUIET = "side-never-quiet"
NO_CANARY = "no-canary"
OWN_CLOCK = "own-clock"
PLAIN_COPY_TOO = "plain-copy-too"
OTHER_INTERRUPTIONS = "other-interruptions"
FLAGS = (
    *(doubt.name for doubt in DOUBTS), SIDE_NEVER_QUIET, NO_CANARY, OWN_CLOCK, PLAIN_COPY_TOO, OTHER_INTERRUPTIONS,
)  # fmt: skip
"""All flags a row can have, in their order; whoever calls may add more, such as `method-differs`."""

INTERRUPTION_COST = 2.5
"""What a figure may change by, in log units, for each unit of change in the share of disturbed clock readings: 1.4 for
zero-copy calls and 2.1 for small copies between runs that were interrupted in 10% and in 7% of the readings."""
_FACTS = ["bytes", "shares_memory"]
_TYPES = {"size": "Int64", "bytes": "Int64", "threads": "Int64", "shares_memory": "boolean"}


def compare(
    baseline: Measured | pd.DataFrame,
    candidate: Measured | pd.DataFrame,
    *,
    margin: float = 0.03,
    level: float = 0.95,
    same_clock: bool = True,
    across: Sequence[str] = (),
    allowance: float = 0.0,
    same_programs: bool = True,
    one_run: bool = False,
) -> pd.DataFrame:
    """Return one row for each cell of either side; ``_a`` are the baseline's columns, ``_b`` the candidate's.

    Args:
        baseline: of one machine and one arm: a measured run, or the rounds frame of ``store.loading.load`` (all rounds
            of the run, because the undisturbed speed is the run's).
        candidate: what is compared with it, likewise.
        margin: half-width of what counts as the same, as a share.
        level: of the interval.
        same_clock: False where the two clocks are not the same work (another Python, another
            canary). Two sides of one machine are compared at a common clock frequency, else each at its own.
        across: conditions in which the sides may differ, such as ``threads``; cells are then matched
            without them, and have the baseline's.
        allowance: a floor for every cell, in log units: a difference below is not called a change.
        same_programs: False where interpreter or libraries differ, so that an address layout of the same number is not
            the same layout.
        one_run: whether both sides are of one run, measured by the same processes; sessions are then the pairs, or
            processes where files tell no sessions.

    Returns:
        ``seconds_a`` and ``seconds_b`` are per call, ``ratio`` is b over a (above 1, b is slower) with
        ``ci_low`` and ``ci_high``; unknown is NaN. The ratio is that of trimmed means over processes,
        paired where the sides are arms of one run whose processes alternate (``paired``), so it need not
        be ``seconds_b / seconds_a`` to the last digit. ``verdict`` is faster, slower, same, undecided,
        only in A or only in B; ``flags`` names both sides' doubts, joined by ``;``; ``floor`` and
        ``error`` (the standard error) are log units; ``detectable`` is the smallest difference, as a share, that would
        have been found four times in five (``copycost.analyse.verdicts.smallest_detectable``); ``clock`` is common, own
        or none. For two runs of one
        machine the floor holds what the plain copy beside a cell shares of its change, flagged
        ``plain-copy-too`` beyond the margin, and what it may be that one was interrupted more often than the other,
        flagged ``other-interruptions`` from a third of the margin on.

    Raises:
        UsageError: the sides have no cell in common, or one holds several arms or machines.
    """
    if isinstance(baseline, pd.DataFrame) and isinstance(candidate, pd.DataFrame):
        baseline, candidate = named_alike([baseline, candidate])
    a, b = _measured(baseline, "A"), _measured(candidate, "B")
    partners = alternating_processes(a.rounds, b.rounds)
    one_machine = _one_machine(a.rounds, b.rounds)
    same_clock = same_clock and one_machine
    # The baseline's, so that its figures are those that are shown of it alone.
    reference = first_clock(a.cells) if same_clock and first_clock(b.cells) is not None else None
    cells_a, logs_a = _figures(a, reference)
    cells_b, logs_b = _figures(b, reference)
    at = _matched(cells_a, cells_b, [name for name in KEY if name not in across])
    logs_a, logs_b = _placed(logs_a, at.a), _placed(logs_b, at.b)
    has_sessions = logs_a.has_sessions and logs_b.has_sessions
    if one_run:
        logs_a, logs_b = (replace(logs, layout=logs.session) for logs in (logs_a, logs_b))
        together = np.intersect1d(logs_a.process, logs_b.process)
        partners = (together, together)
    if has_sessions:
        result = layer_difference(
            logs_a, logs_b, at.count, _classes_of(cells_a, cells_b, at), same_programs and one_machine
        )
    else:
        result = difference(logs_a, logs_b, at.count, partners)
    clock = "common" if reference is not None else _own_clock(a.rounds, b.rounds)
    rows = _facts(cells_a, cells_b, at).assign(clock=clock, paired=result.paired, degrees=result.degrees)
    # Between sessions there is already what changes from one run to another.
    floor = np.zeros(at.count) if has_sessions else _least_noise(cells_a, cells_b, at, partners)
    # Only what two runs on one machine differ by can be the machine's doing; arms meet the same changes.
    two_runs = one_machine and partners is None
    shared = _shared(cells_a, cells_b, at, result.log_ratio) if two_runs else np.zeros(at.count)
    interruptions = _interruptions(cells_a, cells_b) if two_runs else 0.0
    rows = rows.assign(floor=np.fmax(floor, allowance) + shared + interruptions)

    never_quiet = same_clock and _one_never_quiet(a.rounds, b.rounds)
    gated = _gated(cells_a, at.a, at.count) & _gated(cells_b, at.b, at.count) & (not never_quiet)
    enough = rows[["processes_a", "processes_b"]].min(axis=1).to_numpy() >= FEWEST
    if has_sessions:
        enough &= np.isfinite(result.error)
    judged = judge(
        result.log_ratio,
        result.error,
        result.degrees,
        floor=floats(rows["floor"]),
        decidable=enough,
        gated=gated,
        margin=margin,
        level=level,
    )
    said = {
        NO_CANARY: _no_canary(a.rounds, b.rounds),
        SIDE_NEVER_QUIET: never_quiet,
        OWN_CLOCK: clock == "own",
        OTHER_INTERRUPTIONS: interruptions > np.log1p(margin) / 3,
    }
    of_all = {name for name, present in said.items() if present}
    rows = rows.assign(
        ratio=np.exp(result.log_ratio),
        ci_low=np.where(gated, np.exp(judged.low), np.nan),
        ci_high=np.where(gated, np.exp(judged.high), np.nan),
        error=np.where(gated, result.error, np.nan),
        p=judged.p,
        detectable=np.expm1(judged.detectable),
        verdict=np.where(~at.in_b, ONLY_A, np.where(~at.in_a, ONLY_B, judged.verdict)),
        flags=_flags(cells_a, cells_b, at, of_all, shared > np.log1p(margin)),
    )
    return rows[list(COLUMNS)].astype(_TYPES)


def add_flag(comparison: pd.DataFrame, flag: str) -> pd.DataFrame:
    """Return the comparison with one more flag on every row."""
    return comparison.assign(flags=[f"{known};{flag}" if known else flag for known in comparison["flags"]])


@dataclass(frozen=True)
class _Places:
    """Which row of the comparison each side's cells stand in."""

    a: Codes
    b: Codes
    count: int

    @property
    def in_a(self) -> np.ndarray:
        return np.isin(np.arange(self.count), self.a)

    @property
    def in_b(self) -> np.ndarray:
        return np.isin(np.arange(self.count), self.b)


def _measured(side: Measured | pd.DataFrame, name: str) -> Measured:
    if isinstance(side, pd.DataFrame):
        return Measurement.of(side, name)
    require_one_arm(side.rounds, name)
    return side


def _figures(side: Measured, reference: float | None) -> tuple[pd.DataFrame, Logs]:
    """Return a side's cells without references and their logs, at a reference clock where there is one."""
    cells, processes = side.cells, side.processes
    if reference is not None:
        cells, processes = cells_at_clock(cells, reference), processes_at_clock(processes, reference)
    wanted = (cells["direction"] != "reference").to_numpy(dtype=bool, na_value=True)
    cells = cells[wanted].reset_index(drop=True)
    position = cell_positions(cells, processes)
    among = position >= 0
    processes, position = processes[among], position[among]
    gated = cells["gated"].to_numpy(dtype=bool)[position]
    number = processes["process"].to_numpy(dtype=np.int64)
    session, layout = (floats(processes[name]) for name in SESSION)
    return cells, Logs(gated_logs(processes, gated), position, number, session, layout)


def _placed(logs: Logs, rows: Codes) -> Logs:
    return replace(logs, cell=rows[logs.cell])


def _matched(a: pd.DataFrame, b: pd.DataFrame, key: list[str]) -> _Places:
    keys = pd.concat([cells[key].astype(object) for cells in (a, b)], ignore_index=True)
    codes, first = group_codes(keys, key)
    at = _Places(codes[: len(a)], codes[len(a) :], len(first))
    if not np.intersect1d(at.a, at.b).size:
        raise UsageError("A and B have no cell in common: no conversion with the same dtype, size, threads and cache")
    for name, rows in (("A", at.a), ("B", at.b)):
        if len(np.unique(rows)) < len(rows):
            raise UsageError(f"{name} has cells that differ in nothing but what is compared across: give one of them")
    return at


def _facts(a: pd.DataFrame, b: pd.DataFrame, at: _Places) -> pd.DataFrame:
    """Return the rows with what identifies them (the baseline's where both have it) and each side's figures."""
    facts = pd.concat([cells[[*KEY, *_FACTS]].astype(object) for cells in (a, b)], ignore_index=True)
    _, first = np.unique(np.concatenate([at.a, at.b]), return_index=True)
    rows = facts.iloc[first].reset_index(drop=True)
    for name, cells, row in (("a", a, at.a), ("b", b, at.b)):
        seconds, processes = np.full(at.count, np.nan), np.zeros(at.count, dtype=np.int64)
        seconds[row] = floats(cells["seconds"])
        processes[row] = cells["processes"].to_numpy()
        rows = rows.assign(**{f"seconds_{name}": seconds, f"processes_{name}": processes})
    return rows


def _least_noise(a: pd.DataFrame, b: pd.DataFrame, at: _Places, partners: object) -> Floats:
    """Return the least noise floor of each cell, in log units.

    What changed between two runs, besides what is compared, is not known from either; it is taken to be no
    less than what changed between one run's own processes. The arms of one run meet the same changes, and
    need no such allowance.
    """
    floor = np.zeros(at.count)
    if partners is None:
        for cells, row in ((a, at.a), (b, at.b)):
            floor[row] = np.fmax(floor[row], np.nan_to_num(floats(cells["between_processes"])))
    return floor


def _shared(a: pd.DataFrame, b: pd.DataFrame, at: _Places, log_ratio: Floats) -> Floats:
    """Return how much of each log ratio the plain copy beside the cell shares; 0 where none was timed.

    From one run to the next, copies of some MiB change with what else the caches and the memory are used for
    and with where their pages lie. A plain copy of the same bytes, timed right after each round, changes
    alike: what it shares is the machine's doing and not called a change, on top of what is noise anyway.
    """
    plain = [np.full(at.count, np.nan), np.full(at.count, np.nan)]
    for logs, cells, row in zip(plain, (a, b), (at.a, at.b), strict=True):
        logs[row] = np.log(floats(cells["seconds"]) / floats(cells["copy_ratio"]))
    change = plain[1] - plain[0]
    same_way = np.sign(change) == np.sign(log_ratio)
    shared: Floats = np.where(same_way, np.abs(change), 0.0)
    return shared


def _interruptions(a: pd.DataFrame, b: pd.DataFrame) -> float:
    """Return by how much figures may differ, in log units, because one run was interrupted more often."""
    shares = [interrupted_share(cells) for cells in (a, b)]
    if any(np.isnan(share).all() for share in shares):
        return 0.0
    return INTERRUPTION_COST * abs(float(np.nanmedian(shares[0])) - float(np.nanmedian(shares[1])))


def _classes_of(a: pd.DataFrame, b: pd.DataFrame, at: _Places) -> Codes:
    """Return the class of each cell (see ``classes``): the baseline's where both have it."""
    result = np.zeros(at.count, dtype=np.int64)
    for cells, row in ((b, at.b), (a, at.a)):
        result[row] = classes(cells)
    return result


def _gated(cells: pd.DataFrame, row: Codes, count: int) -> np.ndarray:
    result = np.zeros(count, dtype=bool)
    result[row] = cells["gated"].to_numpy(dtype=bool)
    return result


def _one_machine(a: pd.DataFrame, b: pd.DataFrame) -> bool:
    names = {rounds["machine"].iloc[0] if len(rounds) else None for rounds in (a, b)}
    return len(names) == 1 and not pd.isna(names.pop())


def _own_clock(a: pd.DataFrame, b: pd.DataFrame) -> str:
    return "own" if a["clock"].notna().any() or b["clock"].notna().any() else "none"


def _no_canary(a: pd.DataFrame, b: pd.DataFrame) -> bool:
    return bool(a["canary"].isna().all() or b["canary"].isna().all())


def _one_never_quiet(a: pd.DataFrame, b: pd.DataFrame) -> bool:
    """Return whether one side shows that the other's core was shared throughout."""
    levels = sorted(undisturbed_level(rounds) for rounds in (a, b))
    return levels[1] > NEVER_QUIET * levels[0]


def _flags(a: pd.DataFrame, b: pd.DataFrame, at: _Places, of_all: set[str], shared: np.ndarray) -> list[str]:
    flags = [{*of_all, PLAIN_COPY_TOO} if too else set(of_all) for too in shared]
    for cells, rows in ((a, at.a), (b, at.b)):
        for row, names in zip(rows, cells["flags"], strict=True):
            flags[row].update(names.split(";"))
    # How precise a run was asked to be is no doubt about a comparison.
    return [";".join(name for name in FLAGS if name in names and name != IMPRECISE) for names in flags]
