import pytest

from copycost.errors import UsageError
from copycost.run.noise_job import noise_job


@pytest.mark.parametrize(
    ("typed", "said"),
    [({"repeats": 0}, "at least 1"), ({"format": "yaml"}, "markdown"), ({"preset": "qick"}, "quick")],
)
def test_what_is_not_valid_is_refused_before_anything_is_measured(tmp_path, typed, said):
    values = {"repeats": 2, "results": tmp_path, "plots": tmp_path / "plots", "keep": True, **typed}
    with pytest.raises(UsageError, match=said):
        noise_job(**values)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_charts_folder_that_cannot_be_made_is_refused_before_anything_is_measured(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="charts folder"):
        noise_job(repeats=1, results=tmp_path, plots=tmp_path / "file", keep=True, preset="quick")
