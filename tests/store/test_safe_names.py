import pytest

from copycost.errors import UsageError
from copycost.store.safe_names import is_safe, require_safe


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
