import pytest

from copycost.cli import main


def refused(capsys, *typed):
    """Return the one line by which the command refuses what was typed."""
    assert main(["noise", *map(str, typed)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("--repeats", "0"), "at least 1"),
        (("--format", "yaml"), "markdown"),
        (("--preset", "qick"), "quick"),
    ],
)
def test_what_is_not_valid_is_refused_before_anything_is_measured(tmp_path, capsys, typed, said):
    assert said in refused(capsys, *typed, "--results", tmp_path, "--plots", tmp_path / "plots")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_charts_folder_that_cannot_be_made_is_refused_before_anything_is_measured(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert "charts folder" in refused(capsys, "--repeats", "1", "--results", tmp_path, "--plots", tmp_path / "file")
