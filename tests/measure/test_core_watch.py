"""Whether a core is shared, from made-up probes and a made-up clock."""

import itertools
import os

import pytest

from copycost.measure import core_watch as module
from copycost.measure.core_watch import CoreWatch
from copycost.measure.probes import Probe

QUIET, SHARED, INTERRUPTED = Probe(1400, 1000), Probe(2500, 1050), Probe(1400, 3000)
SECONDS = 20e-6


class Machine:
    """A core whose probes are those given, the last one for ever; time passes with each."""

    def __init__(self, *probes):
        self.probes = itertools.chain(probes, itertools.repeat(probes[-1]))
        self.now = 0.0

    def watch(self, **known):
        return CoreWatch(**known, take=self.take, clock=lambda: self.now)

    def take(self):
        self.now += SECONDS
        return next(self.probes)


def looks(*probes):
    """Return a machine on which each probe is what a whole look sees."""
    return Machine(*(probe for probe in probes for _ in range(module._PROBES)))


def test_a_neighbour_is_seen_once_a_quiet_core_was():
    watch = looks(SHARED, QUIET, SHARED, QUIET).watch()
    assert [watch.look() for _ in range(4)] == [False, False, True, False]


def test_what_other_processes_have_seen_tells_a_core_that_is_shared_from_the_beginning():
    assert Machine(SHARED).watch(level=1.4).look()
    assert not Machine(QUIET).watch(level=1.4).look()


def test_a_few_quiet_moments_among_many_beside_a_neighbour_tell_the_level():
    machine = looks(*[SHARED] * 200, QUIET, QUIET, QUIET, SHARED)
    watch = machine.watch()
    assert [watch.look() for _ in range(204)][-1]
    assert watch.level == pytest.approx(1.4)


def test_a_slower_clock_is_no_neighbour():
    watch = looks(QUIET, Probe(2800, 2000)).watch()
    assert [watch.look(), watch.look()] == [False, False]


def test_some_disturbed_probes_in_each_look_say_nothing():
    machine = Machine(QUIET)
    machine.probes = itertools.cycle([INTERRUPTED, QUIET, INTERRUPTED, SHARED, INTERRUPTED])
    watch = machine.watch(level=1.4)
    assert not any(watch.look() for _ in range(20))
    assert watch.level == pytest.approx(1.4)


def test_a_visit_is_put_back_without_waiting_and_made_when_the_core_is_quiet():
    watch = looks(SHARED, QUIET).watch(level=1.4, waiting=1.0)
    assert watch.puts_back("a") and not watch.puts_back("a")
    assert watch.seen() == {"put_back": 1, "waited": 0, "level": pytest.approx(1.4)}


def test_what_comes_back_waits_until_the_core_is_quiet():
    machine = looks(*[SHARED] * 1000, QUIET)
    watch = machine.watch(level=1.4, waiting=1.0)
    assert watch.puts_back("a") and not watch.puts_back("a")
    assert watch.waited == pytest.approx(1000 * module._PROBES * SECONDS, rel=0.01)
    assert not watch.look()


def test_waiting_ends_with_what_may_be_waited_and_is_interrupted_for_others_every_second():
    machine = Machine(SHARED)
    watch = machine.watch(level=1.4, waiting=2.5)
    assert [watch.puts_back(visit) for visit in "aaab"] == [True, True, True, True]
    assert not watch.puts_back("a") and not watch.puts_back("b")
    assert watch.waited == pytest.approx(2.5, abs=0.01)


def rounds(machine, watch, count, began=QUIET):
    """Return the probes that so many rounds began and ended with."""
    watch.begin_visit(0, count)
    before, seen = watch.next_round(began), []
    for _ in range(count):
        after = machine.take()
        seen.append((before, after))
        before = watch.next_round(after)
    return seen


def test_a_neighbour_that_comes_for_a_moment_is_waited_for_between_rounds():
    machine = Machine(*itertools.islice(itertools.cycle([QUIET, *[SHARED] * 10]), 1000))
    watch = machine.watch(level=1.4)
    assert {before for before, _ in rounds(machine, watch, 20)} == {QUIET}
    assert 0 < watch.waited < 20 * module._MOMENT


def test_a_neighbour_that_stays_is_waited_for_once_in_a_visit_that_has_quiet_rounds():
    machine = Machine(*[QUIET] * 10, SHARED)
    watch = machine.watch(level=1.4, waiting=1.0)
    assert {after for _, after in rounds(machine, watch, 30)[10:]} == {SHARED}
    assert watch.waited == pytest.approx(module._MOMENT, rel=0.1)


@pytest.mark.parametrize(
    ("waiting", "waited"), [(1.0, module._MOST_BETWEEN_ROUNDS), (0.01, 0.01), (0.0, module._MOMENT)]
)
def test_a_visit_without_quiet_rounds_waits_longer_within_what_may_be_waited(waiting, waited):
    machine = Machine(SHARED)
    watch = machine.watch(level=1.4, waiting=waiting)
    rounds(machine, watch, 30, began=SHARED)
    assert watch.waited == pytest.approx(waited, rel=0.1)


def test_no_round_begins_with_a_probe_whose_clock_was_disturbed():
    machine = Machine(*[INTERRUPTED] * 3, QUIET)
    watch = machine.watch(level=1.4)
    watch.begin_visit(0, 1)
    assert watch.next_round(INTERRUPTED) == QUIET


def test_only_timed_rounds_are_waited_for():
    watch = Machine(*[SHARED] * 10, *[QUIET] * 10).watch(level=1.4)
    watch.begin_visit(2, 1)
    assert [watch.next_round(SHARED) for _ in range(4)] == [SHARED, SHARED, QUIET, SHARED]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen on this system")
@pytest.mark.parametrize("cores", [2, 8])
def test_a_process_goes_to_a_core_that_is_quiet_and_is_not_bound_to_it(monkeypatch, cores):
    moved = []
    monkeypatch.setattr(module.os, "sched_getaffinity", lambda pid: set(range(cores)))
    monkeypatch.setattr(module.os, "sched_setaffinity", lambda pid, chosen: moved.append(set(chosen)))
    watch = looks(SHARED, SHARED, QUIET).watch(level=1.4, can_move=True)
    assert not watch.puts_back("a")
    assert [len(chosen) for chosen in moved] == [1, 1, cores]
    moved.clear()
    assert Machine(SHARED).watch(level=1.4, can_move=True).puts_back("a")
    assert moved[-1] == set(range(cores))


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen on this system")
def test_a_process_with_several_threads_is_left_where_it_is(monkeypatch):
    monkeypatch.setattr(module.os, "sched_setaffinity", lambda pid, cores: pytest.fail("moved"))
    assert Machine(SHARED).watch(level=1.4, can_move=False).puts_back("a")
