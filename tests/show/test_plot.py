from copycost.show.plot import chart_list, plot_run
from tests.made_up import write_run


def test_without_names_every_chart_that_the_run_allows_is_drawn(tmp_path):
    run = write_run(tmp_path / "mine")
    names = {path.stem for path in plot_run(run, tmp_path / "plots", format="svg") if path.suffix == ".svg"}
    assert {"cost", "multiple", "throughput"} <= names
    assert "threads" not in names


def test_a_pair_of_themes_is_a_pair_of_files(tmp_path):
    run = write_run(tmp_path / "mine")
    made = plot_run(run, tmp_path / "plots", chart=("cost",), format="svg", theme="light, dark")
    assert {path.name for path in made if path.suffix == ".svg"} == {"cost.svg", "cost-dark.svg"}


def test_the_list_has_a_line_for_each_chart():
    assert {line.lstrip("* ").split()[0] for line in chart_list().splitlines()} >= {"cost", "multiple", "rounds"}
