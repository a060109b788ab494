import pytest

from copycost.show.charts.gallery import draw
from copycost.show.charts.heat_map import cell_colour, figure_text
from copycost.show.charts.palette import THEMES
from copycost.show.charts.sheet import MARGIN
from tests.show.charts.layout import texts
from tests.show.charts.made_up import cells, comparison

LIGHT = THEMES["light"]
SMALL = {"dtypes": ("float64",), "sizes": (1, 64, 4096, 4**9)}


def test_only_a_verdict_has_a_colour():
    assert cell_colour(LIGHT, "same", 1.4) == cell_colour(LIGHT, "undecided", 9.0) == LIGHT.neutral
    assert [cell_colour(LIGHT, "slower", ratio) for ratio in (1.05, 1.3, 9.0)] == list(LIGHT.slower)
    assert [cell_colour(LIGHT, "faster", ratio) for ratio in (0.95, 0.8, 0.1)] == list(LIGHT.faster)


@pytest.mark.parametrize(("ratio", "text"), [(0.071, "0.07"), (1.32, "1.32"), (13.2, "13"), (1e6, "≫")])
def test_a_figure_is_short(ratio, text):
    assert figure_text(ratio) == text
    assert len(text) <= 4


def test_every_cell_says_its_figure_or_its_verdict():
    written = [text.get_text() for text in texts(draw("heat-map", comparison(cells(**SMALL))).figure)]
    assert (written.count("0.80"), written.count("1.30")) == (2, 2)
    assert (written.count("="), written.count("?")) == (11, 5)


def test_cells_too_narrow_for_figures_have_signs_and_the_key_says_so():
    frame = comparison(cells(dtypes=("float64",), sizes=tuple(2**k for k in range(25))))
    written = [text.get_text() for text in texts(draw("heat-map", frame, width=480).figure)]
    assert {"▲", "▼", "▲ slower, ▼ faster"} <= set(written)
    assert "1.30" not in written


def test_the_key_explains_only_colours_that_are_there():
    written = {text.get_text() for text in texts(draw("heat-map", comparison(cells(**SMALL))).figure)}
    assert {"slower: 1.1 to 1.5×", "faster: 1.1 to 1.5×", "= the same, ? undecided"} <= written
    assert "slower: over 1.5×" not in written


def test_the_description_has_each_conversions_range():
    alt = draw("heat-map", comparison(cells(**SMALL)), names=("old", "new")).alt
    assert "how much longer new takes than old" in alt
    assert "t.numpy 0.80× to 1.00×" in alt and "torch.from_numpy 1.00×" in alt


def test_no_size_reaches_beyond_the_map():
    figure = draw("heat-map", comparison(), width=480).figure
    sizes = [text for text in texts(figure) if text.get_text() == "128 MiB"]
    assert len(sizes) == 2
    assert all(text.get_window_extent().x1 <= figure.bbox.x1 - 2 * MARGIN + 2 for text in sizes)  # two dots to a pixel
