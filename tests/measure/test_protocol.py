import pytest

from copycost.measure import protocol
from copycost.measure.allocator import FOUND, HEAP_BYTES
from copycost.measure.protocol import BLOCK_LENGTHS, Calibration, Protocol, in_blocks, seconds_per_call

CALLS = [1e-8, 4e-8, 3.7e-7, 2e-6, 1.1e-5, 9e-5, 1.9e-4, 4e-3, 0.06, 2.0]


@pytest.mark.parametrize("call_seconds", CALLS)
def test_a_round_of_short_calls_lasts_about_as_long_as_asked(call_seconds):
    protocol = Protocol()
    block, iterations = protocol.calls(call_seconds)
    assert block in BLOCK_LENGTHS
    length = block * iterations * call_seconds
    if call_seconds <= protocol.round_seconds:
        assert 0.6 * protocol.round_seconds <= length <= 1.5 * protocol.round_seconds
    else:
        assert (block, iterations) == (1, 1)


@pytest.mark.parametrize("call_seconds", CALLS)
def test_a_visit_has_at_least_three_rounds_and_at_most_the_bound(call_seconds):
    protocol = Protocol()
    block, iterations = protocol.calls(call_seconds)
    assert 3 <= protocol.rounds(block * iterations * call_seconds) <= protocol.max_rounds


def test_a_visit_warms_up_for_at_least_three_calls():
    protocol = Protocol()
    assert [protocol.warmup_rounds(1e-6, calls, 8) for calls in (1, 2, 3, 1000)] == [3, 2, 1, 1]


def test_only_a_long_call_whose_result_the_heap_cannot_hold_goes_without_warming_up():
    protocol = Protocol()
    long, large = protocol.long_call_seconds, HEAP_BYTES
    assert protocol.warmup_rounds(long, 1, large) == 0
    assert protocol.warmup_rounds(long * 0.9, 1, large) == 3
    assert protocol.warmup_rounds(long, 1, large - 1) == 3
    assert protocol.warmup_rounds(long, 1, None) == 3


def test_visits_go_upwards_where_the_heap_keeps_what_earlier_ones_have_left():
    assert Protocol(allocator=FOUND).upwards and not Protocol().upwards


def test_the_fingerprint_changes_with_every_number_of_the_protocol():
    plain = Protocol().fingerprint()
    for name, value in vars(Protocol()).items():
        if name == "allocator":  # its state is said, which is the same for every mode where there is no glibc
            continue
        changed = Protocol(**{name: value * 2}).fingerprint()
        assert {key for key in plain if plain[key] != changed[key]} == {name}


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
        monkeypatch.setattr(protocol, "perf_counter", lambda: call.now)
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
