from copycost.cli import main
from tests.made_up import Law, core_cells, made_up_rounds, write_run


def test_a_page_is_written_then_matches_then_differs(tmp_path, capfd):
    cells = core_cells(sizes=(1, 4096), dtypes=("float64",))
    write_run(tmp_path / "results" / "run", made_up_rounds(Law(processes=3, visits=1), cells))
    arguments = ["docs", "run", "--results", str(tmp_path / "results"), "--out", str(tmp_path / "docs")]
    assert main([*arguments, "--check"]) == 1
    assert "is missing" in capfd.readouterr().out
    assert main([*arguments, "--theme", "light"]) == 0
    assert str(tmp_path / "docs" / "costs" / "index.md") in capfd.readouterr().out
    assert main([*arguments, "--check"]) == 0
    page = tmp_path / "docs" / "costs" / "index.md"
    page.write_text(page.read_text().replace("In short", "In \x1b[31mlong"))
    assert main([*arguments, "--check"]) == 1
    out = capfd.readouterr().out
    assert "index.md: line" in out and "\x1b" not in out


def test_what_cannot_be_done_is_one_line_and_status_2(tmp_path, capfd):
    assert main(["docs", "nothing", "--results", str(tmp_path)]) == 2
    assert len(capfd.readouterr().err.splitlines()) == 1
