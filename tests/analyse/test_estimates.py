from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import copycost
from copycost.analyse.estimates import COLUMNS, estimate
from tests.made_up import CLOCK, EMPTY_CALL, Law, MadeUpCell, core_cells, made_up_rounds

PROMISED = [
    "run",
    "machine",
    "arm",
    "conversion",
    "direction",
    "dtype",
    "size",
    "bytes",
    "threads",
    "cache",
    "seconds",
    "ci_low",
    "ci_high",
    "net_seconds",
    "overhead_low",
    "overhead_high",
    "gb_per_s",
    "rounds",
    "quiet_share",
    "processes",
    "page_faults",
    "shares_memory",
    "result_dtype",
    "flags",
]

LAWS = {
    "offsets": Law(processes=8, visits=2, rounds=4, offset=0.01),
    "two states": Law(processes=6, visits=5, rounds=4, contended=0.4, offset=0.005),
    "two states, drift and offsets": Law(processes=8, visits=4, rounds=4, contended=0.3, drift=0.1, offset=0.02),
    "three processes": Law(processes=3, visits=6, rounds=4, contended=0.3, drift=0.1, offset=0.01),
    "a never-quiet process": Law(processes=7, visits=4, rounds=4, contended=0.3, offset=0.01, never_quiet=(2,)),
}


def same_cells(count, seconds=1e-6):
    return [MadeUpCell(f"c{n}", "to_tensor", "", "copies", "float64", 1, seconds, False) for n in range(count)]


@pytest.mark.parametrize("name", LAWS)
def test_the_interval_covers_the_truth_in_92_to_98_of_a_hundred_cells(name):
    rounds = made_up_rounds(LAWS[name], same_cells(1500), seed=11)
    cells = estimate(rounds, clock_reference=CLOCK)
    cells = cells[cells["ci_low"].notna()]
    assert len(cells) > 1300
    covered = (cells["ci_low"] <= 1e-6) & (cells["ci_high"] >= 1e-6)
    assert 0.92 <= covered.mean() <= 0.98


def test_the_interval_covers_the_truth_over_repeated_runs():
    runs = tuple(f"run {n}" for n in range(1000))
    law = Law(processes=6, visits=5, rounds=4, contended=0.3, drift=0.05, offset=0.01, runs=runs)
    cells = estimate(made_up_rounds(law, same_cells(1), seed=3), clock_reference=CLOCK)
    cells = cells[cells["ci_low"].notna()]
    covered = (cells["ci_low"] <= 1e-6) & (cells["ci_high"] >= 1e-6)
    assert len(cells) > 950
    assert 0.92 <= covered.mean() <= 0.98


@pytest.mark.parametrize("contended", [0.0, 0.3, 0.7])
def test_the_figure_is_that_of_quiet_rounds(contended):
    law = Law(contended=contended, drift=0.05, visits=20)
    rounds = made_up_rounds(law, [*core_cells(), EMPTY_CALL])
    cells = estimate(rounds, clock_reference=CLOCK)
    truth = {(c.conversion, c.dtype, c.size): c.seconds for c in core_cells()}
    keys = zip(cells["conversion"], cells["dtype"], cells["size"], strict=True)
    assert cells["seconds"].to_numpy() == pytest.approx([truth[k] for k in keys], rel=0.02)
    assert cells["quiet_share"].mean() == pytest.approx(1 - contended, abs=0.05)


def test_an_outlying_process_is_trimmed():
    cells = estimate(made_up_rounds(Law(processes=8, outliers=(3,)), same_cells(20)))
    assert cells["seconds"].to_numpy() == pytest.approx(1e-6, rel=0.02)


def test_columns_are_those_promised_in_their_order():
    rounds = made_up_rounds()
    cells = estimate(rounds)
    assert tuple(cells.columns) == COLUMNS
    assert list(cells.columns)[: len(PROMISED)] == PROMISED
    assert tuple(estimate(rounds.iloc[:0]).columns) == COLUMNS


def test_references_are_left_out_unless_asked_for():
    rounds = made_up_rounds()
    assert "reference" not in set(estimate(rounds)["direction"])
    assert "empty call" in set(estimate(rounds, references=True)["conversion"])


@pytest.mark.parametrize("processes", [1, 2])
def test_below_three_processes_there_is_no_interval(processes):
    cells = estimate(made_up_rounds(Law(processes=processes)))
    assert cells[["ci_low", "ci_high", "copy_ratio_low", "copy_ratio_high"]].isna().all().all()
    assert cells["flags"].str.contains("few-processes").all()
    assert cells["seconds"].notna().all()


def test_processes_that_were_never_quiet_do_not_count():
    cells = estimate(made_up_rounds(Law(processes=4, never_quiet=(1, 2))))
    assert cells["processes"].eq(2).all() and cells["ci_low"].isna().all()
    assert cells["contended_processes"].eq(2).all()


def test_a_cell_without_quiet_rounds_uses_all_and_has_no_interval():
    rounds = made_up_rounds(Law(processes=6), same_cells(2))
    rounds.loc[rounds["conversion"] == "c1", ["canary", "seconds"]] *= 1.7
    cells = estimate(rounds).set_index("conversion")
    assert cells["flags"].to_dict() == {"c0": "", "c1": "few-quiet"}
    assert cells["seconds"]["c1"] == pytest.approx(1.7e-6, rel=0.02)
    assert np.isnan(cells["ci_low"]["c1"]) and cells["quiet_share"]["c1"] == 0


def test_the_order_of_rounds_does_not_matter():
    rounds = made_up_rounds(Law(contended=0.3, drift=0.1, offset=0.02))
    key = ["conversion", "dtype", "size"]
    shuffled = rounds.sample(frac=1, random_state=1).reset_index(drop=True)
    pd.testing.assert_frame_equal(
        estimate(shuffled).sort_values(key, ignore_index=True),
        estimate(rounds).sort_values(key, ignore_index=True),
    )


def test_other_units_of_time_give_the_same_figures_in_those_units():
    rounds = made_up_rounds(Law(contended=0.3, drift=0.1, offset=0.02))
    times = ["seconds", "canary", "clock", "copy_seconds"]
    scaled = estimate(rounds.assign(**{name: rounds[name] * 1000 for name in times}))
    cells = estimate(rounds)
    for name in ("seconds", "ci_low", "ci_high", "net_seconds", "overhead_low", "raw_seconds"):
        assert scaled[name].to_numpy() == pytest.approx(1000 * cells[name].to_numpy())
    np.testing.assert_allclose(scaled["copy_ratio"], cells["copy_ratio"])
    assert scaled["flags"].tolist() == cells["flags"].tolist()


def test_raw_seconds_are_neither_gated_nor_corrected():
    rounds = made_up_rounds(Law(processes=4, contended=1.0, noise=0.001), same_cells(1))
    rounds["canary"] /= 1.7
    raw = estimate(rounds, clock_reference=2 * CLOCK)["raw_seconds"][0]
    assert raw == pytest.approx(1.7e-6, rel=0.01)


def test_only_copies_have_a_bandwidth():
    cells = estimate(made_up_rounds())
    shares = cells["shares_memory"].astype(bool)
    assert cells["gb_per_s"][shares].isna().all()
    copies = cells[~shares]
    expected = copies["bytes"].astype(float) / copies["seconds"] / 1e9
    assert copies["gb_per_s"].to_numpy() == pytest.approx(expected.to_numpy())


def test_the_ratio_to_a_plain_copy_has_its_own_interval():
    law = Law(processes=8, offset=0.0, drift=0.3, contended=0.2)
    cells = estimate(made_up_rounds(law))
    own = cells[cells["copy_ratio"].notna()]
    assert set(own["shares_memory"]) == {False} and len(own) > 0
    assert (own["copy_ratio_low"] < own["copy_ratio"]).all()
    assert (own["copy_ratio"] < own["copy_ratio_high"]).all()


def test_another_suites_rounds_are_estimated_with_what_is_known():
    rounds = made_up_rounds(Law(processes=1, canary=False), same_cells(2))
    for name in ("machine", "arm", "direction", "dtype", "cache", "layout"):
        rounds[name] = pd.Categorical([None] * len(rounds))
    for name in ("size", "bytes", "threads", "block", "calls"):
        rounds[name] = pd.array([pd.NA] * len(rounds), dtype="Int64")
    rounds["shares_memory"] = pd.array([pd.NA] * len(rounds), dtype="boolean")
    cells = estimate(rounds)
    assert cells["conversion"].tolist() == ["c0", "c1"]
    assert cells["seconds"].to_numpy() == pytest.approx(1e-6, rel=0.02)
    empty = [
        "machine",
        "dtype",
        "size",
        "ci_low",
        "net_seconds",
        "gb_per_s",
        "quiet_share",
        "clock",
    ]
    assert cells[empty].isna().all().all()


def test_runs_in_one_frame_are_estimated_as_if_alone():
    law = Law(contended=0.3, drift=0.1)
    alone = [made_up_rounds(replace(law, runs=(name,)), seed=n) for n, name in enumerate("ab")]
    both = estimate(pd.concat(alone, ignore_index=True))
    apart = pd.concat([estimate(rounds) for rounds in alone], ignore_index=True)
    pd.testing.assert_frame_equal(both, apart, check_dtype=False)


def test_the_rounds_are_not_changed():
    rounds = made_up_rounds()
    before = rounds.copy(deep=True)
    copycost.estimate(rounds)
    pd.testing.assert_frame_equal(rounds, before)


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


def test_the_ratio_to_a_plain_copy_knows_of_sessions_too():
    copies = [cell for cell in core_cells(sizes=(1024**2,)) if not cell.shares_memory]
    one = estimate(made_up_rounds(Law(processes=10, sessions=1), copies))
    assert one["copy_ratio"].notna().all() and one["copy_ratio_low"].isna().all() and one["ci_low"].isna().all()
    five = estimate(made_up_rounds(Law(processes=10, sessions=5), copies))
    assert five["copy_ratio_low"].notna().all()
