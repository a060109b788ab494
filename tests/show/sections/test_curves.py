import pandas as pd

from copycost.analyse.ceilings import ceilings
from copycost.analyse.estimates import estimate
from copycost.show.quantities import with_quantities
from copycost.show.sections.curves import MOST_PANELS_AT_FIRST, cells_chart, far_apart, names_chart
from tests.made_up import Law, core_cells, made_up_rounds


def chart_of(cells=None, **law):
    rounds = made_up_rounds(Law(processes=3, visits=1, **law), cells or core_cells(sizes=(1, 64)))
    return cells_chart(with_quantities(ceilings(estimate(rounds))))


def test_what_varies_can_be_switched():
    facets = chart_of().settings["facets"]
    assert [(facet["column"], facet["values"]) for facet in facets] == [("dtype", ["float32", "float64"])]


def test_runs_stand_side_by_side_before_dtypes_do():
    facets = {facet["column"]: facet for facet in chart_of(runs=("a", "b", "c", "d")).settings["facets"]}
    assert facets["run"]["on"] == MOST_PANELS_AT_FIRST and facets["dtype"]["on"] == 1


def test_a_conversion_has_one_style_in_both_themes_and_everywhere():
    alone = chart_of(core_cells(sizes=(1,), dtypes=("float64",))[1:2]).settings["styles"]
    among = {style["name"]: style for style in chart_of().settings["styles"]}
    assert alone == [among["torch.tensor"]]
    assert len({style["light"] for style in among.values()}) == len(among)


def test_doubtful_cells_are_marked():
    assert not chart_of().settings["marked"]
    assert chart_of(modes=1.5).settings["marked"]


def test_benchmarks_without_bytes_beside_others_are_on_no_line():
    cells = with_quantities(ceilings(estimate(made_up_rounds(Law(processes=3, visits=1), core_cells(sizes=(1, 64))))))
    cells.loc[0, ["bytes", "dtype"]] = pd.NA
    settings = cells_chart(cells).settings
    assert settings["across"][0]["codes"][:2] == [-1, 0]
    assert settings["facets"][0]["values"] == ["float32", "float64"]


def test_without_bytes_there_is_nothing_to_draw_over():
    cells = with_quantities(ceilings(estimate(made_up_rounds(Law(processes=3, visits=1), core_cells(sizes=(1,))))))
    assert cells_chart(cells.assign(bytes=float("nan"))) is None
    assert names_chart(cells).settings["across"][0]["names"] == list(dict.fromkeys(cells["conversion"]))


def test_numbers_far_apart_want_a_logarithmic_axis():
    assert far_apart([1, 1000]) and not far_apart([1, 2, 3]) and not far_apart([0, 1000])
