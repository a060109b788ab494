from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from copycost.analyse.comparison import COLUMNS, PLAIN_COPY_TOO, add_flag, compare
from copycost.analyse.estimates import estimate_cells
from copycost.analyse.measurement import Measurement
from copycost.analyse.quiet import mark_quiet
from copycost.analyse.verdicts import FASTER, ONLY_A, ONLY_B, SAME, SLOWER, UNDECIDED
from copycost.errors import UsageError
from tests.made_up import EMPTY_CALL, Law, core_cells, made_up_rounds

LIKE_THE_REAL_ONE = Law(processes=12, visits=2, offset=0.004, drift=0.05, contended=0.2)
FEW_CELLS = core_cells(sizes=(1, 4096), dtypes=("float64",))


def side(law=LIKE_THE_REAL_ONE, cells=None, seed=0, **changes):
    return made_up_rounds(replace(law, **changes), cells, seed)


def arms(a, b):
    """Return two sides as arms of one run whose processes take turns, a first in every other block."""
    number_a = {n: 2 * n - n % 2 for n in range(1, 100)}
    number_b = {n: 2 * n - 1 + n % 2 for n in range(1, 100)}
    return (
        a.assign(arm="a", process=a["process"].map(number_a)),
        b.assign(arm="b", process=b["process"].map(number_b)),
    )


def test_a_thousand_cells_without_a_difference_are_hardly_ever_called_changed():
    wrong = cells = tables_with_one = 0
    for seed in range(50):
        own = compare(side(cells=FEW_CELLS, seed=seed), side(cells=FEW_CELLS, seed=1000 + seed), margin=1e-6)
        changed = own["verdict"].isin([FASTER, SLOWER])
        wrong, cells, tables_with_one = wrong + changed.sum(), cells + len(own), tables_with_one + changed.any()
    assert cells == 500
    assert wrong / cells <= 0.01
    assert tables_with_one / 50 <= 0.05 + 0.09  # two standard errors of so few tables


def test_five_percent_is_found_and_no_difference_is_the_same():
    a = side(seed=1)
    slower = compare(a, side(seed=2, factor=1.05))
    assert (slower["verdict"] == SLOWER).mean() >= 0.9
    same = compare(a, side(seed=3), margin=0.05)
    assert (same["verdict"] == SAME).mean() >= 0.9


def test_the_ratio_is_b_over_a_and_its_interval_covers():
    own = compare(side(seed=4), side(seed=5, factor=1.1))
    covered = (own["ci_low"] <= 1.1) & (own["ci_high"] >= 1.1)
    assert covered.mean() >= 0.85
    np.testing.assert_allclose(own["ratio"], own["seconds_b"] / own["seconds_a"], rtol=1e-9)
    assert tuple(own.columns) == COLUMNS


def test_the_other_way_round_ratios_are_inverse_and_verdicts_mirrored():
    a, b = side(seed=6), side(seed=7, factor=1.04)
    forth, back = compare(a, b), compare(b, a)
    np.testing.assert_allclose(forth["ratio"], 1 / back["ratio"])
    np.testing.assert_allclose(forth["ci_low"], 1 / back["ci_high"])
    mirror = {SLOWER: FASTER, FASTER: SLOWER}
    assert [mirror.get(verdict, verdict) for verdict in forth["verdict"]] == back["verdict"].tolist()


def test_the_order_of_rounds_changes_nothing():
    a, b = side(seed=8), side(seed=9)
    shuffled = b.sample(frac=1, random_state=1)
    straight, other = compare(a, b), compare(a, shuffled)
    pd.testing.assert_frame_equal(straight, other)


def test_a_run_is_the_same_as_itself():
    a = side(seed=10)
    assert (compare(a, a)["verdict"] == SAME).all()
    assert (compare(a, a)["ratio"] == 1).all()


def test_two_machines_clocks_are_not_brought_together():
    a, b = side(seed=11), side(seed=12)
    faster_clock = b.assign(seconds=b["seconds"] / 1.2, clock=b["clock"] / 1.2, canary=b["canary"] / 1.2)
    one_machine = compare(a, faster_clock)
    assert set(one_machine["clock"]) == {"common"} and (one_machine["verdict"] == SAME).mean() > 0.9
    two = compare(a, faster_clock.assign(machine="another"))
    assert set(two["clock"]) == {"own"} and (two["verdict"] == FASTER).all()
    assert two["flags"].str.contains("own-clock").all()
    assert set(compare(a, faster_clock, same_clock=False)["clock"]) == {"own"}


def test_arms_that_take_turns_are_paired_and_drift_between_blocks_cancels():
    law = replace(LIKE_THE_REAL_ONE, contended=0.0, drift=0.0, noise=0.002, trend=0.10)
    a, b = arms(side(law, seed=13), side(law, seed=14, factor=1.02))
    paired = compare(a, b, margin=0.005)
    alone = compare(a.assign(run="other"), b, margin=0.005)
    assert paired["paired"].all() and not alone["paired"].any()
    assert (paired["verdict"] == SLOWER).mean() >= 0.9
    assert (alone["verdict"] == SLOWER).mean() < 0.1


def test_cells_of_one_side_are_listed_and_not_dropped():
    small, large = core_cells(sizes=(1, 64)), core_cells(sizes=(64, 4096))
    own = compare(side(cells=small, seed=15), side(cells=large, seed=16))
    verdict = dict(zip(own["size"], own["verdict"], strict=True))
    assert verdict[1] == ONLY_A and verdict[4096] == ONLY_B and verdict[64] not in (ONLY_A, ONLY_B)
    assert len(own) == 30
    assert own.loc[own["verdict"] == ONLY_A, "ratio"].isna().all()


def test_no_cell_in_common_is_refused():
    with pytest.raises(UsageError, match="no cell in common"):
        compare(side(cells=core_cells(sizes=(1,))), side(cells=core_cells(sizes=(2,))))


def test_two_processes_are_too_few_for_any_verdict():
    own = compare(side(seed=17, processes=2, contended=0.0), side(seed=18, factor=3.0))
    assert (own["verdict"] == UNDECIDED).all()
    assert own["flags"].str.contains("few-processes").all()


def test_a_side_that_was_never_quiet_is_not_called_slower():
    a, busy = side(seed=19, contended=0.0), side(seed=20, contended=1.0)
    own = compare(a, busy)
    assert (own["verdict"] == UNDECIDED).all()
    assert own["flags"].str.contains("side-never-quiet").all()
    assert own["ci_low"].isna().all()


def test_without_a_canary_several_files_still_get_a_verdict_and_a_flag():
    def files(first, factor):
        law = Law(processes=1, canary=False, offset=0.004, factor=factor)
        each = [
            side(law, FEW_CELLS, n).assign(run=f"file-{n}", machine=None, arm=None) for n in range(first, first + 6)
        ]
        return pd.concat(each, ignore_index=True)

    own = compare(files(0, 1.0), files(50, 1.2))
    assert (own["verdict"] == SLOWER).all() and own["flags"].str.contains("no-canary").all()
    single = compare(files(0, 1.0)[lambda rounds: rounds["run"] == "file-0"], files(50, 1.2))
    assert (single["verdict"] == UNDECIDED).all() and single["ratio"].between(1.1, 1.3).all()


def test_cells_are_matched_across_a_condition_that_is_meant_to_differ():
    a, b = side(seed=21), side(seed=22)
    b = b.assign(threads=pd.array([2] * len(b), dtype="Int64"))
    with pytest.raises(UsageError, match="no cell in common"):
        compare(a, b)
    assert (compare(a, b, across=("threads",))["verdict"] == SAME).mean() > 0.9
    both = pd.concat([a, a.assign(threads=pd.array([2] * len(a), dtype="Int64"))], ignore_index=True)
    with pytest.raises(UsageError, match="A has cells that differ in nothing"):
        compare(both, b, across=("threads",))


def test_references_are_not_compared():
    own = compare(side(cells=[*FEW_CELLS, EMPTY_CALL]), side(cells=[*FEW_CELLS, EMPTY_CALL], seed=1))
    assert len(own) == len(FEW_CELLS)


def test_a_flag_is_added_after_the_others():
    own = pd.DataFrame({"flags": ["", "drift"]})
    assert add_flag(own, "method-differs")["flags"].tolist() == ["method-differs", "drift;method-differs"]


def with_plain_copies(a, b, factor):
    """Return the copies beside which a plain copy was timed, side B's plain copies slower by a factor."""
    beside = a["copy_seconds"].notna(), b["copy_seconds"].notna()
    return a[beside[0]], b[beside[1]].assign(copy_seconds=lambda rounds: rounds["copy_seconds"] * factor)


def test_what_the_plain_copy_beside_shares_of_a_change_between_runs_is_not_called_one():
    a, b = side(seed=40), side(seed=41, factor=1.1)
    alone = compare(*with_plain_copies(a, b, 1.0))
    assert len(alone) and (alone["verdict"] == SLOWER).all()
    together = compare(*with_plain_copies(a, b, 1.1))
    assert (together["verdict"] == UNDECIDED).all()
    assert together["flags"].str.contains(PLAIN_COPY_TOO).all()
    np.testing.assert_allclose(together["ratio"], alone["ratio"])


def test_a_plain_copy_that_changes_the_other_way_hides_nothing():
    own = compare(*with_plain_copies(side(seed=42), side(seed=43, factor=1.1), 0.8))
    assert (own["verdict"] == SLOWER).all()
    assert not own["flags"].str.contains(PLAIN_COPY_TOO).any()


def test_a_change_larger_than_the_plain_copys_is_still_found():
    own = compare(*with_plain_copies(side(seed=44), side(seed=45, factor=1.3), 1.1))
    assert (own["verdict"] == SLOWER).all()


def test_arms_and_machines_are_not_excused_by_their_plain_copies():
    a, b = with_plain_copies(side(seed=46), side(seed=47, factor=1.1), 1.1)
    assert (compare(*arms(a, b))["verdict"] == SLOWER).all()
    assert (compare(a, b.assign(machine="other"))["verdict"] == SLOWER).all()


def interrupted(rounds, share):
    hit = np.random.default_rng(0).random(len(rounds)) < share
    return rounds.assign(clock=rounds["clock"] * np.where(hit, 1.9, 1.0))


def test_what_more_interruptions_may_cost_is_not_called_a_change_between_runs():
    law, cells = Law(processes=10, offset=0.003), core_cells(sizes=(1, 4096), dtypes=("float64",))
    a = interrupted(made_up_rounds(law, cells), 0.07)
    slower = made_up_rounds(replace(law, factor=1.06), cells, seed=1).assign(run="b")
    often, as_often = compare(a, interrupted(slower, 0.11)), compare(a, interrupted(slower, 0.07))
    assert set(as_often["verdict"]) == {"slower"} and not as_often["flags"].str.contains("other-interruptions").any()
    assert "slower" not in set(often["verdict"]) and often["flags"].str.contains("other-interruptions").all()
    half_again = made_up_rounds(replace(law, factor=1.5), cells, seed=1).assign(run="b")
    assert set(compare(a, interrupted(half_again, 0.11))["verdict"]) == {"slower"}


def test_measured_runs_are_compared_as_their_rounds_are():
    a, b = side(cells=FEW_CELLS, seed=50), side(cells=FEW_CELLS, seed=51, factor=1.1)
    expected = compare(a, b)
    pd.testing.assert_frame_equal(compare(Measurement.of(a), Measurement.of(b)), expected)
    both = pd.concat([a, a.assign(arm="other")], ignore_index=True)
    with pytest.raises(UsageError, match="B holds several arms"):
        compare(Measurement.of(a), Measurement(mark_quiet(both)))


def test_how_precise_a_run_was_asked_to_be_is_no_doubt_about_a_comparison():
    a, b = (Measurement.of(side(cells=FEW_CELLS, seed=seed)) for seed in (52, 53))
    asked = SimpleNamespace(rounds=a.rounds, processes=a.processes, cells=estimate_cells(a.processes, precision=1e-9))
    assert asked.cells["flags"].str.contains("imprecise").all()
    pd.testing.assert_frame_equal(compare(asked, b), compare(a, b))


SESSIONS = Law(processes=10, visits=2, sessions=5, layout_offset=0.05, offset=0.003, session_offset=0.003)


def test_layouts_that_both_have_are_paired_and_what_they_are_worth_is_no_difference():
    a, b, slower = (side(SESSIONS, seed=seed, factor=factor) for seed, factor in ((1, 1.0), (2, 1.0), (3, 1.05)))
    same = compare(a, b)
    assert same["paired"].all() and not same["verdict"].isin([FASTER, SLOWER]).any()
    assert (same["ci_high"] / same["ci_low"]).median() < 1.03
    assert (compare(a, slower)["verdict"] == SLOWER).mean() >= 0.9


def test_layouts_of_other_programs_are_others_and_intervals_say_so():
    a, b = side(SESSIONS, seed=1), side(SESSIONS, seed=2, factor=1.05)
    own = compare(a, b, same_programs=False)
    assert not own["paired"].any() and not own["verdict"].isin([FASTER, SLOWER]).any()
    assert (own["ci_high"] / own["ci_low"]).median() > 1.1


def test_random_layouts_are_sampled_on_both_sides():
    law = replace(SESSIONS, chosen=False, layout_offset=0.02)
    wrong = 0
    for seed in range(20):
        own = compare(side(law, FEW_CELLS, seed=seed), side(law, FEW_CELLS, seed=100 + seed), margin=1e-6)
        assert not own["paired"].any()
        wrong += own["verdict"].isin([FASTER, SLOWER]).sum()
    assert wrong <= 4


def test_paired_layouts_without_a_difference_are_hardly_ever_called_changed():
    wrong = 0
    for seed in range(30):
        a, b = (side(SESSIONS, FEW_CELLS, seed=seed + more) for more in (0, 100))
        wrong += compare(a, b, margin=1e-6)["verdict"].isin([FASTER, SLOWER]).sum()
    assert wrong <= 6  # of 300


def test_layouts_that_one_side_has_too_few_of_are_not_paired():
    a, b = side(SESSIONS, seed=1), side(SESSIONS, seed=2)
    b = b[b["address_layout"] < 3]
    own = compare(a, b)
    assert not own["paired"].any() and (own["verdict"] == UNDECIDED).all()


def test_a_process_that_is_slow_for_all_its_life_makes_no_difference():
    a, b = side(SESSIONS, seed=1), side(SESSIONS, seed=2)
    b.loc[b["process"] == 4, "seconds"] *= 1.05
    own = compare(a, b)
    assert not own["verdict"].isin([FASTER, SLOWER]).any()
    assert own["ratio"].between(0.985, 1.015).all()
