import numpy as np
import pandas as pd
import pytest

from copycost.analyse.machine_or_conversion import (
    ALL,
    CACHED_COPIES,
    CALLS,
    EVERY_SIZE,
    IN_ALL,
    LARGE_COPIES,
    UNDECIDED,
    UNKNOWN,
    against,
    bands,
    machine_or_conversion,
)
from copycost.analyse.machines import figures
from tests.analyse.fleets import fleet_cells, slower_calls, slower_conversion, slower_machine, slower_memory, usual


def reasons(*machines, keep=lambda cells: cells["run"].notna(), **law):
    cells, _ = fleet_cells(machines, **{"alike": 0.0, "noise": 0.002} | law)
    return machine_or_conversion(figures(cells[keep(cells)]), 0)


def why(rows, conversion, sizes):
    return rows[(rows["conversion"] == conversion) & (rows["sizes"] == sizes)].iloc[0]


def test_a_slower_machine_is_not_taken_for_slower_conversions():
    rows = reasons(usual, slower_machine)
    assert set(rows["why"]) == {"slower machine"}
    np.testing.assert_allclose(rows["ratio"], 1.3, rtol=0.01)
    np.testing.assert_allclose(rows["own_ratio"], 1, rtol=0.01)
    assert ((rows["ratio_low"] < 1.3) & (rows["ratio_high"] > 1.3)).all()


def test_a_slower_conversion_is_not_taken_for_a_slower_machine():
    rows = reasons(usual, slower_conversion)
    assert why(rows, "torch.tensor", "above 4 MiB")["why"] == "slower conversion"
    assert why(rows, "torch.tensor", "above 4 MiB")["own_ratio"] == pytest.approx(1.5, rel=0.02)
    assert why(rows, "torch.tensor", "up to 16 KiB")["why"] == "the same"


def test_what_is_true_of_most_conversions_is_not_changed_by_one():
    rows = reasons(usual, slower_conversion)
    ratios = rows[rows["conversion"] == ALL]
    middle = [sorted(rows[(rows["sizes"] == s) & (rows["conversion"] != ALL)]["own_ratio"]) for s in ratios["sizes"]]
    assert ratios["own_ratio"].tolist() == [values[(len(values) - 1) // 2] for values in middle]


def test_both_and_opposite_reasons_are_said():
    both = reasons(usual, lambda cells: slower_machine(cells) * slower_conversion(cells))
    assert why(both, "torch.tensor", "above 4 MiB")["why"] == "slower machine and slower conversion"
    opposite = reasons(slower_conversion, slower_machine)
    assert why(opposite, "torch.tensor", "above 4 MiB")["why"] == "slower machine but faster conversion"


def test_calls_and_memory_are_told_apart_by_size():
    memory = reasons(usual, slower_memory)
    assert why(memory, "torch.tensor", "above 4 MiB")["why"] == "slower machine"
    assert why(memory, "torch.tensor", "up to 16 KiB")["why"] == "the same"
    calls = reasons(usual, slower_calls)
    assert why(calls, "torch.tensor", "up to 16 KiB")["why"] == "slower machine"


def test_there_is_no_interval_where_one_side_tells_no_error():
    cells, _ = fleet_cells((usual, slower_machine), alike=0.0, noise=0.002)
    second = cells["run"] == cells["run"].unique()[1]
    rows = machine_or_conversion(figures(cells.assign(error=cells["error"].mask(second))), 0)
    np.testing.assert_allclose(rows["ratio"], 1.3, rtol=0.01)
    assert rows[["ratio_low", "ratio_high", "own_ratio_low", "machine_ratio_high"]].isna().all(axis=None)
    assert set(rows["why"]) == {UNDECIDED}


def test_without_plain_copies_the_reason_is_not_known():
    rows = reasons(usual, slower_machine, keep=lambda cells: cells["direction"] != "reference")
    assert set(rows["why"]) == {UNKNOWN} and rows["own_ratio"].isna().all()
    np.testing.assert_allclose(rows["ratio"], 1.3, rtol=0.01)


def test_the_yardstick_of_what_shares_memory_is_the_smallest_copy_that_both_have():
    lacks = "run-1-0"
    rows = reasons(usual, usual, keep=lambda cells: ~(cells["run"].eq(lacks) & cells["bytes"].eq(8)))
    assert why(rows, "torch.from_numpy", "every size")["why"] == "the same"


def test_imprecise_figures_are_undecided():
    cells, _ = fleet_cells([usual, lambda cells: np.full(len(cells), 1.03)], alike=0.0, noise=0.0)
    cells["ci_low"], cells["ci_high"] = cells["seconds"] / 1.5, cells["seconds"] * 1.5
    assert "undecided" in set(machine_or_conversion(figures(cells), 0)["why"])


def test_a_machine_without_a_cell_in_common_has_no_row():
    rows = reasons(usual, usual, keep=lambda cells: cells["run"].eq("run-0-0") | cells["conversion"].eq("empty call"))
    assert rows.empty


def in_kinds(machine, **law):
    made, _ = fleet_cells([usual, machine], **{"alike": 0.0, "noise": 0.002} | law)
    return against(figures(made), 0).set_index("kind")


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        (slower_machine, {IN_ALL: 1.3, CALLS: 1.3, CACHED_COPIES: 1.3, LARGE_COPIES: 1.3}),
        (slower_memory, {CALLS: 1.0, CACHED_COPIES: 1.0, LARGE_COPIES: 1.8}),
        # One of the two conversions that copy: the geometric mean of 1.5 and 1.
        (slower_conversion, {CALLS: 1.0, CACHED_COPIES: 1.5**0.5, LARGE_COPIES: 1.5**0.5}),
    ],
)
def test_calls_and_copies_are_told_apart_with_intervals_that_hold_the_truth(machine, expected):
    rows = in_kinds(machine)
    for kind, ratio in expected.items():
        row = rows.loc[kind]
        assert row["ratio"] == pytest.approx(ratio, rel=0.01) and row["ratio_low"] < ratio < row["ratio_high"]
        assert row["side"] == (0 if ratio == 1 else 1)


def test_copies_follow_plain_copies_where_the_memory_is_slower_and_not_where_a_conversion_is():
    memory, conversion = in_kinds(slower_memory).loc[LARGE_COPIES], in_kinds(slower_conversion).loc[LARGE_COPIES]
    assert memory["machine_ratio"] == pytest.approx(1.8, rel=0.01) and memory["own_side"] == 0
    assert conversion["machine_ratio"] == pytest.approx(1, rel=0.01) and conversion["own_side"] == 1
    assert np.isnan(in_kinds(slower_memory).loc[CALLS, "machine_ratio"])


def test_a_mean_of_many_cells_is_no_surer_than_one_of_them():
    # All of a run's cells are off by one factor, which their errors know: averaging must not hide it.
    made, _ = fleet_cells([usual, usual], alike=0.0, noise=0.0)
    made["error"] = 0.05
    row = against(figures(made), 0).set_index("kind").loc[IN_ALL]
    assert np.log(row["ratio_high"] / row["ratio"]) >= 1.96 * 0.05 * np.sqrt(2)


def cells(shares=False, sizes=(8, 16384, 16385, 8 * 1024**2)):
    return pd.DataFrame(
        {
            "conversion": "c",
            "direction": "to_tensor",
            "bytes": pd.array(sizes, dtype="Int64"),
            "shares_memory": pd.array([shares] * len(sizes), dtype="boolean"),
        }
    )


def test_copies_fall_into_bands_by_bytes():
    codes, labels = bands(cells())
    assert codes.tolist() == [0, 0, 1, 2]
    assert labels["sizes"].tolist() == ["up to 16 KiB", "16 KiB to 4 MiB", "above 4 MiB"]


def test_what_shares_memory_or_has_no_size_is_one_band():
    for frame in (cells(shares=True), cells(shares=None, sizes=(pd.NA, pd.NA))):
        codes, labels = bands(frame)
        assert set(codes) == {0} and labels["sizes"].tolist() == [EVERY_SIZE]
