import numpy as np
import pandas as pd
import pytest

from copycost.analyse.quiet import contention_index, disturbed_readings, mark_quiet, undisturbed_level
from tests.made_up import CANARY, CLOCK, Law, MadeUpCell, core_cells, made_up_rounds


def cells(count):
    return [MadeUpCell(f"c{n}", "to_tensor", "", "copies", "float64", 1, 1e-6, False) for n in range(count)]


def truly_quiet(rounds):
    return (rounds["seconds"] / 1e-6 < 1.4).to_numpy()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.9])
def test_quiet_rounds_are_found_when_most_are_contended(share):
    rounds = made_up_rounds(Law(contended=share, visits=20), cells(10))
    found = mark_quiet(rounds)["quiet"].to_numpy(dtype=bool)
    assert (found == truly_quiet(rounds)).mean() > 0.999


def test_one_process_contended_at_70_percent_among_quiet_ones():
    rounds = made_up_rounds(Law(contended=0.0, visits=10), cells(10))
    busy = made_up_rounds(Law(contended=0.7, visits=10), cells(10), seed=1)
    rounds[rounds["process"] == 3] = busy[busy["process"] == 3]
    marked = mark_quiet(rounds)
    assert not marked["contended_process"].any()
    assert (marked["quiet"].to_numpy(dtype=bool) == truly_quiet(rounds)).mean() > 0.999


def test_a_process_that_never_saw_its_core_quiet_is_recognised():
    marked = mark_quiet(made_up_rounds(Law(never_quiet=(2, 5), contended=0.3), cells(10)))
    of_process = marked.groupby("process")["contended_process"].agg(["min", "max"])
    assert of_process["min"].tolist() == of_process["max"].tolist()
    assert of_process.index[of_process["max"]].tolist() == [2, 5]
    assert not marked.loc[marked["process"].isin([2, 5]), "quiet"].any()


def test_a_slower_clock_is_not_taken_for_contention():
    rounds = made_up_rounds(Law(drift=1.0), cells(5))
    assert mark_quiet(rounds)["quiet"].mean() > 0.99


def test_a_cell_that_slows_the_canary_a_little_has_its_own_level():
    rounds = made_up_rounds(Law(noise=0.002), cells(5))
    slowed = (rounds["conversion"] == "c0").to_numpy()
    rounds.loc[slowed, "canary"] *= 1.2
    assert mark_quiet(rounds)["quiet"].all()
    rounds.loc[slowed, "canary"] *= 1.4 / 1.2
    rounds.loc[slowed, "canary"] *= 1.7 / 1.4
    assert not mark_quiet(rounds)["quiet"][slowed].any()


def test_a_round_whose_clock_was_interrupted_is_not_quiet():
    rounds = made_up_rounds(cells=cells(3))
    rounds.loc[7, "clock"] *= 10
    quiet = mark_quiet(rounds)["quiet"]
    assert not quiet[7] and quiet.drop(7).all()


def test_interrupted_clock_readings_do_not_pass_for_the_quiet_ones():
    rounds = made_up_rounds(Law(contended=0.3, visits=20), cells(10))
    draw = np.random.default_rng(0)
    hit = draw.random(len(rounds)) < 0.08  # on a virtual machine that is interrupted every 55 µs
    clock = np.where(hit, draw.uniform(1.4, 2.2, len(rounds)), 1.0) * rounds["clock"]
    found = mark_quiet(rounds.assign(clock=clock))["quiet"].to_numpy(dtype=bool)
    assert (found == (truly_quiet(rounds) & ~hit)).mean() > 0.99


def test_without_canary_nothing_is_known():
    marked = mark_quiet(made_up_rounds(Law(canary=False), cells(2)))
    assert marked["quiet"].isna().all()
    assert not marked["contended_process"].any()


def test_a_missing_canary_among_others_is_not_known_to_be_quiet():
    rounds = made_up_rounds(cells=cells(2))
    rounds.loc[3, "canary"] = np.nan
    assert mark_quiet(rounds)["quiet"].tolist()[3] is False


def test_without_clock_the_canary_alone_decides():
    rounds = made_up_rounds(Law(contended=0.4, visits=10), cells(4))
    rounds["clock"] = np.nan
    assert (mark_quiet(rounds)["quiet"].to_numpy(dtype=bool) == truly_quiet(rounds)).mean() > 0.999


def test_the_index_is_canary_over_clock():
    rounds = made_up_rounds(Law(noise=0.0), cells(1))
    assert contention_index(rounds, disturbed_readings(rounds)) == pytest.approx(CANARY / CLOCK)


def test_arms_with_other_interpreters_have_their_own_level():
    rounds = made_up_rounds(cells=cells(4))
    slower = made_up_rounds(Law(arm="other"), cells(4))
    slower["canary"] *= 1.6
    both = pd.concat([rounds, slower], ignore_index=True)
    assert mark_quiet(both)["quiet"].mean() > 0.99


def test_one_interrupted_clock_does_not_hide_the_quiet_rounds_of_a_small_cell():
    rounds = made_up_rounds(Law(processes=3, visits=1, rounds=5))
    cell = (rounds["conversion"] == rounds["conversion"].iloc[0]) & (rounds["size"] == rounds["size"].iloc[0])
    first = rounds.index[cell & (rounds["process"] == 1)][0]
    rounds.loc[first, "clock"] *= 4
    marked = mark_quiet(rounds)
    assert not marked.loc[first, "quiet"]
    assert marked.loc[cell, "quiet"].sum() == cell.sum() - 1


def test_quiet_rounds_are_found_when_only_a_fiftieth_are_quiet():
    rounds = made_up_rounds(Law(processes=8, visits=40, contended=0.98, slowdown=1.7))
    quiet = mark_quiet(rounds)["quiet"].astype(bool)
    assert 0.01 < quiet.mean() < 0.03


def test_a_run_contended_throughout_has_a_higher_undisturbed_level():
    quiet, busy = mark_quiet(made_up_rounds()), mark_quiet(made_up_rounds(Law(contended=1.0)))
    assert undisturbed_level(busy) > 1.4 * undisturbed_level(quiet)
    assert np.isnan(undisturbed_level(mark_quiet(made_up_rounds(Law(canary=False)))))


def test_a_cell_that_never_saw_a_quiet_core_has_no_level_of_its_own():
    cells = core_cells(sizes=(1, 4096), dtypes=("float64",))
    rounds = made_up_rounds(Law(noise=0.003), cells)
    beside = (rounds["conversion"] == "t.numpy") & (rounds["size"] == 4096)
    rounds.loc[beside, ["canary", "seconds"]] *= 1.38
    marked = mark_quiet(rounds)
    assert not marked["quiet"][beside].any() and marked["quiet"][~beside].mean() > 0.95


def test_copies_of_as_many_bytes_have_one_level_together():
    cells = core_cells(sizes=(1, 4096), dtypes=("float64",))
    rounds = made_up_rounds(Law(noise=0.003), cells)
    copies = ~rounds["shares_memory"].astype(bool) & (rounds["size"] == 4096)
    rounds.loc[copies, "canary"] *= 1.2
    assert mark_quiet(rounds)["quiet"].mean() > 0.95
    rounds.loc[copies & (rounds["conversion"] == "torch.tensor"), "canary"] *= 1.38
    quiet = mark_quiet(rounds)["quiet"].astype(bool)
    assert not quiet[copies & (rounds["conversion"] == "torch.tensor")].any()
    assert quiet[copies & (rounds["conversion"] != "torch.tensor")].mean() > 0.95
