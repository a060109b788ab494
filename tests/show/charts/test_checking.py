import pytest

from copycost.errors import UsageError
from copycost.show.charts.checking import why_stale
from copycost.show.charts.gallery import draw_all
from tests.show.charts.made_up import MACHINE, cells, rounds

FRAME = cells(dtypes=("float32",), sizes=(1, 64, 4096))


@pytest.mark.parametrize("options", [{}, {"themes": ["dark"], "width": 500, "language_free": True}])
@pytest.mark.parametrize("chart", ["cost", "rounds"])
def test_a_fresh_chart_matches_its_results(tmp_path, chart, options):
    shown = rounds(FRAME, 5)
    files = draw_all(FRAME, tmp_path, [chart], machine=MACHINE, rounds=shown, **options)
    for file in files:
        if file.suffix != ".txt":
            assert why_stale(file, FRAME, machine=MACHINE, rounds=shown) is None


def test_a_chart_of_other_results_does_not(tmp_path):
    file, *_ = draw_all(FRAME, tmp_path, ["cost"], machine=MACHINE)
    changed = FRAME.copy()
    changed["seconds"] *= 1.5
    assert why_stale(file, changed, machine=MACHINE) == "its results have changed"


def test_a_chart_that_was_edited_does_not(tmp_path):
    file, *_ = draw_all(FRAME, tmp_path, ["cost"], machine=MACHINE)
    file.write_bytes(file.read_bytes().replace(b"#cf7a05", b"#cf7a06"))
    assert "differently" in str(why_stale(file, FRAME, machine=MACHINE))


def test_a_chart_of_another_matplotlib_is_judged_by_its_data_alone(tmp_path):
    file, *_ = draw_all(FRAME, tmp_path, ["cost"], machine=MACHINE, provenance={"drawn_with": {"matplotlib": "3.0"}})
    file.write_bytes(file.read_bytes().replace(b"#cf7a05", b"#cf7a06"))
    assert why_stale(file, FRAME, machine=MACHINE) is None


def test_a_chart_that_no_longer_exists_is_stale(tmp_path):
    file, *_ = draw_all(FRAME, tmp_path, ["cost"], provenance={"chart": "pie"})
    assert "no chart 'pie'" in str(why_stale(file, FRAME))


def test_a_foreign_file_is_the_users_error(tmp_path):
    (tmp_path / "cost.svg").write_text("hello")
    with pytest.raises(UsageError, match="not a chart"):
        why_stale(tmp_path / "cost.svg", FRAME)
