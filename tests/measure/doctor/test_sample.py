from copycost.measure.canary import Probe
from copycost.measure.doctor.sample import TURN_SECONDS, TURNS, take


class Clock:
    """A clock on which a look takes ten milliseconds, and which a test can read files by."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def now(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.seconds += seconds

    def look(self) -> Probe:
        self.seconds += 0.01
        return Probe(2000, 2500)


def sampled(read, paths):
    clock = Clock()
    return take(
        lambda path: read(path, clock.seconds),
        paths,
        now=clock.now,
        pause=clock.pause,
        look=clock.look,
    )


def test_files_are_read_before_and_after_and_half_of_the_time_is_work():
    taken = sampled(lambda path, seconds: f"{seconds:.0f}", ["/a", "/a", "/b"])
    assert taken.before == {"/a": "100", "/b": "100"}
    assert taken.after == {"/a": "101", "/b": "101"}
    assert 2 * TURNS * TURN_SECONDS <= taken.seconds <= 1.2
    assert TURNS * TURN_SECONDS / 0.01 <= len(taken.probes) <= 1.2 * TURNS * TURN_SECONDS / 0.01


def test_this_process_is_not_in_its_own_queue():
    taken = sampled(lambda path, seconds: "ctxt 9\nprocs_running 3\n", [])
    assert taken.running == [2] * TURNS


def test_where_there_are_no_such_files_there_is_nothing_but_the_probes():
    taken = sampled(lambda path, seconds: None, ["/a"])
    assert taken.before == taken.after == {"/a": None}
    assert taken.running == []
    assert taken.probes
