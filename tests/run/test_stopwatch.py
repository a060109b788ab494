from copycost.run.stopwatch import Stopwatch
from tests.run.fake_session import FakeClock


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
