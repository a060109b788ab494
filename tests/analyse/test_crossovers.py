import numpy as np
import pytest

from copycost import estimate
from copycost.analyse.crossovers import AT_ONCE, COLUMNS, NOT_REACHED, crossovers, question
from copycost.analyse.law import KINK, Law
from tests.analyse.laws import NOISE, SIZES, constant, law_cells, machine_cells
from tests.made_up import made_up_rounds


def linear(fixed, slope):
    return Law(fixed, np.array([slope]), np.zeros(0), np.zeros(0, dtype=int))


def rounds_of(copy, rival=None, sizes=SIZES, seed=0):
    cells = law_cells(constant(4e-7), "torch.from_numpy", sizes) + law_cells(copy, "torch.tensor", sizes)
    if rival is not None:
        cells += law_cells(rival, "torch.Tensor", sizes)
    return made_up_rounds(NOISE, cells, seed)


def found(rounds, event="costs more than", factor=None):
    rows = crossovers(estimate(rounds), rounds)
    rows = rows[(rows["conversion"] == "torch.tensor") & (rows["event"] == event)]
    return rows if factor is None else rows[rows["factor"] == factor].iloc[0]


def test_a_multiple_is_reached_where_the_law_says():
    row = found(rounds_of(linear(5e-7, 1e-10)), factor=10.0)
    true = (10 * 4e-7 - 5e-7) / 1e-10
    assert row["bytes"] == pytest.approx(true, rel=0.2)
    assert row["bytes_low"] < row["bytes"] < row["bytes_high"]


def test_intervals_hold_the_crossing_of_the_interpolated_curves():
    copy = linear(5e-7, 1e-10)
    level = np.log(copy.seconds(SIZES) / 4e-6)
    true = np.exp(np.interp(0.0, level, np.log(SIZES)))
    rows = [found(rounds_of(copy, seed=seed), factor=10.0) for seed in range(20)]
    assert sum(row["bytes_low"] <= true <= row["bytes_high"] for row in rows) >= 17


def test_a_multiple_beyond_the_grid_is_not_reached():
    row = found(rounds_of(linear(5e-7, 1e-10), sizes=SIZES[:4]), factor=100.0)
    assert np.isnan(row["bytes"]) and row["answer"] == NOT_REACHED


def test_a_multiple_below_the_grid_is_there_from_the_smallest_size_on():
    row = found(rounds_of(linear(5e-6, 1e-10)), factor=10.0)
    assert row["bytes"] == 8.0 and row["answer"] == AT_ONCE


def test_bandwidth_binds_where_the_bytes_cost_as_much_as_the_call():
    row = found(rounds_of(linear(1e-6, 1e-10)), "bound by bandwidth").iloc[0]
    assert row["bytes"] == pytest.approx(1e-6 / 1e-10, rel=0.1)
    assert row["bytes_low"] < 1e4 < row["bytes_high"]


def test_who_falls_behind_and_who_overtakes():
    slow_call, slow_bytes = linear(4e-6, 1e-10), linear(1e-6, 4e-10)
    behind = found(rounds_of(slow_bytes, slow_call), "falls behind").iloc[0]
    ahead = found(rounds_of(slow_call, slow_bytes), "overtakes").iloc[0]
    assert behind["bytes"] == pytest.approx(3e-6 / 3e-10, rel=0.3)
    assert ahead["bytes"] == pytest.approx(behind["bytes"], rel=0.2)
    assert behind["other"] == "torch.Tensor"


def test_without_a_change_it_says_who_is_faster():
    fast, slow = linear(1e-6, 1e-10), linear(2e-6, 2e-10)
    assert found(rounds_of(fast, slow), "overtakes")["answer"].tolist() == ["faster at every size measured"]
    assert found(rounds_of(slow, fast), "falls behind")["answer"].tolist() == ["slower at every size measured"]


def test_equal_conversions_do_not_cross_by_chance():
    same = linear(1e-6, 1e-10)
    for seed in range(5):
        rows = crossovers(estimate(rounds := rounds_of(same, same, seed=seed)), rounds)
        rows = rows[rows["other"] == "torch.Tensor"]
        assert rows["bytes"].isna().all() and rows["answer"].str.contains("the same").all()


def test_scaling_all_times_moves_no_crossover():
    rounds = rounds_of(linear(5e-7, 1e-10))
    slower = rounds.assign(seconds=rounds["seconds"] * 1000)
    one, other = (crossovers(estimate(own))["bytes"].to_numpy() for own in (rounds, slower))
    np.testing.assert_allclose(one, other, rtol=1e-3)


def test_without_rounds_there_are_no_intervals():
    cells = estimate(rounds_of(linear(5e-7, 1e-10)))
    assert crossovers(cells)[["bytes_low", "bytes_high"]].isna().all().all()
    assert list(crossovers(cells.iloc[:0]).columns) == list(COLUMNS)


def test_directions_are_compared_with_their_own_zero_copy():
    rows = crossovers(estimate(made_up_rounds(cells=machine_cells())))
    pairs = rows[rows["event"] == "costs more than"].groupby("conversion", observed=True)["other"].unique()
    assert pairs["torch.tensor"].tolist() == ["torch.from_numpy"]
    assert pairs["t.clone.numpy"].tolist() == ["t.numpy"]


def test_questions_read_as_sentences():
    rows = crossovers(estimate(made_up_rounds(cells=machine_cells())))
    asked = {question(row) for _, row in rows.iterrows()}
    assert {"costs 10× torch.from_numpy", "bound by bandwidth, not by the call"} <= asked


def test_a_law_with_a_kink_is_solved_in_its_second_regime():
    law = Law(1e-5, np.array([1e-11, 1e-9]), np.array([1e4]), np.array([KINK]))
    row = found(rounds_of(law), "bound by bandwidth").iloc[0]
    assert row["bytes"] == pytest.approx(1e4 + (1e-5 - 1e-7) / 1e-9, rel=0.15)
