import json

import pytest
from pytest_benchmark.session import BenchmarkSession

from copycost.measure.engine import JsonPath, pedantic


class Fixture:
    """pytest-benchmark's fixture as it was before 5.2: its `pedantic` calls nothing after a round."""

    def __init__(self):
        self.happened = []
        self.timed = []

    def _make_runner(self, target, args, kwargs):
        def runner(loops):
            self.happened.append("start")
            for _ in loops or range(1):
                result = target(*args, **kwargs)
            self.happened.append("end")
            return 1.0 if loops else (1.0, result)

        return runner

    def pedantic(self, target, args=(), kwargs=None, setup=None, rounds=1, warmup_rounds=0, iterations=1):
        loops = range(iterations) if iterations > 1 else None
        for number in range(warmup_rounds + rounds):
            timed = self._make_runner(target, args, kwargs or {})(loops)
            if number >= warmup_rounds:
                self.timed.append(timed if loops else timed[0])
        if loops:
            target(*args)


class LaterFixture(Fixture):
    def pedantic(
        self, target, args=(), kwargs=None, setup=None, teardown=None, rounds=1, warmup_rounds=0, iterations=1
    ):
        make = self._make_runner
        for _ in range(warmup_rounds + rounds):
            make(target, args, {})(range(iterations))
            teardown(*args)
        self.timed = [1.0] * rounds


@pytest.mark.parametrize("fixture", [Fixture, LaterFixture])
@pytest.mark.parametrize("iterations", [1, 3])
def test_something_is_called_after_every_round_in_every_release(fixture, iterations):
    benchmark = fixture()
    pedantic(
        benchmark,
        lambda source: benchmark.happened.append(source),
        "call",
        iterations=iterations,
        rounds=2,
        warmup_rounds=1,
        after_round=lambda *_: benchmark.happened.append("after"),
    )
    one_round = ["start", *["call"] * iterations, "end", "after"]
    assert benchmark.happened[: 3 * len(one_round)] == 3 * one_round
    assert benchmark.happened.count("after") == 3
    assert benchmark.timed == [1.0, 1.0]


def test_what_is_called_after_a_round_is_outside_the_timing():
    benchmark = Fixture()
    pedantic(
        benchmark,
        str,
        "call",
        iterations=2,
        rounds=1,
        warmup_rounds=0,
        after_round=lambda: benchmark.happened.append("x"),
    )
    assert benchmark.happened == ["start", "end", "x"]


def test_a_json_path_is_both_a_path_and_the_file_that_older_releases_write_to(tmp_path):
    path = tmp_path / "process.json"
    session = BenchmarkSession.__new__(BenchmarkSession)
    session.json = JsonPath(path)
    session.logger = type("Logger", (), {"info": lambda *_, **__: None})()
    session.save_json({"release": "installed"})
    assert json.loads(path.read_text()) == {"release": "installed"}
    with session.json as file:
        file.write(b'{"release": "older"}')
    assert json.loads(path.read_text()) == {"release": "older"}
    assert f"{session.json}" == str(path)
