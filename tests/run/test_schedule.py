import math

import pytest

from copycost.run.schedule import LEAST_PASSES, Schedule, Stopwatch
from tests.run.fake_session import FakeClock

PRICES = {"cheap": 0.005, "middling": 0.02, "dear": 0.4}


def schedule(**changes):
    return Schedule(**{"visit_seconds": PRICES, "precision": 0.01, "budget": 60.0, "most_visits": 8, **changes})


def next_pass(planned, half_widths, passes=LEAST_PASSES, turns=5, elapsed=1.0):
    return planned.next_pass(half_widths, passes, turns, passes * turns, elapsed)


def widths(**known):
    return {**dict.fromkeys(PRICES, 0.001), **known}


def test_every_cell_is_visited_until_intervals_mean_something():
    for passes in range(LEAST_PASSES):
        assert set(next_pass(schedule(), widths(), passes)) == set(PRICES)


def test_a_run_ends_when_every_cell_is_precise_enough():
    assert next_pass(schedule(), widths()) == {}


def test_visits_go_to_the_cells_that_are_still_too_wide():
    assert set(next_pass(schedule(), widths(dear=0.05))) == {"dear"}


BOUNDS = {"dear": {"middling"}, "spare": set()}


def test_references_are_measured_for_the_cells_that_they_bound_and_only_as_long_as_those_need_it():
    planned = schedule(visit_seconds={**PRICES, "spare": 0.001}, bounds=BOUNDS)
    unknown = dict.fromkeys(planned.visit_seconds, math.inf)
    assert set(next_pass(planned, unknown, passes=0)) == set(PRICES)
    assert set(next_pass(planned, unknown)) == set(PRICES)
    assert set(next_pass(planned, {**unknown, "middling": 0.001})) == {"cheap"}
    assert set(next_pass(planned, {**unknown, "dear": 0.001})) == {"cheap", "middling"}
    assert next_pass(planned, {**unknown, "cheap": 0.001, "middling": 0.001}) == {}


@pytest.mark.parametrize("width", [math.nan, math.inf])
def test_a_cell_without_an_interval_is_not_precise(width):
    assert set(next_pass(schedule(), widths(cheap=width))) == {"cheap"}


def test_a_run_ends_when_the_budget_is_spent():
    assert next_pass(schedule(), {}, elapsed=60.0) == {}


def test_a_pass_that_would_not_fit_has_what_is_worth_most_for_its_price():
    wide = widths(cheap=0.03, middling=0.03, dear=0.03)
    assert set(next_pass(schedule(), wide, elapsed=58.9)) == {"cheap", "middling"}
    wide = widths(cheap=0.011, middling=0.5, dear=0.03)
    assert set(next_pass(schedule(), wide, elapsed=59.13)) == {"middling"}


def test_a_pass_fits_with_all_its_turns():
    assert set(next_pass(schedule(), {}, turns=1, elapsed=59.3)) == set(PRICES)
    assert (
        set(next_pass(schedule(), {}, turns=5, elapsed=59.3)) == {"cheap"}
        or next_pass(schedule(), {}, turns=5, elapsed=59.3) == {}
    )


def test_processes_that_take_longer_than_foretold_are_counted_on():
    assert set(next_pass(schedule(), {}, elapsed=57.0)) == set(PRICES)
    assert "dear" not in next_pass(schedule(slowness=2.0), {}, elapsed=57.0)


def test_processes_may_wait_for_what_the_budget_has_beyond_their_work():
    planned, visits = schedule(), dict.fromkeys(PRICES, 1)
    work = planned.working_seconds(visits)
    assert planned.waiting_seconds(visits, 5, 60.0 - 10 * work) == pytest.approx(work)
    assert planned.waiting_seconds(visits, 5, 60.0) == pytest.approx(0.1 * work)
    assert planned.waiting_seconds(visits, 5, 0.0) == pytest.approx(3 * work)
    of_two = schedule(arms=2)
    assert of_two.waiting_seconds(visits, 5, 0.0) == pytest.approx(1.5 * of_two.working_seconds(visits))


def test_waiting_is_counted_on_but_is_no_work():
    patient, visits = schedule(waiting=2.0), dict.fromkeys(PRICES, 1)
    assert patient.turn_seconds(visits) == pytest.approx(3 * schedule().turn_seconds(visits))
    assert patient.waiting_seconds(visits, 5, 50.0) == schedule().waiting_seconds(visits, 5, 50.0)
    assert "dear" not in next_pass(patient, {}, elapsed=57.0)


def test_a_short_process_makes_more_visits_but_never_more_than_it_can():
    assert next_pass(Schedule({"cheap": 0.005}, 0.01, 60.0, 8), {}) == {"cheap": 8}
    many = next_pass(Schedule(dict.fromkeys("abcdefgh", 1.0), 0.01, 60.0, 8), {})
    assert set(many.values()) == {1}


def test_the_most_processes_are_not_exceeded():
    assert schedule(most_turns=4).next_pass({}, 0, 5, 4, 1.0) == {}
    assert schedule(most_turns=4).next_pass({}, 0, 5, 3, 1.0)


def test_the_least_budget_is_one_visit_of_each_cell_in_every_session():
    smallest = schedule().least_budget(5, elapsed=8.0)
    assert 8.0 + 5 * sum(PRICES.values()) < smallest < 8.0 + 5 * sum(PRICES.values()) + 3
    assert set(next_pass(schedule(budget=smallest), {}, passes=0, elapsed=8.0)) == set(PRICES)
    assert schedule(most_turns=2).least_budget(5, 8.0) < smallest


def test_what_is_lost_is_not_spent():
    clock = FakeClock()
    stopwatch = Stopwatch(clock)
    clock.now += 10
    stopwatch.lose(4)
    assert (stopwatch.spent, stopwatch.lost) == (6, 4)


def test_a_resumed_run_goes_on_where_it_stood():
    clock = FakeClock()
    stopwatch = Stopwatch(clock, earlier=30.0, lost=5.0)
    clock.now += 10
    stopwatch.lose(1)
    assert (stopwatch.spent, stopwatch.lost) == (39, 6)
