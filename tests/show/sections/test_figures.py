from copycost.analyse.ceilings import ceilings
from copycost.analyse.estimates import estimate
from copycost.show.quantities import with_quantities
from copycost.show.sections.figures import cells_table
from tests.made_up import Law, core_cells, made_up_rounds


def table_of(**law):
    rounds = made_up_rounds(Law(processes=4, visits=2, **law), core_cells(sizes=(1, 64)))
    return cells_table(with_quantities(ceilings(estimate(rounds))))


def test_a_condition_that_does_not_vary_is_kept_but_not_shown():
    table = table_of()
    columns = {column.name: column for column in table.columns}
    assert columns["dtype"].shown and not columns["threads"].shown and not columns["run"].shown
    assert set(table.frame["threads"]) == {1}


def test_of_several_runs_each_row_says_which():
    table = table_of(runs=("a", "b"))
    assert {column.name: column.shown for column in table.columns}["run"]
    assert set(table.frame["run"]) == {"a", "b"}


def test_columns_of_which_nothing_is_known_are_left_out():
    assert "speed_up" not in {column.name for column in table_of().columns}
