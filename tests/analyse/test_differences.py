import numpy as np
import pandas as pd
import pytest

from copycost.analyse.differences import Logs, alternating_processes, difference
from copycost.analyse.verdicts import FASTER, SLOWER, interval_null, judge

PROCESSES = 12


def drawn(count, seed, *, deviation=0.004, processes=PROCESSES, first=0, shift=0.0, drift=None):
    """Return logs of cells in processes: an offset of each cell and process, and a drift common to all."""
    draw = np.random.default_rng(seed)
    values = shift + draw.normal(0, deviation, (count, processes))
    if drift is not None:
        values += drift
    cell, process = np.indices(values.shape)
    return Logs(values.ravel(), cell.ravel(), process.ravel() + first)


def test_a_thousand_tables_without_a_difference_hold_the_nominal_rate():
    tables, cells = 1000, 20
    found = difference(drawn(tables * cells, 1), drawn(tables * cells, 2), tables * cells, None)
    shape = (tables, cells)
    wrong = np.zeros(shape, dtype=bool)
    for table in range(tables):
        own = slice(table * cells, (table + 1) * cells)
        # A margin of nothing, so that no cell is excused for being the same.
        judged = judge(found.log_ratio[own], found.error[own], found.degrees[own], margin=1e-9)
        wrong[table] = np.isin(judged.verdict, [FASTER, SLOWER])
    assert wrong.any(axis=1).mean() <= 0.05 + 0.01
    assert wrong.mean() <= 0.01


@pytest.mark.parametrize("processes", [3, 5, 12])
def test_a_thousand_comparisons_of_one_cell_hold_the_nominal_rate(processes):
    count = 4000
    found = difference(drawn(count, 3, processes=processes), drawn(count, 4, processes=processes), count, None)
    judged = [
        judge(found.log_ratio[n : n + 1], found.error[n : n + 1], found.degrees[n : n + 1], margin=1e-9).verdict[0]
        for n in range(count)
    ]
    assert np.isin(judged, [FASTER, SLOWER]).mean() <= 0.05 + 0.01


@pytest.mark.parametrize("processes", [4, 12])
def test_the_interval_covers_the_true_ratio(processes):
    count = 4000
    found = difference(
        drawn(count, 5, processes=processes), drawn(count, 6, shift=0.05, processes=processes), count, None
    )
    judged = judge(found.log_ratio, found.error, found.degrees)
    covered = (judged.low <= 0.05) & (judged.high >= 0.05)
    assert 0.93 <= covered.mean() <= 0.99


def test_pairing_removes_what_neighbours_have_in_common():
    count = 50
    drift = np.random.default_rng(7).normal(0, 0.05, PROCESSES)
    a = drawn(count, 8, drift=drift)
    b = drawn(count, 9, drift=drift, shift=0.03, first=100)
    partners = (np.arange(PROCESSES), np.arange(PROCESSES) + 100)
    alone, paired = difference(a, b, count, None), difference(a, b, count, partners)
    assert paired.paired.all() and not alone.paired.any()
    assert paired.error.max() < alone.error.min() / 3
    assert np.abs(paired.log_ratio - 0.03).max() < 0.01


def test_cells_whose_partners_are_mostly_missing_use_all_their_processes():
    a, b = drawn(1, 10), drawn(1, 11, first=100)
    a.values[::2] = np.nan
    b.values[1::2] = np.nan
    found = difference(a, b, 1, (np.arange(PROCESSES), np.arange(PROCESSES) + 100))
    assert not found.paired[0] and np.isfinite(found.error[0])


def test_below_three_processes_there_is_a_ratio_but_no_error():
    found = difference(drawn(1, 12, processes=2), drawn(1, 13, processes=9), 1, None)
    assert np.isfinite(found.log_ratio[0]) and np.isnan(found.error[0])


def test_no_spread_at_all_is_no_error_of_the_program():
    still = Logs(np.zeros(4), np.zeros(4, dtype=np.int64), np.arange(4))
    found = difference(still, still, 1, None)
    assert found.error[0] == 0 and found.degrees[0] > 0


@pytest.mark.parametrize("processes", [3, 4, 5, 6, 8, 10, 12, 15, 20, 30])
def test_p_values_of_pairs_are_right_far_out_in_the_tails(processes):
    count = 60_000
    a = drawn(count, 20 + processes, processes=processes)
    b = drawn(count, 50 + processes, processes=processes, first=100)
    found = difference(a, b, count, (np.arange(processes), np.arange(processes) + 100))
    assert found.paired.all()
    p = interval_null(found.log_ratio, found.error, found.degrees, 0.0)
    for rate in (0.05, 0.005):
        noise = 4 * np.sqrt(rate / count)
        assert 0.75 * rate - noise <= (p <= rate).mean() <= 1.08 * rate + noise


def processes(*numbers, run="r", machine="m"):
    return pd.DataFrame({"run": [run] * len(numbers), "machine": [machine] * len(numbers), "process": numbers})


def test_arms_in_turns_are_paired_block_by_block():
    a, b = alternating_processes(processes(1, 4, 5), processes(2, 3, 6, 7))
    assert a.tolist() == [1, 4, 5] and b.tolist() == [2, 3, 6]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (processes(1, 2, 3), processes(4, 5, 6)),  # one arm after the other
        (processes(1, 3), processes(2, 4, run="other")),
        (processes(1, 3), processes(2, 4, machine="other")),
        (processes(1, 2), processes(1, 2)),  # the same processes
        (processes(1, 3), processes(2, 4).assign(run=None)),
    ],
)
def test_what_does_not_alternate_within_one_run_is_not_paired(a, b):
    assert alternating_processes(a, b) is None
