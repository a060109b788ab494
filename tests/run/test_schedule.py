import math

import pytest

from copycost.errors import UsageError
from copycost.run.schedule import LEAST_PROCESSES, Schedule, Stopwatch
from tests.run.fake_session import FakeClock

PRICES = {"cheap": 0.005, "middling": 0.02, "dear": 0.4}


def schedule(**changes):
    return Schedule(**{"visit_seconds": PRICES, "precision": 0.01, "budget": 60.0, "most_visits": 8, **changes})


def widths(**known):
    return {**dict.fromkeys(PRICES, 0.001), **known}


def test_every_cell_is_visited_until_intervals_mean_something():
    for processes in range(LEAST_PROCESSES):
        assert set(schedule().next_visits(widths(), processes, 1.0)) == set(PRICES)


def test_a_run_ends_when_every_cell_is_precise_enough():
    assert schedule().next_visits(widths(), LEAST_PROCESSES, 1.0) == {}


def test_visits_go_to_the_cells_that_are_still_too_wide():
    assert set(schedule().next_visits(widths(dear=0.05), 9, 1.0)) == {"dear"}


@pytest.mark.parametrize("width", [math.nan, math.inf])
def test_a_cell_without_an_interval_is_not_precise(width):
    assert set(schedule().next_visits(widths(cheap=width), 9, 1.0)) == {"cheap"}


def test_a_run_ends_when_the_budget_is_spent():
    assert schedule().next_visits({}, 2, 60.0) == {}


def test_the_last_process_takes_the_widest_cells_that_fit():
    left = schedule().next_visits(widths(cheap=0.5, middling=0.03, dear=0.02), 9, 59.82)
    assert set(left) == {"cheap"}


def test_a_short_process_makes_more_visits_but_never_more_than_it_can():
    few = Schedule({"cheap": 0.005}, 0.01, 60.0, 8).next_visits({}, 0, 0.0)
    assert few == {"cheap": 8}
    many = Schedule(dict.fromkeys("abcdefgh", 1.0), 0.01, 60.0, 8).next_visits({}, 0, 0.0)
    assert set(many.values()) == {1}


def test_the_most_processes_are_not_exceeded():
    assert schedule(most_processes=4).next_visits({}, 4, 1.0) == {}
    assert schedule(most_processes=4).next_visits({}, 3, 1.0)


def test_a_budget_without_one_visit_of_each_cell_names_the_smallest_that_works():
    with pytest.raises(UsageError, match=r"budget 0\.2s .* smallest that works is (\d+)s") as caught:
        schedule(budget=0.2).check(0.0)
    smallest = float(str(caught.value).split()[-1].rstrip("s"))
    schedule(budget=smallest).check(0.0)
    assert schedule(budget=smallest).next_visits({}, 0, 0.0)


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
