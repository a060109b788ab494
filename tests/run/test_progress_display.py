import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from copycost import estimate
from copycost.run.live_curves import BLOCKS
from copycost.run.progress_display import REFRESH_SECONDS, ProgressDisplay
from tests.made_up import Law, core_cells, made_up_rounds
from tests.run.fake_session import FakeClock

SETTINGS = SimpleNamespace(budget=60.0, precision=0.01, cells=[None] * 11)
CELLS = estimate(made_up_rounds(Law(processes=3, visits=1, rounds=2), core_cells()), references=True)
PROGRESS = SimpleNamespace(cells=CELLS, precise=4, processes=3, elapsed=12.0, quiet_share=0.75)


class Terminal(io.StringIO):
    encoding = "utf-8"


def display(*, terminal=True, clock=None, encoding="utf-8", **console):
    out = Terminal()
    out.encoding = encoding
    console = Console(file=out, force_terminal=terminal, width=100, height=30, **console)
    return ProgressDisplay(SETTINGS, console, clock=clock or FakeClock()), out


def shown(own, out, clock):
    """Return what the next visit makes the display show."""
    clock.now += 2 * REFRESH_SECONDS
    out.truncate(0)
    own.visited("torch.tensor-float64-1", 5, 10)
    return out.getvalue()


def test_a_terminal_shows_the_visit_and_after_a_process_the_curves():
    clock = FakeClock()
    own, out = display(clock=clock)
    with own:
        before = shown(own, out, clock)
        own.process_ended(PROGRESS)
        after = shown(own, out, clock)
    assert "visit 5/10 torch.tensor" in before and "▁" not in before
    assert "4/10 cells within 1%, 75% of rounds quiet" in after
    assert all(name in after for name in CELLS["conversion"].unique()) and any(sign in after for sign in BLOCKS)


def test_nothing_is_drawn_between_two_refreshes():
    clock = FakeClock()
    own, out = display(clock=clock)
    with own:
        shown(own, out, clock)
        out.truncate(0)
        for number in range(1000):
            clock.now += REFRESH_SECONDS / 2000
            own.visited("torch.tensor-float64-1", number, 1000)
        assert out.getvalue() == ""


def test_preparing_is_shown():
    own, out = display()
    with own:
        own.prepared("torch.tensor-float64-1", 3, 9)
        assert "preparing 3/9" in out.getvalue()


@pytest.mark.parametrize("terminal", [{"terminal": False}, {"_environ": {"TERM": "dumb"}}])
def test_a_pipe_or_a_simple_terminal_has_one_plain_line_for_each_process(terminal):
    own, out = display(**terminal)
    with own:
        own.visited("torch.tensor-float64-1", 5, 10)
        own.process_ended(PROGRESS)
        own.visited("torch.tensor-float64-1", 6, 10)
    lines = out.getvalue().splitlines()
    assert len(lines) == 1 and lines[0].startswith("process 3, 12 of 60 s: 4/10 cells within 1%")


def test_a_terminal_of_another_alphabet_has_curves_in_ascii():
    clock = FakeClock()
    own, out = display(clock=clock, encoding="ascii")
    with own:
        own.process_ended(PROGRESS)
        assert not any(sign in shown(own, out, clock) for sign in BLOCKS)
