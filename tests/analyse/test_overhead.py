import pytest

from copycost import estimate
from tests.made_up import CLOCK, EMPTY_CALL, Law, MadeUpCell, made_up_rounds


def cell(seconds, **changes):
    return MadeUpCell("c", "to_tensor", "", "copies", "float64", 1, seconds, False, **changes)


def test_each_call_of_a_block_bears_its_share_of_the_empty_call():
    cells = estimate(made_up_rounds(cells=[cell(1e-6), EMPTY_CALL]), clock_reference=CLOCK)
    row = cells.iloc[0]
    assert row["overhead_low"] < 4e-9 < row["overhead_high"]
    assert row["net_seconds"] == pytest.approx(row["seconds"] - 4e-9, rel=1e-3)


def test_the_net_figure_is_never_negative():
    cells = estimate(made_up_rounds(cells=[cell(1e-9), EMPTY_CALL]))
    assert cells["net_seconds"].tolist() == [0.0]
    assert "below-resolution" in cells["flags"][0]


def test_without_an_empty_call_nothing_is_said():
    cells = estimate(made_up_rounds(cells=[cell(1e-6)]))
    assert cells[["overhead_low", "overhead_high", "net_seconds"]].isna().all().all()


def test_the_empty_call_of_another_run_is_not_used():
    cells = estimate(
        made_up_rounds(Law(runs=("a", "b")), [cell(1e-6), EMPTY_CALL]).query("run == 'a' or direction != 'reference'")
    )
    assert cells.set_index("run")["net_seconds"].notna().to_dict() == {"a": True, "b": False}


def test_another_thread_count_falls_back_on_the_only_empty_call():
    cells = estimate(made_up_rounds(cells=[cell(1e-6, threads=2), EMPTY_CALL]))
    assert cells["net_seconds"].notna().all()


def test_below_three_processes_the_overhead_spans_them():
    cells = estimate(made_up_rounds(Law(processes=2), [cell(1e-6), EMPTY_CALL]))
    assert cells["overhead_low"][0] < cells["overhead_high"][0]
