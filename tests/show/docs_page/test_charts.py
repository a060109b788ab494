import pytest

from copycost.show.docs_page.charts import CHARTS, possible, shown
from copycost.show.run_view import RunView
from tests.show.docs_page.pages import material

ALT = 'Time per call <b> "x" *y* ]( ```'


@pytest.fixture
def folder(tmp_path):
    for theme in ("cost", "cost-dark"):
        (tmp_path / f"{theme}.alt.txt").write_text(ALT + "\n")
    return tmp_path


def test_both_themes_are_a_picture_that_follows_the_reader(folder):
    lines = shown("cost", folder, ("light", "dark"), "markdown")
    assert lines[0] == "<picture>" and 'srcset="cost-dark.svg"' in lines[1] and 'src="cost.svg"' in lines[2]
    assert lines[2].count('"') == 4 and "<b>" not in lines[2] and "*y*" not in lines[2]


def test_one_theme_is_an_image(folder):
    (line, _) = shown("cost", folder, ("dark",), "markdown")
    assert line.startswith("![Time per call") and line.endswith("](cost-dark.svg)") and line.count("](") == 1


def test_myst_has_directives_with_the_classes_that_its_themes_hide(folder):
    lines = shown("cost", folder, ("light", "dark"), "myst")
    assert "```{image} cost.svg" in lines and ":class: only-dark" in lines
    alt = next(line for line in lines if line.startswith(":alt:"))
    assert alt == """:alt: "Time per call <b> \\"x\\" *y* ]( '''\""""
    assert ":class: only-light" not in shown("cost", folder, ("light",), "myst")


def test_only_charts_that_the_run_allows_are_on_the_page(tmp_path):
    own = material(tmp_path / "run")
    assert possible(own.view) == list(CHARTS)
    sharing = own.view.cells["shares_memory"].eq(True).fillna(False)
    alone = own.view.rounds[own.view.rounds["conversion"].isin(own.view.cells[sharing]["conversion"])]
    assert "throughput" not in possible(RunView(alone, own.view.cells[sharing], own.view.record))
