import pytest

from copycost.measure.allocator import FOUND, HEAP_BYTES
from copycost.measure.protocol import BLOCK_LENGTHS, Protocol

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
