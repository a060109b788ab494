import numpy as np
import pytest

from copycost.analyse.verdicts import FASTER, SAME, SLOWER, UNDECIDED, discoveries, interval_null, judge


def one(log_ratio, error, **more):
    """Return the verdict on one cell with eleven degrees of freedom."""
    return judge(np.array([log_ratio]), np.array([error]), np.array([11.0]), **more).verdict[0]


def test_an_interval_inside_the_margin_is_the_same_even_where_it_excludes_one():
    assert one(0.0, 0.005) == SAME
    assert one(0.01, 0.001) == SAME
    assert one(0.01, 0.001, margin=0.005) == SLOWER


def test_not_significant_is_undecided_and_never_the_same():
    assert one(0.0, 0.05) == UNDECIDED
    assert one(0.06, 0.04) == UNDECIDED


def test_changes_have_the_direction_of_the_ratio():
    assert one(0.1, 0.01) == SLOWER
    assert one(-0.1, 0.01) == FASTER


def test_a_difference_that_the_noise_floor_explains_is_not_a_change():
    assert one(0.1, 0.01, floor=0.0) == SLOWER
    assert one(0.1, 0.01, floor=0.09) == UNDECIDED
    assert one(0.1, 0.0, floor=0.11) == UNDECIDED


def test_without_quiet_rounds_only_more_than_contention_explains_is_a_change():
    contended = np.array([False])
    assert one(np.log(1.8), 0.01, gated=contended) == UNDECIDED
    assert one(0.0, 0.001, gated=contended) == UNDECIDED
    assert one(np.log(5), 0.01, gated=contended) == SLOWER


def test_what_is_not_decidable_is_undecided():
    assert one(0.5, 0.001, decidable=np.array([False])) == UNDECIDED
    assert one(0.5, np.nan) == UNDECIDED
    assert len(judge(np.empty(0), np.empty(0), np.empty(0)).verdict) == 0


def test_benjamini_and_hochbergs_own_example_rejects_four_of_fifteen():
    # Benjamini and Hochberg 1995, section 3.2
    p = np.array([0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459])
    p = np.concatenate([p, [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]])
    assert discoveries(p, 0.05).tolist() == [True] * 4 + [False] * 11


def test_many_cells_make_each_verdict_harder_to_get():
    alone = judge(np.array([0.1]), np.array([0.03]), np.array([11.0]))
    cells = 100
    among = judge(np.r_[0.1, np.zeros(cells)], np.full(cells + 1, 0.03), np.full(cells + 1, 11.0))
    assert alone.verdict[0] == SLOWER and among.verdict[0] == UNDECIDED


def test_the_interval_null_holds_its_level_at_its_worst_point():
    draw = np.random.default_rng(1)
    error = 0.01
    drawn = 0.02 + draw.normal(0, error, 20_000)
    p = interval_null(drawn, np.full(len(drawn), error), np.full(len(drawn), 1e6), 0.02)
    assert np.mean(p <= 0.05) == pytest.approx(0.05, abs=0.006)


def test_judging_the_other_way_round_mirrors_verdicts_and_intervals():
    draw = np.random.default_rng(2)
    ratio, error = draw.normal(0, 0.05, 500), draw.uniform(0.001, 0.03, 500)
    forth, back = (judge(sign * ratio, error, np.full(500, 9.0)) for sign in (1, -1))
    mirror = {SLOWER: FASTER, FASTER: SLOWER, SAME: SAME, UNDECIDED: UNDECIDED}
    assert [mirror[verdict] for verdict in forth.verdict] == back.verdict.tolist()
    np.testing.assert_allclose(forth.low, -back.high)


@pytest.mark.parametrize("floor", [0.0, 0.05])
def test_a_difference_of_the_smallest_detectable_size_is_found_four_times_in_five(floor):
    draw, processes, cells, spread = np.random.default_rng(5), 10, 20, 0.1
    error, degrees = np.full(cells, spread / np.sqrt(processes)), np.full(cells, processes - 1.0)
    smallest = judge(np.zeros(cells), error, degrees, floor=floor, margin=0.001).detectable[0]
    found = 0
    for _ in range(1000):
        values = draw.normal(0, spread, (cells, processes))
        values[0] += smallest
        own = values.std(axis=1, ddof=1) / np.sqrt(processes)
        found += judge(values.mean(axis=1), own, degrees, floor=floor, margin=0.001).verdict[0] == SLOWER
    assert found == pytest.approx(800, abs=60)


def test_what_can_have_no_verdict_has_no_smallest_detectable_difference():
    judged = judge(np.zeros(2), np.full(2, 0.01), np.full(2, 9.0), decidable=np.array([True, False]))
    assert judged.detectable[0] > 0 and np.isnan(judged.detectable[1])
