import itertools

from copycost.measure import probes as module
from copycost.measure.probes import Probe, RoundLog, probe


def logged(monkeypatch, faults, looks, warmup, rounds):
    readings, probes = iter(faults), iter(looks)
    monkeypatch.setattr(module, "minor_faults", lambda: next(readings))
    monkeypatch.setattr(module, "probe", lambda: next(probes))
    log = RoundLog()
    for _ in range(1 + warmup + rounds):
        log()
    return log.of_rounds(warmup, rounds)


def test_faults_of_the_round_are_counted_and_those_of_the_probe_and_the_warmup_are_not(monkeypatch):
    # By turns: what a round faults in, then what the look after it does. First the look before all.
    steps = [0, 50, 1000, 50, 7, 50, 0, 50]
    readings = list(itertools.accumulate(steps))
    looks = [Probe(1, 1)] * 4
    assert logged(monkeypatch, readings, looks, 1, 2)["page_faults"] == [7, 0]


def test_a_round_has_the_slower_canary_and_the_mean_clock_around_it(monkeypatch):
    looks = [Probe(100, 10), Probe(170, 12), Probe(100, 14)]
    entries = logged(monkeypatch, [0] * 6, looks, 0, 2)
    assert entries["canary_ns"] == [170, 170]
    assert entries["clock_ns"] == [11, 13]


def test_a_round_has_the_probe_that_it_began_with_after_waiting_and_the_one_before_waiting(monkeypatch):
    looks, later = iter([Probe(100, 10), Probe(170, 12)]), iter([Probe(130, 20), Probe(1, 1)])
    monkeypatch.setattr(module, "probe", lambda: next(looks))
    log = RoundLog(next_round=lambda ended: next(later))
    log()
    log()
    entries = log.of_rounds(0, 1)
    assert (entries["canary_ns"], entries["clock_ns"]) == ([170], [16])


def test_a_round_is_ended_after_its_faults_are_counted_and_before_the_next(monkeypatch):
    done = []
    monkeypatch.setattr(module, "minor_faults", lambda: done.append("faults"))
    monkeypatch.setattr(module, "probe", lambda: done.append("probe"))
    RoundLog(end_round=lambda: done.append("end"))()
    assert done == ["faults", "end", "probe", "faults"]


def test_where_faults_are_not_counted_they_are_unknown(monkeypatch):
    assert logged(monkeypatch, [None] * 4, [Probe(1, 1)] * 2, 0, 1)["page_faults"] == [None]


def test_a_probe_times_both_pieces_of_work():
    look = probe()
    assert look.canary > 0
    assert look.clock > 0
