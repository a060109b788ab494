import pytest

from copycost.measure import calibration
from copycost.measure.calibration import Calibration, in_blocks, seconds_per_call
from copycost.measure.protocol import Protocol


class Call:
    """A call that takes known times, in turn, on a clock of its own; the last one ever after."""

    def __init__(self, *seconds):
        self.seconds = seconds
        self.count = 0
        self.now = 0.0

    def __call__(self, source):
        self.now += self.seconds[min(self.count, len(self.seconds) - 1)]
        self.count += 1


@pytest.fixture
def timed(monkeypatch):
    def timed(*seconds):
        call = Call(*seconds)
        monkeypatch.setattr(calibration, "perf_counter", lambda: call.now)
        return call

    return timed


def test_the_first_call_counts_for_nothing(timed):
    assert seconds_per_call(timed(1e-9, 5e-6), None, Protocol()) == pytest.approx(5e-6)


def test_pages_that_are_faulted_in_call_after_call_are_not_taken_for_the_calls_cost(timed):
    faulting = timed(80e-6, 23e-6, 182e-6, 194e-6, 206e-6, 217e-6, 200e-6, 25e-6, 12e-6)
    assert seconds_per_call(faulting, None, Protocol()) == pytest.approx(12e-6)


@pytest.mark.parametrize(("seconds", "most"), [(1e-6, 20), (5e-3, 20), (15e-3, 4), (0.2, 2)])
def test_the_longer_a_call_the_fewer_are_made(timed, seconds, most):
    call = timed(seconds)
    assert seconds_per_call(call, None, Protocol()) == pytest.approx(seconds)
    assert call.count <= most


def test_a_call_too_short_for_the_timer_still_takes_some_time(timed):
    assert seconds_per_call(timed(0.0), None, Protocol()) > 0


def test_a_block_is_measured_as_long_as_it_will_be(timed):
    call = timed(1e-6)
    length, iterations, seconds = in_blocks(lambda calls: call, None, Protocol())
    assert length > 1 and seconds == pytest.approx(1e-6 / length)
    assert length * iterations * seconds == pytest.approx(Protocol().round_seconds, rel=0.5)


def test_a_round_has_no_more_calls_than_may_be_made():
    found = Calibration(block=10, iterations=3, call_seconds=2e-6)
    assert found.calls == 30 and found.round_seconds == pytest.approx(60e-6)
    length, iterations, _ = in_blocks(lambda calls: lambda source: None, None, Protocol(), most_calls=7)
    assert length * iterations <= 7
