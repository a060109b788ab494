import io
import json
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console
from rich.text import Text

from copycost.analyse.estimates import estimate
from copycost.run.progress import REFRESH_SECONDS, Progress, ProgressBar
from copycost.run.settings import settle
from copycost.store.loading import load
from tests.made_up import Law, core_cells, made_up_rounds, process_json
from tests.run.fake_session import FakeClock

CELLS = core_cells(sizes=(1, 4096), dtypes=("float64",))


@pytest.fixture
def settings(tmp_path):
    return settle(preset="quick", dtypes="float64", sizes="1,4096", out=tmp_path, name="run", budget="60s")


def add(progress, folder, processes, **law):
    rounds = made_up_rounds(Law(processes=processes, visits=2, **law), CELLS)
    for number, own in rounds.groupby("process"):
        path = folder / f"process-{number:04d}.json"
        path.write_text(json.dumps(process_json(own, run="run", arm="base", process=number), default=np.generic.item))
        progress.add(path)
    progress.estimate()
    return progress


def test_nothing_is_known_at_first(settings):
    progress = Progress(settings)
    assert progress.processes == progress.precise == 0 and math.isnan(progress.quiet_share)


def test_intervals_are_known_from_three_processes_on(settings, tmp_path):
    two, three = (add(Progress(settings), tmp_path, number) for number in (2, 3))
    measured = [cell.id for cell in settings.cells if cell.conversion == "torch.tensor"]
    assert all(math.isinf(two.half_widths[cell]) for cell in measured)
    assert all(three.half_widths[cell] < 0.05 for cell in measured) and three.precise > 0


@pytest.mark.parametrize(("chosen", "processes", "known"), [(True, 3, False), (True, 4, True), (False, 3, True)])
def test_how_precise_is_known_when_a_session_has_measured_its_cells_again(settings, tmp_path, chosen, processes, known):
    own = settings if chosen else replace(settings, layouts=(None,) * 3)
    progress = add(Progress(own), tmp_path, processes, sessions=3, chosen=chosen)
    assert all(math.isfinite(progress.half_widths[cell]) for cell in progress.half_widths if "torch.tensor" in cell)
    assert progress.known == known


def test_the_share_of_quiet_rounds_is_that_of_all_processes(settings, tmp_path):
    quiet = add(Progress(settings), tmp_path, 1, contended=0.0)
    assert quiet.quiet_share > 0.9
    both = add(quiet, tmp_path, 1, contended=0.9)
    assert 0.4 < both.quiet_share < 0.9


def test_a_process_that_never_saw_its_core_quiet_makes_nothing_less_precise(settings, tmp_path):
    quiet, disturbed = tmp_path / "quiet", tmp_path / "disturbed"
    for folder in (quiet, disturbed):
        folder.mkdir()
    six = add(Progress(settings), quiet, 6)
    seven = add(Progress(settings), disturbed, 7, never_quiet=(4,))
    assert seven.quiet_share < 0.95 < six.quiet_share
    asked = [cell.id for cell in settings.cells if cell.direction != "reference"]
    assert six.precise == seven.precise == len(asked)
    told = estimate(load(disturbed))  # as the run's table has it
    widths = (told["ci_high"] - told["ci_low"]) / 2 / told["seconds"]
    assert sorted(seven.half_widths[cell] for cell in asked) == pytest.approx(sorted(widths), rel=0.05)


def test_only_cells_that_were_asked_for_are_counted(settings):
    asked = [cell.id for cell in settings.cells if cell.direction != "reference"]
    progress = Progress(settings)
    assert progress.cells == len(asked) < len(settings.cells) - 1  # plain copies are measured too
    progress.half_widths = dict.fromkeys((cell.id for cell in settings.cells), 0.5)
    assert progress.precise == 0
    progress.half_widths |= {cell.id: 0.001 for cell in settings.cells if cell.direction == "reference"}
    assert progress.precise == 0
    progress.half_widths[asked[0]] = 0.001
    assert progress.precise == 1


SETTINGS = SimpleNamespace(budget=90.0, precision=0.01, layouts=(1, 2, 3, 4, 5))
KNOWN = SimpleNamespace(known=True, budget=90.0, cells=10, precise=4, processes=3, elapsed=12.0, quiet_share=0.75)


class Terminal(io.StringIO):
    encoding = "utf-8"


def bar(*, terminal=True, clock=None, encoding="utf-8", width=160, layouts=(1, 2, 3), **console):
    out = Terminal()
    out.encoding = encoding
    console = Console(file=out, force_terminal=terminal, width=width, height=30, **console)
    settings = SimpleNamespace(**{**vars(SETTINGS), "layouts": layouts})
    return ProgressBar(settings, console, clock=clock or FakeClock()), out


def shown(progress_bar, out, clock):
    """Return what the next visit, two refreshes later, makes the bar show."""
    clock.now += 2 * REFRESH_SECONDS
    out.truncate(0)
    progress_bar.visited("torch.tensor-float64-1", 5, 10)
    return out.getvalue()


def test_a_terminal_shows_the_visit_the_time_left_and_after_a_process_how_precise_and_quiet_it_is():
    clock = FakeClock()
    progress_bar, out = bar(clock=clock)
    with progress_bar:
        before = shown(progress_bar, out, clock)
        progress_bar.process_ended(KNOWN)
        after = shown(progress_bar, out, clock)
    assert "visit 5/10 torch.tensor" in before and "1:28 left at most" in before and "quiet" not in before
    assert "4/10 cells within 1%, 75% of rounds quiet" in after
    assert "1:16 left at most" in after  # 12 s of the budget were spent in processes, and 2 s since


WHOLE = SimpleNamespace(known=True, budget=90.0, cells=195, precise=104, processes=3, elapsed=12.0, quiet_share=0.75)


@pytest.mark.parametrize(("width", "known"), [(60, False), (80, True), (120, True)])
def test_the_bar_and_the_time_left_are_whole_at_every_width(width, known):
    clock = FakeClock()
    progress_bar, out = bar(clock=clock, width=width, color_system=None)
    with progress_bar:
        progress_bar.process_ended(WHOLE)
        clock.now += 2 * REFRESH_SECONDS
        out.truncate(0)
        progress_bar.visited("torch.from_numpy-float64-1", 120, 195)
    (line,) = [drawn for drawn in Text.from_ansi(out.getvalue()).plain.splitlines() if "left" in drawn]
    assert len(line) <= width and "visit 120/195" in line and "1:16 left at most" in line
    assert ("within 1%" in line) == known and ("104/195 cells within 1%, 75% of rounds quiet" in line) == (width >= 120)
    assert any(piece in line for piece in "━╸╺") == known


def test_the_bar_goes_on_while_nothing_is_told_and_takes_over_a_longer_budget():
    clock = FakeClock()
    progress_bar, out = bar(clock=clock)
    with progress_bar:
        clock.now += 5
        out.truncate(0)
        progress_bar.waited(SimpleNamespace(budget=120.0, elapsed=4.0))
        assert "starting" in out.getvalue() and "1:56 left at most" in out.getvalue()


def test_time_left_is_never_below_nothing():
    clock = FakeClock()
    progress_bar, out = bar(clock=clock)
    with progress_bar:
        clock.now += 1000
        assert "0:00 left at most" in shown(progress_bar, out, clock)


def test_nothing_is_drawn_between_two_refreshes():
    clock = FakeClock()
    progress_bar, out = bar(clock=clock)
    with progress_bar:
        shown(progress_bar, out, clock)
        out.truncate(0)
        for number in range(1000):
            clock.now += REFRESH_SECONDS / 2000
            progress_bar.visited("torch.tensor-float64-1", number, 1000)
        assert out.getvalue() == ""


def test_preparing_is_shown():
    progress_bar, out = bar()
    with progress_bar:
        progress_bar.prepared("torch.tensor-float64-1", 3, 9)
        assert "preparing 3/9" in out.getvalue()


def test_nothing_is_said_of_precision_before_it_is_known():
    unknown = SimpleNamespace(**{**vars(KNOWN), "known": False, "precise": 0})
    for width, said in ((160, "precision not known yet, 75% of rounds quiet"), (80, "not known yet")):
        clock = FakeClock()
        progress_bar, out = bar(clock=clock, width=width)
        with progress_bar:
            progress_bar.process_ended(unknown)
            assert said in shown(progress_bar, out, clock) and "0/10" not in out.getvalue()


@pytest.mark.parametrize(("layouts", "few"), [((1,), True), ((1, 2), True), ((1, 2, 3), False), ((None, None), False)])
def test_too_few_sessions_are_told_instead_of_a_precision_to_come(layouts, few):
    unknown = SimpleNamespace(**{**vars(KNOWN), "known": False, "precise": 0})
    for width, said in ((160, "fewer than three sessions: no intervals"), (100, "fewer than three sessions")):
        clock = FakeClock()
        progress_bar, out = bar(clock=clock, width=width, layouts=layouts)
        with progress_bar:
            progress_bar.process_ended(unknown)
            assert (said in shown(progress_bar, out, clock)) is few


@pytest.mark.parametrize("terminal", [{"terminal": False}, {"_environ": {"TERM": "dumb"}}])
def test_a_pipe_or_a_simple_terminal_has_one_plain_line_for_each_process(terminal):
    progress_bar, out = bar(**terminal)
    with progress_bar:
        progress_bar.visited("torch.tensor-float64-1", 5, 10)
        progress_bar.process_ended(KNOWN)
        progress_bar.visited("torch.tensor-float64-1", 6, 10)
    lines = out.getvalue().splitlines()
    assert len(lines) == 1 and lines[0].startswith("process 3, 12 of 90 s: 4/10 cells within 1%")


def test_a_terminal_of_another_alphabet_has_a_bar_in_ascii():
    clock = FakeClock()
    progress_bar, out = bar(clock=clock, encoding="ascii")
    with progress_bar:
        assert shown(progress_bar, out, clock).isascii()
