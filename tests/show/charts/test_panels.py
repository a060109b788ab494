from copycost.show.charts.panels import Grid, columns_for, split
from copycost.show.charts.points import prepare
from tests.show.charts.made_up import CORE, cells


def panels_of(frame, **options):
    panels, omitted = split(prepare(frame), **options)
    return [panel.title for panel in panels], omitted


def test_one_condition_needs_one_panel_without_a_title():
    assert panels_of(cells(dtypes=("float32",))) == ([""], 0)


def test_what_varies_makes_panels():
    titles, _ = panels_of(cells(dtypes=("float64", "float32"), sizes=(1,), threads=(1, 2)))
    assert titles == [
        "float32 · 1 thread",
        "float32 · 2 threads",
        "float64 · 1 thread",
        "float64 · 2 threads",
    ]


def test_many_lines_are_split_by_direction_and_few_are_not():
    many = CORE + tuple(f"conversion {i}" for i in range(6))
    assert panels_of(cells(many, ("float32",), (1,)))[0] == ["to_tensor", "to_array"]
    assert panels_of(cells(CORE, ("float32",), (1,)))[0] == [""]


def test_every_point_is_in_exactly_one_panel():
    frame = prepare(cells(threads=(1, 2), sizes=(1, 64)))
    panels, _ = split(frame)
    assert sorted(i for panel in panels for i in panel.points.index) == list(frame.index)


def test_panels_beyond_the_bound_are_counted():
    titles, omitted = panels_of(cells(sizes=(1,)), extra=("conversion",), most=4)
    assert len(titles) == 4
    assert omitted == 11


def test_columns_are_as_many_as_fit_and_rows_are_even():
    assert columns_for(3, 700, 370) == 1
    assert columns_for(3, 1176, 370) == 3
    assert columns_for(4, 1176, 370) == 2
    assert columns_for(1, 100, 370) == 1


def test_panels_fill_rows_from_the_left():
    grid = Grid(count=5, columns=3, room=632, top=50).with_rows(100)
    assert grid.width == 200
    assert [grid.corner(i) for i in (0, 1, 3)] == [(12, 50), (228, 50), (12, 150)]
    assert [grid.is_last_in_column(i) for i in range(5)] == [False, False, True, True, True]
    assert grid.bottom == 250
