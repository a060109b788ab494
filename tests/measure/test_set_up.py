"""What each call consumes is set up before it, outside the timing, as many together as stay in a core's cache."""

import numpy as np
import pytest
import torch

from copycost.catalogue.cell import Cell
from copycost.catalogue.conversions import CONVERSIONS, CannotConvert, Conversion
from copycost.measure import protocol, set_up
from copycost.measure.protocol import Protocol
from copycost.measure.set_up import SetUp
from copycost.measure.worker import Worker
from tests.measure.test_worker import FakeBenchmark

KEPT = np.zeros(64)


def user(function, setup=None, **more):
    return Conversion("mine", "to_tensor", "mine(a) [set up]", "may copy", "user", function, setup=setup, **more)


class Events:
    """A conversion that consumes what it is given, its set-up, and the order in which they were called."""

    def __init__(self):
        self.order, self.seen = [], []

    def setup(self, a):
        self.order.append("set up")
        return a.copy()

    def convert(self, a):
        self.order.append("convert")
        self.seen.append(a[0])
        tensor = torch.tensor(a)
        a[:] = np.nan
        return tensor


class Timed(FakeBenchmark):
    """Notes what is called within a timed round, and how often."""

    def __init__(self, order):
        super().__init__()
        self.order, self.rounds = order, []

    def pedantic(self, target, **more):
        def timed(source):
            first = len(self.order)
            target(source)
            self.rounds.append(self.order[first:])

        super().pedantic(timed, **more)


@pytest.mark.parametrize("size", [1, 2**17])
def test_each_call_is_given_what_was_set_up_for_it_before_its_round(size):
    events = Events()
    worker = Worker({"mine": user(events.convert, events.setup)}, Protocol(visit_seconds=1e-3, max_rounds=5))
    benchmark = Timed(events.order)
    worker.visit(benchmark, Cell("mine", "to_tensor", "float64", size))
    told, source = benchmark.extra_info, worker.prepare(Cell("mine", "to_tensor", "float64", size)).source
    assert set(events.seen) == {source[0]}  # what a call has consumed, no other was given
    assert benchmark.rounds and all(within == ["convert"] * told["block"] for within in benchmark.rounds)
    assert benchmark.stats.iterations == told["block"] and told["set_up"] is True
    assert len(told["canary_ns"]) == len(benchmark.stats.data) and "copy_ns" not in told


def test_what_is_built_in_has_nothing_set_up():
    worker = Worker(CONVERSIONS, Protocol(visit_seconds=1e-3, max_rounds=3))
    benchmark, cell = FakeBenchmark(), Cell("torch.tensor", "to_tensor", "float64", 64)
    worker.visit(benchmark, cell)
    assert "set_up" not in benchmark.extra_info
    found = worker.prepare(cell).calibration
    assert found.set_up_seconds is None and found.whole_seconds == found.round_seconds


class Clock:
    """A clock that goes on only while something is set up or converted, for as long as it is said to take."""

    def __init__(self, monkeypatch, setting_up, converting):
        self.now, self.setting_up, self.converting = 0.0, setting_up, converting
        for module in (protocol, set_up):
            monkeypatch.setattr(module, "perf_counter", lambda: self.now)

    def setup(self, a):
        self.now += self.setting_up
        return a.copy()

    def convert(self, a):
        self.now += self.converting
        return torch.from_numpy(a)


@pytest.mark.parametrize(
    ("elements", "setting_up", "converting", "calls"),
    [
        (64, 1e-6, 20e-6, 10),  # 200 µs make a round
        (64, 1e-6, 1e-6, 100),  # no more are set up together
        (64, 40e-6, 1e-6, 10),  # a tenth of a visit of 4 ms
        (64, 1e-3, 1e-6, 1),
        (4096, 1e-6, 1e-6, 8),  # 32 KiB each: 256 KiB
        (2**17, 1e-6, 1e-6, 1),  # 1 MiB
        (64, 1e-6, 1e-3, 1),
    ],
)
def test_a_round_has_as_many_calls_as_last_long_enough_and_are_set_up_soon_and_small(
    monkeypatch, elements, setting_up, converting, calls
):
    clock = Clock(monkeypatch, setting_up, converting)
    made = SetUp(user(clock.convert, clock.setup), np.ones(elements))
    found, seconds = made.calibrate(Protocol())
    assert (found, made.calls) == (calls, calls)
    assert seconds == pytest.approx(converting) and made.seconds == pytest.approx(setting_up)


@pytest.mark.parametrize(
    "setup",
    [lambda a: a, lambda a: KEPT[: len(a)], lambda a: a.tolist(), lambda a: [a], lambda a: "file"],
    ids=["the source", "kept memory", "Python numbers", "a list of it", "no memory"],
)
def test_what_is_not_known_to_have_memory_of_its_own_is_set_up_for_one_call_at_a_time(monkeypatch, setup):
    clock = Clock(monkeypatch, 1e-6, 1e-6)
    made = SetUp(user(lambda a: clock.convert(np.ones(1)), setup), np.ones(8))
    assert made.calibrate(Protocol())[0] == 1


def test_a_long_set_up_is_made_a_few_times_only(monkeypatch):
    clock = Clock(monkeypatch, 2.0, 1e-6)
    SetUp(user(clock.convert, clock.setup), np.ones(8)).calibrate(Protocol())
    assert clock.now < 12.0


def test_a_visit_is_reckoned_with_what_is_set_up():
    events = Events()
    worker = Worker({"mine": user(events.convert, events.setup)}, Protocol())
    prepared = worker.prepare(Cell("mine", "to_tensor", "float64", 4096))
    found = prepared.calibration
    assert found.set_up_seconds > 0
    assert found.whole_seconds == pytest.approx(found.calls * (found.call_seconds + found.set_up_seconds))
    assert worker.visit_seconds(prepared) >= 3 * found.whole_seconds


def test_what_is_set_up_is_not_measured_with_cold_caches():
    events = Events()
    worker = Worker({"mine": user(events.convert, events.setup)}, Protocol())
    with pytest.raises(CannotConvert, match="warm caches only"):
        worker.prepare(Cell("mine", "to_tensor", "float64", 64, cache="cold"))


@pytest.mark.parametrize(
    ("setup", "cache"),
    [(None, "warm"), (None, "cold"), (lambda a: a.copy(), "warm")],
    ids=["source", "cold source", "set up"],
)
def test_a_destination_is_made_once_and_written_by_every_call(setup, cache):
    written = []

    def destination(a):
        return torch.zeros(a.shape, dtype=torch.float64)

    def convert(a, out):
        written.append(out)
        return out.copy_(torch.from_numpy(a))

    worker = Worker({"mine": user(convert, setup, destination=destination)}, Protocol(visit_seconds=1e-3, max_rounds=3))
    cell = Cell("mine", "to_tensor", "float64", 64, cache=cache)
    sources = worker.prepare(cell).source
    del written[:]
    benchmark = FakeBenchmark()
    worker.visit(benchmark, cell)
    assert len({id(out) for out in written}) == 1 and benchmark.extra_info["shares_memory"] is False
    given = sources.sources if cache == "cold" else [sources]
    assert any(np.array_equal(written[0].numpy(), source) for source in given)
