import pytest

from copycost.cli import cli
from copycost.commands.defaults import defaults
from copycost.errors import UsageError


def test_a_file_sets_options_of_all_commands_that_have_them_and_of_one(tmp_path):
    (tmp_path / "copycost.toml").write_text('results = "runs"\n[run]\nbudget = "2min"\nconversion = ["numpy"]\n')
    found = defaults(cli, tmp_path)
    assert found["run"] == {"budget": "2min", "conversion": ["numpy"]}
    assert found["show"] == found["compare"] == {"results": "runs"}


def test_a_projects_own_file_does_too_but_copycosts_comes_first(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.copycost.run]\npreset = "quick"\n[tool.other]\nx = 1\n')
    assert defaults(cli, tmp_path)["run"] == {"preset": "quick"}
    (tmp_path / "copycost.toml").write_text('[run]\npreset = "full"\n')
    assert defaults(cli, tmp_path)["run"] == {"preset": "full"}


@pytest.mark.parametrize("content", ["", "[tool]\n", "[tool.other]\n", "[[[", "[tool]\ncopycost = 3\n"])
def test_another_tools_file_sets_nothing(tmp_path, content):
    (tmp_path / "pyproject.toml").write_text(content)
    assert not any(defaults(cli, tmp_path).values())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[rum]\n", "unknown command 'rum': did you mean run"),
        ("[run]\nbuget = 3\n", "unknown option 'buget': did you mean budget"),
        ("result = 3\n", "unknown option 'result': did you mean results"),
        ("[[[", "cannot be read as TOML"),
        ("results = true\n", "results is True, not a text or a number"),
        ("[show]\nwhere = [3]\n", r"where is \[3\], not a text or a number"),
        ('[run]\ncounts = "maybe"\n', "counts is 'maybe', not true or false"),
        ("[run]\nconversion = [3]\n", r"conversion is \[3\], not a list of texts"),
        ("[run]\nbudget = {s = 3}\n", "not a text or a number"),
    ],
)
def test_a_mistake_is_told_with_the_file(tmp_path, content, said):
    (tmp_path / "copycost.toml").write_text(content)
    with pytest.raises(UsageError, match=said) as raised:
        defaults(cli, tmp_path)
    assert "copycost.toml" in str(raised.value)


def test_a_value_is_what_would_have_been_typed(tmp_path):
    (tmp_path / "copycost.toml").write_text('results = 3\n[run]\nconversion = "numpy"\nprocesses = 4\ncounts = true\n')
    found = defaults(cli, tmp_path)
    assert found["run"] == {"conversion": ["numpy"], "processes": "4", "counts": True}
    assert found["show"] == {"results": "3"}
