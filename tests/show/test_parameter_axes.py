import json

import pytest

from copycost.errors import UsageError
from copycost.show.charts.gallery import draw
from copycost.show.parameter_axes import parameters_data
from copycost.store.parametrised import read_parametrised

STATS = {
    **dict.fromkeys(("min", "max", "mean", "median", "q1", "q3", "ld15iqr", "hd15iqr"), 1e-6),
    **dict.fromkeys(("stddev", "iqr", "iqr_outliers", "stddev_outliers"), 0),
    **{"outliers": "0;0", "ops": 1e6, "total": 3e-6, "rounds": 3, "iterations": 1},
}


@pytest.fixture
def file(tmp_path):
    def write(*tests):
        entries = []
        for name, params in tests:
            inside = "-".join(map(str, params.values()))
            full = f"{name}[{inside}]" if params else name
            entry = {"name": full, "fullname": f"t.py::{full}", "group": None, "options": {}, "extra_info": {}}
            entries.append(entry | {"param": inside or None, "params": params or None, "stats": STATS})
        path = tmp_path / "suite.json"
        path.write_text(json.dumps({"machine_info": {}, "benchmarks": entries, "version": "5.3.1"}))
        return path

    return write


def grid(test="test_sort", /, **params):
    found = [{}]
    for key, values in params.items():
        found = [one | {key: value} for one in found for value in values]
    return [(test, one) for one in found]


def chosen(path, **choice):
    return parameters_data({path.name: read_parametrised(path)}, **choice)


def drawn(path, **choice):
    frame = chosen(path, **choice).frame
    return frame["across"].iloc[0], sorted(frame["line"].unique()), sorted(frame["panel"].unique())


def test_the_number_with_the_most_values_is_on_the_axis(file):
    path = file(*grid(k=(1, 2), n=(1, 10, 100)))
    assert drawn(path) == ("n", ["1", "2"], [""])
    assert drawn(path, x="k") == ("k", ["1", "10", "100"], [""])


def test_tests_of_the_same_parameters_are_lines_and_other_parameters_panels(file):
    path = file(*grid("test_a", n=(1, 2), kind=("x", "y")), *grid("test_b", n=(1, 2), kind=("x", "y")))
    assert drawn(path) == ("n", ["test_a", "test_b"], ["kind = x", "kind = y"])


def test_tests_of_different_parameters_have_panels_of_their_own(file):
    path = file(*grid("test_a", n=(1, 2), kind=("x", "y")), *grid("test_b", n=(1, 2)))
    assert drawn(path) == ("n", ["test_b", "x", "y"], ["test_a", "test_b"])


def test_lines_and_panels_can_be_chosen(file):
    path = file(*grid("test_a", n=(1, 2), kind=("x", "y"), order=("up", "down")))
    assert drawn(path, line="order", panel="kind") == ("n", ["down", "up"], ["kind = x", "kind = y"])
    assert drawn(path, line="order") == ("n", ["down", "up"], ["kind = x", "kind = y"])
    assert drawn(path, panel="kind")[1:] == (["down", "up"], ["kind = x", "kind = y"])


def test_what_is_neither_line_nor_panel_is_told_in_the_line(file):
    path = file(*grid("test_a", n=(1, 2), a=(1, 2), b=("p", "q"), c=("u", "v")))
    _, lines, panels = drawn(path, line="a", panel="b")
    assert lines == ["a 1 · c u", "a 1 · c v", "a 2 · c u", "a 2 · c v"]
    assert panels == ["b = p", "b = q"]


def test_a_parameter_of_many_values_makes_panels_not_lines(file):
    path = file(*grid(n=(1, 2, 3), name=[f"v{i}" for i in range(10)], kind=("x", "y")), *grid("test_b", n=(1,)))
    assert chosen(path).frame["along"].iloc[0] == "kind"


def test_benchmarks_without_the_number_are_left_out_and_counted(file):
    data = chosen(file(*grid(n=(1, 2)), ("test_other", {}), *grid("test_c", name=("x",))))
    assert len(data.frame) == 2
    assert "2 benchmarks without n are left out" in data.about


def test_a_panel_of_benchmarks_without_its_parameter_says_so(file):
    path = file(*grid("test_a", n=(1, 2), kind=("x", "y")), *grid("test_b", n=(1, 2)))
    assert drawn(path, line="test", panel="kind")[2] == ["kind = x", "kind = y", "no kind"]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"x": "m"}, "--x 'm' .*valid: n"),
        ({"x": "kind"}, "--x 'kind'"),
        ({"line": "kidn"}, "--line 'kidn' .*did you mean kind"),
        ({"panel": "n"}, "--panel 'n'.*test"),
    ],
)
def test_a_wrong_name_is_answered_with_the_valid_ones(file, choice, message):
    with pytest.raises(UsageError, match=message):
        chosen(file(*grid(n=(1, 2), kind=("x", "y"))), **choice)


@pytest.mark.parametrize(
    ("tests", "lines"),
    [
        (grid(kind=("x", "y")), ["x", "y"]),
        (grid(kind=("x", "y"), n=(7,)), ["x", "y"]),
        ([("test_plain", {}), ("test_other", {})], ["test_other", "test_plain"]),
    ],
)
def test_without_a_number_of_several_values_benchmarks_are_bars(file, tests, lines):
    data = chosen(file(*tests))
    assert drawn(file(*tests)) == ("", lines, [""]) and data.possible == ["bars"]
    assert chosen(file(*grid(kind=("x", "y"), n=(7, 8)))).possible == ["parameters"]


def test_panels_of_numbers_are_named_and_in_their_order(file):
    data = chosen(file(*grid(k=(1, 2, 4, 8), workers=(100, 2, 10))), panel="workers")
    drawing = draw("parameters", data.frame)
    titles = [text.get_text() for text in drawing.figure.texts if text.get_text().startswith("workers")]
    assert titles == ["workers = 2", "workers = 10", "workers = 100"]


def test_many_panels_are_a_grid_of_bounded_height(file):
    data = chosen(file(*grid(n=(1, 2), name=[f"v{i}" for i in range(60)])), panel="name")
    drawing = draw("parameters", data.frame)
    assert drawing.figure.get_figheight() < 2 * drawing.figure.get_figwidth()
    assert len({round(axes.get_position().x0, 3) for axes in drawing.figure.axes}) == 3


def test_several_files_are_lines_over_one_parameter(file, tmp_path):
    frames = {name: read_parametrised(file(*grid(n=(1, 2)))) for name in ("old.json", "new.json")}
    data = parameters_data(frames, x="n")
    assert sorted(set(data.frame["line"])) == ["new", "old"] and set(data.frame["panel"]) == {""}
    assert data.sources == ("old.json", "new.json")


def test_numbers_of_extra_info_stand_on_either_axis(tmp_path):
    path = tmp_path / "some.json"
    infos = [{"rows": 10 * n, "peak": 5.0 * n, "note": "x"} for n in (1, 2, 3)]
    items = [{"name": f"t{info['rows']}", "stats": STATS, "extra_info": info} for info in infos]
    path.write_text(json.dumps({"benchmarks": items}))
    data = parameters_data({path.name: read_parametrised(path, ["rows", "peak"])}, x="rows", y="peak")
    assert data.frame["x"].tolist() == [10, 20, 30] and data.frame["seconds"].tolist() == [5, 10, 15]
    assert data.choice == {"x": "rows", "y": "peak"} and data.possible == ["parameters"]
    with pytest.raises(UsageError, match="--x 'note'"):
        parameters_data({path.name: read_parametrised(path, ["note"])}, x="note")


def test_hostile_parameters_are_one_line_of_text(file):
    lines = drawn(file(*grid(n=(1, 2), kind=("<b>\n\x00", "$x$ " + "k" * 400))))[1]
    assert lines[0].startswith("$x$ kk") and lines[1] == "<b>"
    assert max(map(len, lines)) <= 300
