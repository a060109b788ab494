import numpy as np

from copycost.show.charts.gallery import draw, drawable
from tests.show.charts.made_up import cells, rounds

ONE = cells(("torch.tensor",), ("float64",), (64, 4096))


def halves(shown):
    """Return the outlines of the quiet and of the contended rounds of a one-panel chart."""
    (axes,) = draw("rounds", ONE, rounds=shown).figure.axes
    return [[path.vertices for path in side.get_paths()] for side in axes.collections]


def test_quiet_rounds_stand_left_and_contended_ones_right():
    quiet, contended = halves(rounds(ONE, 200))
    places = np.log2(ONE["bytes"])
    assert len(quiet) >= 2
    assert all(min(abs(outline[:, 0].max() - places)) < 1e-6 for outline in quiet)
    assert all(min(abs(outline[:, 0].min() - places)) < 1e-6 for outline in contended)
    assert np.mean([o[:, 1].mean() for o in contended]) > 1.4
    assert all(0.9 < outline[:, 1].mean() < 1.1 for outline in quiet)


def test_two_modes_are_two_outlines():
    shown = rounds(ONE, 200)
    shown["quiet"] = True
    rng = np.random.default_rng(1)
    shown["seconds"] = np.where(rng.random(len(shown)) < 0.6, 1.0, 1.5) * np.exp(rng.normal(0, 0.01, len(shown)))
    quiet, contended = halves(shown)
    assert len(quiet) == 2 * len(ONE)
    assert contended == []


def test_cells_without_a_quiet_round_are_drawn():
    shown = rounds(ONE, 20)
    shown["quiet"] = False
    quiet, contended = halves(shown)
    assert quiet == []
    assert contended


def test_rounds_far_away_are_counted_not_drawn():
    shown = rounds(ONE, 300)
    shown.loc[0, "seconds"] *= 1000
    drawing = draw("rounds", ONE, rounds=shown)
    assert drawing.figure.axes[0].get_ylim()[1] <= 4
    assert "of 600 rounds lie outside" in drawing.alt


def test_the_chart_needs_rounds_that_are_judged():
    assert "not given" in str(drawable(ONE)["rounds"])
    assert "not given" in str(drawable(ONE, rounds(ONE).drop(columns="quiet"))["rounds"])


def test_the_alt_text_says_how_much_was_quiet():
    shown = rounds(ONE, 100)
    share = f"{shown['quiet'].mean():.0%}"
    assert f"{share} of them were quiet" in draw("rounds", ONE, rounds=shown).alt
