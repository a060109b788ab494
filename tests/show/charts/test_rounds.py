import numpy as np
import pytest
from matplotlib.patches import StepPatch

from copycost.show.charts.gallery import draw, drawable
from tests.show.charts.layout import complaints, texts
from tests.show.charts.made_up import MACHINE, cells, rounds

ONE = cells(("torch.tensor",), ("float64",), (64, 4096))


def histograms(shown, frame=ONE):
    """Return for each row the heights of the quiet and of the contended rounds, each with the edges of its bars."""
    found = []
    for axes in draw("rounds", frame, rounds=shown).figure.axes:
        patches = [patch for patch in axes.patches if isinstance(patch, StepPatch)]
        for patch in patches:
            tops, edges, base = patch.get_data()
            found.append((np.nan_to_num(base - tops), edges))
    return list(zip(found[::2], found[1::2], strict=True))


def test_quiet_and_contended_rounds_are_drawn_on_one_scale():
    shown = rounds(ONE, 400)
    for cell, ((quiet, edges), (contended, _)) in zip(
        [own for _, own in shown.groupby("bytes")], histograms(shown), strict=True
    ):
        share = cell["quiet"].mean()
        assert quiet.sum() / (quiet.sum() + contended.sum()) == pytest.approx(share, abs=0.01)
        middles = np.sqrt(edges[:-1] * edges[1:])
        assert 0.97 < np.average(middles, weights=quiet) < 1.03
        assert np.average(middles, weights=contended) > 1.5


def test_a_few_contended_rounds_look_few():
    shown = rounds(ONE, 400)
    shown["quiet"] = np.arange(len(shown)) % 33 != 0
    shown["seconds"] = np.where(shown["quiet"], 1.0, 2.0)
    for (quiet, _), (contended, _) in histograms(shown):
        assert contended.max() < quiet.max() / 25


def test_two_modes_are_two_hills():
    shown = rounds(ONE, 200)
    shown["quiet"] = True
    rng = np.random.default_rng(1)
    shown["seconds"] = np.where(rng.random(len(shown)) < 0.6, 1.0, 1.5) * np.exp(rng.normal(0, 0.01, len(shown)))
    for (quiet, _), (contended, _) in histograms(shown):
        assert len(np.flatnonzero(np.diff((quiet > 0).astype(int)) == 1)) == 2
        assert contended.sum() == 0


def test_cells_without_a_quiet_round_are_drawn():
    shown = rounds(ONE, 20)
    shown["quiet"] = False
    assert all(quiet.sum() == 0 and contended.sum() > 0 for (quiet, _), (contended, _) in histograms(shown))


def test_rounds_far_away_are_counted_not_drawn():
    shown = rounds(ONE, 300)
    shown.loc[0, "seconds"] *= 1000
    drawing = draw("rounds", ONE, rounds=shown)
    assert drawing.figure.axes[0].get_xlim()[1] <= 4.2
    assert "of 600 rounds lie outside" in drawing.alt


@pytest.mark.parametrize("width", [400, 480, 720, 1200])
def test_a_few_cells_are_chosen_and_large_enough_to_read(width):
    frame = cells()
    drawing = draw("rounds", frame, rounds=rounds(frame, 8), width=width, machine=MACHINE)
    assert len(drawing.figure.axes) == 4
    assert all(axes.get_window_extent().height >= 5 * 38 for axes in drawing.figure.axes)
    assert "20 of 195 cells: --where chooses others." in drawing.alt
    assert complaints(drawing.figure) == []


def test_of_calls_to_a_device_those_that_wait_are_shown_and_no_row_is_empty():
    names = ("torch.from_numpy.to", "torch.from_numpy.to+sync", "pinned.to+sync", "t.cpu.numpy+sync")
    ways = ("to_device", "to_device_there", "to_device_there", "from_device_there")
    frame = cells(names, ("float32",), (64, 4096)).astype({"direction": object})
    frame["direction"] = frame["conversion"].map(dict(zip(names, ways, strict=True)))
    frame["shares_memory"] = False
    drawing = draw("rounds", frame, rounds=rounds(frame, 8), width=720)
    said = [text.get_text() for text in texts(drawing.figure)]
    assert said.count("torch.from_numpy.to") == said.count("pinned.to") == said.count("t.cpu.numpy") == 2
    assert "NumPy → device, until the call returns · 256 B" not in said
    assert "device → NumPy, until the data is there · 256 B" in said
    heights = [axes.get_window_extent().height for axes in drawing.figure.axes]
    (tall, low), (beside, short) = heights[:2], heights[2:]
    assert tall == low == pytest.approx(2 * beside) == pytest.approx(2 * short)
    assert drawing.figure.get_size_inches()[1] * 96 < 2 * 130 + 3 * 40 + 40


def test_the_chart_needs_rounds_that_are_judged():
    assert "not given" in str(drawable(ONE)["rounds"])
    assert "not given" in str(drawable(ONE, rounds(ONE).drop(columns="quiet"))["rounds"])


def test_the_alt_text_says_how_much_was_quiet():
    shown = rounds(ONE, 100)
    share = f"{shown['quiet'].mean():.0%}"
    assert f"{share} were quiet" in draw("rounds", ONE, rounds=shown).alt
