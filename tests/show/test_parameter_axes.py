import json

import pytest

from copycost.errors import UsageError
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
    return parameters_data(read_parametrised(path), path.name, **choice)


def drawn(path, **choice):
    frame = chosen(path, **choice).frame
    return frame["across"].iloc[0], sorted(frame["line"].unique()), sorted(frame["panel"].unique())


def test_the_number_with_the_most_values_is_on_the_axis(file):
    path = file(*grid(k=(1, 2), n=(1, 10, 100)))
    assert drawn(path) == ("n", ["1", "2"], [""])
    assert drawn(path, x="k") == ("k", ["1", "10", "100"], [""])


def test_tests_of_the_same_parameters_are_lines_and_other_parameters_panels(file):
    path = file(*grid("test_a", n=(1, 2), kind=("x", "y")), *grid("test_b", n=(1, 2), kind=("x", "y")))
    assert drawn(path) == ("n", ["test_a", "test_b"], ["x", "y"])


def test_tests_of_different_parameters_have_panels_of_their_own(file):
    path = file(*grid("test_a", n=(1, 2), kind=("x", "y")), *grid("test_b", n=(1, 2)))
    assert drawn(path) == ("n", ["test_b", "x", "y"], ["test_a", "test_b"])


def test_lines_and_panels_can_be_chosen(file):
    path = file(*grid("test_a", n=(1, 2), kind=("x", "y"), order=("up", "down")))
    assert drawn(path, line="order", panel="kind") == ("n", ["down", "up"], ["x", "y"])
    assert drawn(path, line="order") == ("n", ["down", "up"], ["x", "y"])
    assert drawn(path, panel="kind")[1:] == (["down", "up"], ["x", "y"])


def test_what_is_neither_line_nor_panel_is_told_in_the_line(file):
    path = file(*grid("test_a", n=(1, 2), a=(1, 2), b=("p", "q"), c=("u", "v")))
    _, lines, panels = drawn(path, line="a", panel="b")
    assert lines == ["a 1 · c u", "a 1 · c v", "a 2 · c u", "a 2 · c v"]
    assert panels == ["p", "q"]


def test_a_parameter_of_many_values_makes_panels_not_lines(file):
    path = file(*grid(n=(1, 2, 3), name=[f"v{i}" for i in range(10)], kind=("x", "y")), *grid("test_b", n=(1,)))
    assert chosen(path).frame["along"].iloc[0] == "kind"


def test_benchmarks_without_the_number_are_left_out_and_counted(file):
    data = chosen(file(*grid(n=(1, 2)), ("test_other", {}), *grid("test_c", name=("x",))))
    assert len(data.frame) == 2
    assert "2 benchmarks without n are left out" in data.about


def test_a_panel_of_benchmarks_without_its_parameter_says_so(file):
    path = file(*grid("test_a", n=(1, 2), kind=("x", "y")), *grid("test_b", n=(1, 2)))
    assert drawn(path, line="test", panel="kind")[2] == ["no kind", "x", "y"]


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


def test_without_a_number_there_is_nothing_to_draw_against(file):
    with pytest.raises(UsageError, match="its parameters are kind"):
        chosen(file(*grid(kind=("x", "y"))))
    with pytest.raises(UsageError, match="have no parameters"):
        chosen(file(("test_plain", {})))


def test_hostile_parameters_are_one_line_of_text(file):
    lines = drawn(file(*grid(n=(1, 2), kind=("<b>\n\x00", "$x$ " + "k" * 400))))[1]
    assert lines[0].startswith("$x$ kk") and lines[1] == "<b>"
    assert max(map(len, lines)) <= 300
