"""Whether a core is shared, from made-up probes and a made-up clock."""

import itertools
import os

import pytest

from copycost.measure import core_watch as module
from copycost.measure.core_watch import CoreWatch
from copycost.measure.probes import Probe

QUIET, SHARED = Probe(1400, 1000), Probe(2500, 1050)


class Machine:
    """A core whose probes are those given, one for each look, the last one for ever; time passes in pauses only."""

    def __init__(self, *looks):
        self.probes = itertools.chain(
            *(itertools.repeat(probe, module._PROBES) for probe in looks), itertools.repeat(looks[-1])
        )
        self.now = 0.0
        self.pauses = 0

    def watch(self, **known):
        return CoreWatch(**known, take=lambda: next(self.probes), clock=lambda: self.now, pause=self.pause)

    def pause(self, seconds):
        self.now += seconds
        self.pauses += 1


def test_a_neighbour_is_seen_once_a_quiet_core_was():
    watch = Machine(SHARED, QUIET, SHARED, QUIET).watch()
    assert [watch.look() for _ in range(4)] == [False, False, True, False]


def test_what_other_processes_have_seen_tells_a_core_that_is_shared_from_the_beginning():
    assert Machine(SHARED).watch(level=1.4).look()
    assert not Machine(QUIET).watch(level=1.4).look()


def test_a_slower_clock_is_no_neighbour():
    watch = Machine(QUIET, Probe(2800, 2000)).watch()
    assert [watch.look(), watch.look()] == [False, False]


def test_one_disturbed_probe_among_several_says_nothing():
    machine = Machine(QUIET)
    machine.probes = itertools.cycle([QUIET, QUIET, SHARED, Probe(1400, 3000), QUIET])
    watch = machine.watch(level=1.4)
    assert not any(watch.look() for _ in range(20))
    assert watch.level == pytest.approx(1.4)


def test_a_visit_is_put_back_without_waiting_and_made_when_the_core_is_quiet():
    machine = Machine(SHARED, QUIET)
    watch = machine.watch(level=1.4)
    assert watch.puts_back("a") and not watch.puts_back("a")
    assert (watch.put_back, machine.pauses) == (1, 0)


def test_what_comes_back_waits_a_tenth_of_the_time_at_most_and_is_made_as_it_is():
    machine = Machine(SHARED)
    watch = machine.watch(level=1.4)
    machine.now = 2.0
    assert watch.puts_back("a") and machine.pauses == 0
    while watch.puts_back("a"):
        assert machine.pauses < 1000
    assert 0.2 <= machine.pauses * module._PAUSE < 0.3


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen on this system")
def test_a_process_moves_to_a_core_that_is_quiet_and_back_to_all_where_there_is_none(monkeypatch):
    moved = []
    monkeypatch.setattr(module.os, "sched_getaffinity", lambda pid: set(range(8)))
    monkeypatch.setattr(module.os, "sched_setaffinity", lambda pid, cores: moved.append(set(cores)))
    watch = Machine(SHARED, SHARED, QUIET).watch(level=1.4, can_move=True)
    assert not watch.puts_back("a")
    assert [len(cores) for cores in moved] == [1, 1]
    moved.clear()
    assert Machine(SHARED).watch(level=1.4, can_move=True).puts_back("a")
    assert moved[-1] == set(range(8))


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen on this system")
@pytest.mark.parametrize(("cores", "can_move"), [(2, True), (8, False)])
def test_few_cores_and_several_threads_are_left_where_they_are(monkeypatch, cores, can_move):
    monkeypatch.setattr(module.os, "sched_getaffinity", lambda pid: set(range(cores)))
    monkeypatch.setattr(module.os, "sched_setaffinity", lambda pid, cores: pytest.fail("moved"))
    assert Machine(SHARED).watch(level=1.4, can_move=can_move).puts_back("a")
