import pytest

from copycost.errors import UsageError
from copycost.show.charts.frames import FRAMES
from copycost.show.charts.registry import CHARTS, chart_named, collect


def test_every_chart_is_there_under_its_own_name():
    of_a_run = {"cost", "multiple", "throughput", "share", "page-faults", "rounds", "threads"}
    of_others = {"ratio", "heat-map", "dumbbells", "runs", "runs-relative", "history", "noise", "parameters"}
    assert of_a_run | of_others <= set(CHARTS)
    assert all(name == chart.name for name, chart in CHARTS.items())


def test_every_chart_says_from_which_frame_it_is_drawn():
    assert {chart.shows for chart in CHARTS.values()} == set(FRAMES)


def test_two_charts_of_one_name_are_refused():
    with pytest.raises(ValueError, match="'cost'"):
        collect([CHARTS["cost"], CHARTS["cost"]])


def test_titles_are_short_and_different():
    titles = [chart.title for chart in CHARTS.values()]
    assert len(set(titles)) == len(titles)
    assert max(map(len, titles)) <= 45


def test_an_unknown_chart_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean cost"):
        chart_named("costs")
