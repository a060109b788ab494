import pytest

from copycost.errors import UsageError
from copycost.store.names import LONGEST, check_name, fitting_name, is_safe, of_that_name, require_safe

TAKEN = ["a", "2026-11-23_x.y+z", "_", "con-1", "a" * LONGEST, "com"]
REFUSED = [
    *("", ".", "..", "../x", "a/b", "a\\b", "/x", "C:x", ".hidden", "-x", "a b", "a\n", "ä", "a:b", "x*"),
    *("a" * (LONGEST + 1), "latest", "LATEST", "CON", "nul", "Aux.txt", "com1", "LPT9.json", "prn", "a."),
]


@pytest.mark.parametrize("name", TAKEN)
def test_file_names_of_every_system_are_taken(name):
    check_name(name)
    assert fitting_name(name) == name


@pytest.mark.parametrize("name", REFUSED)
def test_other_names_are_refused_in_one_line(name):
    with pytest.raises(UsageError, match="name ") as caught:
        check_name(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("0001 first", "0001-first"),
        ("ä_ﬁ", "a_fi"),
        ("con", "run-con"),
        ("Latest", "run-Latest"),
        ("nul.old", "run-nul.old"),
        ("-x-", "x"),
        ("a" * 200, "a" * LONGEST),
        ("日本", ""),
        ("...", ""),
    ],
)
def test_of_any_text_there_is_a_name_or_none(text, name):
    assert fitting_name(text) == name


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_made_of_a_text_is_taken(text):
    if name := fitting_name(text):
        check_name(name)


def test_names_are_one_whatever_their_case(tmp_path):
    for name in ("Mine", "mine-2"):
        (tmp_path / name).mkdir()
    assert of_that_name(tmp_path, "MINE") == [tmp_path / "Mine"]
    assert of_that_name(tmp_path / "none", "mine") == []


@pytest.mark.parametrize(
    "name", ["C:/x.json", "con/run.json", "nul.json", "run/x\n.json", "-rf/x.json", "/".join("d" * 20)]
)
def test_a_name_that_some_system_reads_otherwise_is_refused(name):
    with pytest.raises(UsageError, match="written safely"):
        require_safe(["fine/run.json", name], "s3://bucket/results")


@pytest.mark.parametrize(
    "part", ["", ".", "..", ".x", "a\nb", "a\0", "a/b", "a\\b", "a:b", "COM1", "x.", "x ", "~x", "n" * 201]
)
def test_a_part_of_a_name_that_some_system_reads_otherwise_is_not_safe(part):
    assert not is_safe(part)


@pytest.mark.parametrize("part", ["run.json", "AMD EPYC 2c 3f9a1c", "Intel(R) Core(TM) i7 8c 1", "naïve", "console"])
def test_names_as_runs_have_them_are_safe(part):
    assert is_safe(part)


def test_names_that_differ_in_case_alone_are_refused():
    with pytest.raises(UsageError, match="where case does not count"):
        require_safe(["run/x.json", "Run/x.json"], "s3://bucket/results")
